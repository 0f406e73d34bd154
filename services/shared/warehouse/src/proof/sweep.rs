//! Finding one event at two positions, and repairing it.
//!
//! The repair keeps the first copy, turns each later one into a repeat, and
//! corrects the ledger. It may be cut off anywhere and run again.

use std::time::Duration;

use clickhouse::Row;
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{LogPosition, Warehouse, WarehouseError};

/// Rows of the table that one look goes through when everything is swept.
const ROWS_AT_ONCE: u64 = 5_000_000;
/// Doubles answered at most.
pub const DOUBLES_MAX: u64 = 10_000;

/// An event that is stored more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Double {
    /// Its project.
    pub project_id: ProjectId,
    /// Its id.
    pub uuid: Uuid,
    /// Its person.
    pub distinct_id: String,
    /// Where it stands, the first arrival first. The same position twice means
    /// two rows of one record.
    pub copies: Vec<Copy>,
}

/// One of several rows of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// When it arrived, ms since the epoch.
    pub arrived_at: i64,
    /// The log.
    pub log_id: String,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

#[derive(Row, Deserialize)]
struct DoubleRow {
    #[serde(with = "clickhouse::serde::uuid")]
    project_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    uuid: Uuid,
    distinct_id: String,
    copies: Vec<(i64, String, u32, u64)>,
}

fn query(condition: &str) -> String {
    format!(
        "SELECT project_id, uuid, distinct_id, arraySort(groupArray((toUnixTimestamp64Milli(arrived_at), \
         CAST(log_id, 'String'), kafka_partition, kafka_offset))) AS copies FROM events WHERE {condition} \
         GROUP BY project_id, uuid, distinct_id HAVING count() > 1 \
         ORDER BY project_id, uuid, distinct_id LIMIT {DOUBLES_MAX}"
    )
}

impl Warehouse {
    /// Events with a copy that arrived at `since` (ms since the epoch) or later
    /// and another one anywhere.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn sweep_since(&self, since: i64) -> Result<Vec<Double>, WarehouseError> {
        let recent = "uuid IN (SELECT uuid FROM events \
             WHERE arrived_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC'))";
        let rows: Vec<DoubleRow> = self
            .statement(&query(recent))
            .bind("since", since)
            .rows()
            .await?;
        Ok(rows.into_iter().map(Double::from).collect())
    }

    /// Every event that is stored more than once, at most [`DOUBLES_MAX`]. In
    /// slices, so that memory stays bounded.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn sweep_all(&self) -> Result<Vec<Double>, WarehouseError> {
        let rows = self
            .statement("SELECT count() FROM events")
            .number()
            .await?;
        let slices = rows / ROWS_AT_ONCE + 1;
        let text = query("cityHash64(uuid) % {slices:UInt64} = {slice:UInt64}");
        let mut doubles = Vec::new();
        for slice in 0..slices {
            let statement = self.statement(&text).within(Duration::from_secs(600));
            let rows: Vec<DoubleRow> = statement
                .bind("slices", slices)
                .bind("slice", slice)
                .rows()
                .await?;
            doubles.extend(rows.into_iter().map(Double::from));
            if doubles.len() as u64 >= DOUBLES_MAX {
                break;
            }
        }
        Ok(doubles)
    }

    /// Keeps the first row of each event, removes the others. Those at other
    /// positions are noted as repeats, and the ledger's counts follow. Answers
    /// how many rows were removed.
    ///
    /// # Errors
    /// When the engine does not answer; run it again then.
    pub async fn repair(&self, doubles: &[Double], now: i64) -> Result<u64, WarehouseError> {
        let claim = rand::random::<u64>().max(1);
        let mut removed = 0;
        for double in doubles {
            let Some((first, later)) = double.copies.split_first() else {
                continue;
            };
            for copy in later
                .iter()
                .filter(|copy| copy.position() != first.position())
            {
                self.note_correction(double, first, copy, claim, now)
                    .await?;
                self.delete_row(double, copy, None).await?;
            }
            let is_same =
                |copy: &&Copy| copy.position() == first.position() && copy.log_id == first.log_id;
            if later.iter().any(|copy| is_same(&copy)) {
                self.keep_one_row(double, first, claim).await?;
            }
            removed += later.len() as u64;
        }
        Ok(removed)
    }

    /// Ledger and repeats for a copy that is about to go, unless they are there
    /// from an attempt before.
    async fn note_correction(
        &self,
        double: &Double,
        first: &Copy,
        copy: &Copy,
        claim: u64,
        now: i64,
    ) -> Result<(), WarehouseError> {
        let noted = self
            .statement(
                "SELECT count() FROM ingest_batches WHERE kind = 'repair' AND log_id = {log:String} \
                 AND partition = {partition:UInt32} AND first_offset = {offset:UInt64}",
            )
            .bind("log", &copy.log_id)
            .bind("partition", copy.partition)
            .bind("offset", copy.offset)
            .number()
            .await?;
        let name = InsertName::new([claim]);
        if noted == 0 {
            let row = CorrectionRow::of(double, copy, claim, now);
            let outcome = self
                .insert_rows("ingest_batches", &[row], &name, LIMIT)
                .await;
            done(outcome)?;
        }
        let text = format!(
            "INSERT INTO ingest_repeats SELECT log_id, kafka_partition, kafka_offset, project_id, uuid, \
             distinct_id, event, timestamp, received_at, append_delay, arrived_at, {{first_log:String}}, \
             {{first_partition:UInt32}}, {{first_offset:UInt64}}, 'swept', {{claim:UInt64}} FROM events \
             WHERE {ROW} AND (log_id, kafka_partition, kafka_offset) NOT IN \
             (SELECT log_id, partition, offset FROM ingest_repeats) LIMIT 1"
        );
        self.of_row(&text, double, copy)
            .bind("first_log", &first.log_id)
            .bind("first_partition", first.partition)
            .bind("first_offset", first.offset)
            .bind("claim", claim)
            .run()
            .await
    }

    /// Of several rows of one record leaves one: a new one is written under the
    /// repair's claim, then all others go.
    async fn keep_one_row(
        &self,
        double: &Double,
        first: &Copy,
        claim: u64,
    ) -> Result<(), WarehouseError> {
        let text = format!(
            "INSERT INTO events SELECT * REPLACE({{claim:UInt64}} AS claim) FROM events \
             WHERE {ROW} LIMIT 1"
        );
        self.of_row(&text, double, first)
            .bind("claim", claim)
            .run()
            .await?;
        self.delete_row(double, first, Some(claim)).await
    }

    async fn delete_row(
        &self,
        double: &Double,
        copy: &Copy,
        keep: Option<u64>,
    ) -> Result<(), WarehouseError> {
        let text = format!("ALTER TABLE events DELETE WHERE {ROW} AND claim != {{keep:UInt64}}");
        self.of_row(&text, double, copy)
            .bind("keep", keep.unwrap_or(0))
            .setting("mutations_sync", "1")
            .within(Duration::from_secs(3600))
            .run()
            .await
    }

    fn of_row(&self, text: &str, double: &Double, copy: &Copy) -> crate::client::Statement {
        self.statement(text)
            .bind("project", double.project_id.0.to_string())
            .bind("uuid", double.uuid.to_string())
            .bind("log", &copy.log_id)
            .bind("partition", copy.partition)
            .bind("offset", copy.offset)
    }
}

/// The condition of one position's rows.
const ROW: &str = "project_id = {project:UUID} AND uuid = {uuid:UUID} AND log_id = {log:String} \
     AND kafka_partition = {partition:UInt32} AND kafka_offset = {offset:UInt64}";
const LIMIT: Duration = Duration::from_secs(60);

fn done(outcome: InsertOutcome) -> Result<(), WarehouseError> {
    match outcome {
        InsertOutcome::Stored => Ok(()),
        other => Err(WarehouseError::Unreachable(format!("{other:?}"))),
    }
}

#[derive(Serialize)]
struct CorrectionRow<'a> {
    log_id: &'a str,
    partition: u32,
    first_offset: u64,
    next_offset: u64,
    kind: &'static str,
    note: &'static str,
    consumed_at: Millis,
    inserted_at: Millis,
    stored: i64,
    duplicate: i64,
    quarantined: i64,
    project_ids: [Uuid; 1],
    project_stored: [i64; 1],
    project_duplicate: [i64; 1],
    project_quarantined: [i64; 1],
    claim: u64,
}

impl<'a> CorrectionRow<'a> {
    fn of(double: &Double, copy: &'a Copy, claim: u64, now: i64) -> Self {
        Self {
            log_id: &copy.log_id,
            partition: copy.partition,
            first_offset: copy.offset,
            next_offset: copy.offset,
            kind: "repair",
            note: "a second copy, found by a sweep",
            consumed_at: Millis(copy.arrived_at),
            inserted_at: Millis(now),
            stored: -1,
            duplicate: 1,
            quarantined: 0,
            project_ids: [double.project_id.0],
            project_stored: [-1],
            project_duplicate: [1],
            project_quarantined: [0],
            claim,
        }
    }
}

impl Copy {
    fn position(&self) -> LogPosition {
        LogPosition {
            partition: self.partition,
            offset: self.offset,
        }
    }
}

impl From<DoubleRow> for Double {
    fn from(row: DoubleRow) -> Self {
        let copies = row
            .copies
            .into_iter()
            .map(|(arrived_at, log_id, partition, offset)| Copy {
                arrived_at,
                log_id,
                partition,
                offset,
            });
        Self {
            project_id: ProjectId(row.project_id),
            uuid: row.uuid,
            distinct_id: row.distinct_id,
            copies: copies.collect(),
        }
    }
}
