//! How a project's events come in: rates, freshness, refusals, dead letters.

use super::{ReadError, ReadLimits, Statement, classify};
use crate::ledger::Freshness;
use crate::scope::{ProjectScope, Reading};
use clickhouse::RowOwned;
use clickhouse::RowRead;
use serde::{Deserialize, Serialize};

/// Reasons and kinds that are told at most.
const KINDS_MAX: usize = 50;

/// What the ledger knows of a project's intake since an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Intake {
    /// Events stored.
    pub stored: u64,
    /// Repeats left out.
    pub duplicate: u64,
    /// Records that went to the dead letters.
    pub quarantined: u64,
    /// How long batches with the project's events took from capture to
    /// queryable.
    pub freshness: Freshness,
}

/// Where the consumer stands in a partition. Instants are milliseconds since
/// 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clickhouse::Row)]
pub struct PartitionState {
    /// The partition.
    pub partition: u32,
    /// The first offset that is not stored yet.
    pub next_offset: u64,
    /// When the log took the last record that is stored.
    pub appended_ms: i64,
    /// When that was stored.
    pub inserted_ms: i64,
}

/// What was refused or could not be stored, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The last time, milliseconds since 1970.
    #[serde(skip)]
    pub last_ms: i64,
    /// In words.
    pub detail: String,
    /// One of them, as it was sent.
    pub example: String,
}

#[derive(clickhouse::Row, Deserialize)]
struct IntakeRow {
    stored: i64,
    duplicate: i64,
    quarantined: i64,
    freshness: Vec<u64>,
}

impl ProjectScope {
    /// What the ledger knows of the project's intake since `since_ms`.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn intake(&self, since_ms: i64) -> Result<Intake, ReadError> {
        let rows: Vec<IntakeRow> = self
            .books(
                "SELECT sum(project_stored[at]) AS stored, sum(project_duplicate[at]) AS duplicate, \
                 sum(project_quarantined[at]) AS quarantined, sumForEach(freshness) AS freshness \
                 FROM (SELECT *, indexOf(project_ids, {project:UUID}) AS at FROM ingest_batches \
                 WHERE kind = 'batch' AND inserted_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')) \
                 WHERE at > 0",
                since_ms,
            )
            .await?;
        let mut intake = Intake::default();
        for row in rows {
            intake.stored = u64::try_from(row.stored).unwrap_or(0);
            intake.duplicate = u64::try_from(row.duplicate).unwrap_or(0);
            intake.quarantined = u64::try_from(row.quarantined).unwrap_or(0);
            intake.freshness.add_counts(&row.freshness);
        }
        Ok(intake)
    }

    /// Where the consumer stands, by partition, in the log it wrote to last.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn partitions(&self) -> Result<Vec<PartitionState>, ReadError> {
        self.books(
            "SELECT partition, max(next_offset) AS next_offset, \
             toUnixTimestamp64Milli(max(last_appended_at)) AS appended_ms, \
             toUnixTimestamp64Milli(max(ingest_batches.inserted_at)) AS inserted_ms \
             FROM ingest_batches WHERE kind NOT IN ('repair', 'replay') AND log_id = \
             (SELECT argMax(log_id, inserted_at) FROM ingest_batches WHERE kind NOT IN ('repair', 'replay')) \
             GROUP BY partition ORDER BY partition",
            0,
        )
        .await
    }

    /// Reads the ledger, which holds nothing of any tenant but counts.
    async fn books<T: RowOwned + RowRead>(
        &self,
        text: &str,
        since_ms: i64,
    ) -> Result<Vec<T>, ReadError> {
        self.client()
            .query_raw(text)
            .param("project", self.project().0.to_string())
            .param("since", since_ms)
            .fetch_all()
            .await
            .map_err(|error| classify(error, &ReadLimits::default()))
    }
}

impl Reading {
    /// What capture refused of the project since `since_ms`, by reason.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn refused(&self, since_ms: i64) -> Result<Vec<Refused>, ReadError> {
        let text = format!(
            "SELECT reason, sum(count) AS n, toUnixTimestamp64Milli(max(window_end)), \
             argMax(detail, window_end), argMax(example, window_end) FROM ingest_refused FINAL \
             WHERE {{{{project}}}} AND window_end >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') \
             GROUP BY reason ORDER BY n DESC, reason LIMIT {KINDS_MAX}"
        );
        self.told(&text, since_ms).await
    }

    /// The project's dead letters that nobody has replayed or dropped yet, by
    /// kind.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn dead_letters(&self) -> Result<Vec<Refused>, ReadError> {
        let text = format!(
            "SELECT error_kind, count() AS n, toUnixTimestamp64Milli(max(arrived_at)), \
             argMax(error_message, arrived_at), argMax(toString(uuid), arrived_at) \
             FROM ingest_quarantined WHERE {{{{project}}}} \
             AND (log_id, partition, offset) NOT IN (SELECT log_id, partition, offset FROM ingest_resolved) \
             GROUP BY error_kind ORDER BY n DESC, error_kind LIMIT {KINDS_MAX}"
        );
        self.told(&text, 0).await
    }

    async fn told(&self, text: &str, since_ms: i64) -> Result<Vec<Refused>, ReadError> {
        let statement = Statement::new(text).bind("since", since_ms);
        let rows = self.rows(&statement).await?;
        let told = rows.iter().map(|row| {
            let text = |at: usize| Some(row.get(at)?.as_str()?.to_owned());
            Some(Refused {
                reason: text(0)?,
                count: row.get(1)?.as_u64()?,
                last_ms: row.get(2)?.as_i64()?,
                detail: text(3)?,
                example: text(4)?,
            })
        });
        told.collect::<Option<Vec<_>>>()
            .ok_or_else(|| ReadError::Malformed("a count of refusals".to_owned()))
    }
}
