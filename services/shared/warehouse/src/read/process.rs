//! Queries that run: how far they are, and stopping them.

use super::{ReadError, ReadLimits, classify};
use clickhouse::Client;
use serde::Deserialize;
use std::time::Duration;
use uuid::Uuid;

/// How often a stop is repeated: a statement that has not arrived in the
/// engine yet is not in its list yet.
const STOP_ATTEMPTS: u32 = 5;
/// The pause between two attempts.
const STOP_PAUSE: Duration = Duration::from_millis(40);

/// How far the statements of one query are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clickhouse::Row, Deserialize)]
pub struct Progress {
    /// Statements in the engine now.
    pub running: u64,
    /// Rows they have read.
    pub rows_read: u64,
    /// Rows they will read, as far as the engine knows.
    pub rows_total: u64,
    /// Memory they hold, in bytes.
    pub memory_bytes: i64,
}

impl Progress {
    /// The part that is done, 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.rows_total == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
        let fraction = self.rows_read as f64 / self.rows_total as f64;
        fraction.clamp(0.0, 1.0)
    }
}

/// How far the statements tagged `tag` are.
pub(crate) async fn progress(client: &Client, tag: Uuid) -> Result<Progress, ReadError> {
    client
        .query_raw(
            "SELECT count() AS running, sum(read_rows) AS rows_read, \
             sum(total_rows_approx) AS rows_total, sum(memory_usage) AS memory_bytes \
             FROM system.processes WHERE Settings['log_comment'] = {tag:String} \
             AND is_initial_query",
        )
        .param("tag", tag.to_string())
        .fetch_one::<Progress>()
        .await
        .map_err(|error| classify(error, &ReadLimits::default()))
}

/// Stops the statements tagged `tag`, those included that are only arriving.
/// Returns when the engine lists none any more, or after a few attempts.
pub(crate) async fn stop(client: &Client, tag: Uuid) -> Result<(), ReadError> {
    for _ in 0..STOP_ATTEMPTS {
        client
            .query_raw("KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC")
            .param("tag", tag.to_string())
            .execute()
            .await
            .map_err(|error| classify(error, &ReadLimits::default()))?;
        tokio::time::sleep(STOP_PAUSE).await;
    }
    Ok(())
}
