//! The way of a single event.

use clickhouse::Row;
use event_schema::ids::{ProjectId, person_id};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{LogPosition, Warehouse, WarehouseError};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the events table.
    Stored,
    /// It was left out because it is stored already.
    Duplicate,
    /// It is a dead letter.
    Quarantined,
}

/// A stage that an event has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// `client`, `received`, `appended`, `consumed`, `inserted` or `queryable`.
    pub stage: &'static str,
    /// When, ms since the epoch.
    pub at: i64,
    /// Milliseconds since the stage before.
    pub ms: Option<i64>,
}

/// The way of one copy of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The person.
    pub distinct_id: String,
    /// The stages it has passed, in order.
    pub stages: Vec<Stage>,
    /// The log it came through.
    pub log_id: String,
    /// Where it stands there.
    pub position: LogPosition,
    /// What became of it.
    pub outcome: Outcome,
    /// Of a repeat, where the first copy stands.
    pub first_position: Option<LogPosition>,
}

#[derive(Row, Deserialize)]
struct TraceRow {
    outcome: u8,
    distinct_id: String,
    log_id: String,
    partition: u32,
    offset: u64,
    client: i64,
    received: i64,
    appended: i64,
    consumed: i64,
    first_partition: u32,
    first_offset: u64,
    inserted: i64,
}

impl Warehouse {
    /// Everything known about the copies of an event of a project, by id and,
    /// when given, person; in the order of arrival. Empty when nothing is known.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn trace(
        &self,
        project: ProjectId,
        uuid: Uuid,
        distinct_id: Option<&str>,
    ) -> Result<Vec<Trace>, WarehouseError> {
        let person = distinct_id.map(|id| person_id(project, id));
        let mut rows: Vec<TraceRow> = self
            .statement(QUERY)
            .bind("project", project.0.to_string())
            .bind("uuid", uuid.to_string())
            .bind("person", person.unwrap_or(0))
            .bind("any", u8::from(person.is_none()))
            .bind("distinct_id", distinct_id.unwrap_or_default())
            .rows()
            .await?;
        rows.sort_by_key(|row| (row.consumed, row.partition, row.offset));
        Ok(rows.into_iter().map(Trace::from).collect())
    }
}

/// The three places where an event can be, each joined with the ledger's row
/// that covers its position.
const QUERY: &str = "
WITH found AS (
    SELECT toUInt8(0) AS outcome, distinct_id, log_id, kafka_partition AS partition,
        kafka_offset AS offset, toUnixTimestamp64Milli(timestamp) AS client,
        toUnixTimestamp64Milli(received_at) AS received, received + append_delay AS appended,
        toUnixTimestamp64Milli(arrived_at) AS consumed, toUInt32(0) AS first_partition,
        toUInt64(0) AS first_offset
    FROM events PREWHERE project_id = {project:UUID} AND uuid = {uuid:UUID}
    WHERE {any:UInt8} OR person_id = {person:UInt64}
    UNION ALL
    SELECT 1, distinct_id, log_id, partition, offset, toUnixTimestamp64Milli(timestamp),
        toUnixTimestamp64Milli(received_at),
        toUnixTimestamp64Milli(received_at) + append_delay, toUnixTimestamp64Milli(arrived_at),
        first_partition, first_offset
    FROM ingest_repeats WHERE project_id = {project:UUID} AND uuid = {uuid:UUID}
        AND ({any:UInt8} OR distinct_id = {distinct_id:String})
    UNION ALL
    SELECT 2, distinct_id, log_id, partition, offset, 0, 0, toUnixTimestamp64Milli(appended_at),
        toUnixTimestamp64Milli(arrived_at), 0, 0
    FROM ingest_quarantined WHERE project_id = {project:UUID} AND uuid = {uuid:UUID}
        AND ({any:UInt8} OR distinct_id = {distinct_id:String})
)
SELECT outcome, distinct_id, CAST(found.log_id, 'String') AS log_id, found.partition AS partition,
    offset, client, received, appended, consumed, first_partition, first_offset,
    toUnixTimestamp64Milli(ledger.inserted_at) AS inserted
FROM found ASOF LEFT JOIN (
    SELECT log_id, partition, first_offset AS begins, inserted_at FROM ingest_batches
    WHERE kind IN ('batch', 'joined') AND partition IN (SELECT partition FROM found)
) AS ledger ON found.log_id = ledger.log_id AND found.partition = ledger.partition
    AND found.offset >= ledger.begins";

impl From<TraceRow> for Trace {
    fn from(row: TraceRow) -> Self {
        let outcome = match row.outcome {
            0 => Outcome::Stored,
            1 => Outcome::Duplicate,
            _ => Outcome::Quarantined,
        };
        let settled = if outcome == Outcome::Stored {
            row.inserted
        } else {
            0
        };
        let instants = [
            ("client", row.client),
            ("received", row.received),
            ("appended", row.appended),
            ("consumed", row.consumed),
            // The ledger notes when a batch's rows could be read: one instant.
            ("inserted", settled),
            ("queryable", settled),
        ];
        let mut stages: Vec<Stage> = Vec::with_capacity(instants.len());
        for (stage, at) in instants {
            if at != 0 {
                let ms = stages.last().map(|before| at - before.at);
                stages.push(Stage { stage, at, ms });
            }
        }
        Self {
            distinct_id: row.distinct_id,
            stages,
            log_id: row.log_id,
            position: LogPosition {
                partition: row.partition,
                offset: row.offset,
            },
            outcome,
            first_position: (outcome == Outcome::Duplicate).then_some(LogPosition {
                partition: row.first_partition,
                offset: row.first_offset,
            }),
        }
    }
}
