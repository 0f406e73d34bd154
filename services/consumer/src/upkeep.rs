//! What has to be done from time to time: looking for doubles among recent
//! arrivals, and letting go of log records that are stored long since.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use service_kit::Clock;
use tokio_util::sync::CancellationToken;
use transport::kafka::{Admin, Reader};
use transport::{Position, Topic, TransportError};
use warehouse::Warehouse;

use crate::held::Held;
use crate::metrics;

/// How often the log is trimmed.
const TRIM_INTERVAL: Duration = Duration::from_secs(600);
/// How often old rows of the ledger are joined.
const JOIN_INTERVAL: Duration = Duration::from_secs(6 * 3600);
const DAY_MS: i64 = 86_400_000;
/// How long the log may take to answer.
const LOG_TIME: Duration = Duration::from_secs(10);

/// Looks for events stored twice, among what arrived in the last two
/// intervals, until it is told to stop. They are named in the log; repairing
/// is the operator's decision.
///
/// # Errors
/// Never; the type is that of a task.
pub async fn sweep(
    warehouse: Warehouse,
    interval: Duration,
    clock: Clock,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    loop {
        let pause = if interval.is_zero() {
            Duration::MAX
        } else {
            interval
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        let back = i64::try_from(interval.as_millis() * 2).unwrap_or(i64::MAX);
        let swept = warehouse.sweep_since(clock.now_ms() - back);
        match stop.run_until_cancelled(swept).await {
            None => return Ok(()),
            Some(Ok(doubles)) => {
                metrics::DOUBLES.level(&[]).set(doubles.len() as f64);
                for double in doubles.iter().take(10) {
                    tracing::error!(project = %double.project_id, uuid = %double.uuid, "an event is stored twice");
                }
            }
            Some(Err(error)) => tracing::debug!(%error, "swept later"),
        }
    }
}

/// Joins rows of the ledger that are older than a day, until it is told to
/// stop. Of several consumers one does it; the others' attempts are refused.
///
/// # Errors
/// Never; the type is that of a task.
pub async fn join(
    warehouse: Warehouse,
    owner: String,
    clock: Clock,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    loop {
        // At its own minute, so that several consumers do not meet.
        let pause = JOIN_INTERVAL + Duration::from_secs(rand::random_range(0..1_800));
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        let joined = warehouse.join_ledger(clock.now_ms() - DAY_MS, &owner);
        if let Some(Err(error)) = stop.run_until_cancelled(joined).await {
            tracing::debug!(%error, "the ledger is joined later");
        }
    }
}

/// Deletes records from the log that were stored before the replay period.
#[derive(Debug)]
pub struct Trim {
    /// Finds offsets by time.
    pub reader: Reader,
    /// Deletes.
    pub admin: Admin,
    /// How far the ledger goes.
    pub held: Arc<Held>,
    /// How long stored records stay; 0 = for ever.
    pub period: Duration,
    /// The time.
    pub clock: Clock,
}

impl Trim {
    /// Trims until it is told to stop.
    ///
    /// # Errors
    /// Never; the type is that of a task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        loop {
            let pause = if self.period.is_zero() {
                Duration::MAX
            } else {
                TRIM_INTERVAL
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            match stop.run_until_cancelled(self.trim()).await {
                None | Some(Ok(0)) => {}
                Some(Ok(count)) => {
                    metrics::TRIMMED.count(&[]).increment(count);
                    tracing::info!(
                        count,
                        "records deleted from the log after the replay period"
                    );
                }
                Some(Err(error)) => tracing::debug!(%error, "the log is trimmed later"),
            }
        }
    }

    async fn trim(&self) -> Result<u64, TransportError> {
        let period = i64::try_from(self.period.as_millis()).unwrap_or(i64::MAX);
        let before = self.clock.now_ms().saturating_sub(period);
        let before = DateTime::<Utc>::from_timestamp_millis(before).unwrap_or_default();
        let old = self
            .reader
            .offsets_at(Topic::Events, before, LOG_TIME)
            .await?;
        let ends = self.reader.watermarks(Topic::Events, LOG_TIME).await?;
        let mut below = Vec::new();
        let mut count = 0;
        for (partition, tenure) in self.held.tenures() {
            let (Some(old), Some(ends)) = (old.get(&partition), ends.get(&partition)) else {
                continue;
            };
            // Never beyond what the ledger covers.
            let offset = (*old).min(tenure.frontier);
            if offset > ends.low {
                count += offset - ends.low;
                below.push(Position::new(partition, offset));
            }
        }
        if !below.is_empty() {
            self.admin.delete_records(&below).await?;
        }
        Ok(count)
    }
}
