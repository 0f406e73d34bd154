//! Dead letters as the warehouse knows them: which positions of the log went
//! to the dead-letter topic, and what an operator has done about them since.

use std::collections::BTreeSet;
use std::time::Duration;

use clickhouse::Row;
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{LogPosition, Warehouse, WarehouseError};

/// A record that can never be stored.
#[derive(Debug, Clone)]
pub struct Quarantined {
    /// The log.
    pub log_id: String,
    /// Where the record stands.
    pub position: LogPosition,
    /// Its project, when it could be read that far (else nil).
    pub project_id: ProjectId,
    /// Its id, likewise.
    pub uuid: Uuid,
    /// Its person, likewise.
    pub distinct_id: String,
    /// A stable word for the reason.
    pub error_kind: String,
    /// The reason in words.
    pub error_message: String,
    /// When the log took it, ms since the epoch.
    pub appended_at: i64,
    /// When the consumer took it, ms since the epoch.
    pub arrived_at: i64,
    /// The claim it is written under.
    pub claim: u64,
}

impl Serialize for Quarantined {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            log_id: &'a str,
            partition: u32,
            offset: u64,
            project_id: Uuid,
            uuid: Uuid,
            distinct_id: &'a str,
            error_kind: &'a str,
            error_message: &'a str,
            appended_at: Millis,
            arrived_at: Millis,
            claim: u64,
        }
        Row {
            log_id: &self.log_id,
            partition: self.position.partition,
            offset: self.position.offset,
            project_id: self.project_id.0,
            uuid: self.uuid,
            distinct_id: &self.distinct_id,
            error_kind: &self.error_kind,
            error_message: &self.error_message,
            appended_at: Millis(self.appended_at),
            arrived_at: Millis(self.arrived_at),
            claim: self.claim,
        }
        .serialize(serializer)
    }
}

#[derive(Row, Deserialize)]
struct ResolvedRow {
    log: String,
    partition: u32,
    offset: u64,
}

/// What an operator did about a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It was published to the events again.
    Replayed,
    /// It was given up.
    Dropped,
}

impl Warehouse {
    /// Notes dead letters: all of them or none.
    pub async fn insert_quarantined(
        &self,
        records: &[Quarantined],
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        self.insert_rows("ingest_quarantined", records, name, within)
            .await
    }

    /// How many dead letters of the project, and of no known project, nobody
    /// has replayed or dropped yet: the number named beside `complete_until`.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn open_dead_letters(&self, project: ProjectId) -> Result<u64, WarehouseError> {
        self.statement(
            "SELECT count() FROM ingest_quarantined \
             WHERE project_id IN ({project:UUID}, toUUID('00000000-0000-0000-0000-000000000000')) \
             AND (log_id, partition, offset) NOT IN \
             (SELECT log_id, partition, offset FROM ingest_resolved)",
        )
        .bind("project", project.0.to_string())
        .number()
        .await
    }

    /// Which dead letters were replayed or dropped: their log and position.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn resolved_dead_letters(
        &self,
    ) -> Result<BTreeSet<(String, LogPosition)>, WarehouseError> {
        let rows: Vec<ResolvedRow> = self
            .statement(
                "SELECT DISTINCT CAST(log_id, 'String') AS log, partition, offset FROM ingest_resolved",
            )
            .rows()
            .await?;
        let place = |row: ResolvedRow| {
            let position = LogPosition {
                partition: row.partition,
                offset: row.offset,
            };
            (row.log, position)
        };
        Ok(rows.into_iter().map(place).collect())
    }

    /// Notes that dead letters of log `log_id` were replayed or dropped.
    ///
    /// # Errors
    /// When the engine does not answer; repeating it does no harm.
    pub async fn resolve_dead_letters(
        &self,
        log_id: &str,
        positions: &[LogPosition],
        resolution: Resolution,
    ) -> Result<(), WarehouseError> {
        let partitions: Vec<u32> = positions.iter().map(|p| p.partition).collect();
        let offsets: Vec<u64> = positions.iter().map(|p| p.offset).collect();
        let action = match resolution {
            Resolution::Replayed => "replayed",
            Resolution::Dropped => "dropped",
        };
        self.statement(
            "INSERT INTO ingest_resolved SELECT {log:String}, entry.1, entry.2, {action:String}, now64(3) \
             FROM (SELECT arrayJoin(arrayZip({partitions:Array(UInt32)}, {offsets:Array(UInt64)})) AS entry)",
        )
        .bind("log", log_id)
        .bind("action", action)
        .bind("partitions", &partitions)
        .bind("offsets", &offsets)
        .run()
        .await
    }
}
