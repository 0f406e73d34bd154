//! The ledger: what became of each position of the log, and where the consumer
//! stands.

use std::collections::BTreeMap;
use std::time::Duration;

use event_schema::ids::ProjectId;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{LogPosition, Warehouse};

mod adopt;
mod freshness;
mod frontier;
mod join;
mod position;
mod replayed;

pub use freshness::{FRESHNESS_BOUNDS_MS, Freshness};
pub use frontier::{Frontier, LogName};
pub use position::{Beyond, Place, Since};

/// What a ledger row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeKind {
    /// Records that were read, each stored, duplicate or quarantined.
    Batch,
    /// Records that are not in the log any more and were never read.
    Gap,
    /// Several neighbouring batches in one row; it stands for the rows that it
    /// covers.
    Joined,
    /// A correction of counts after a repair; it covers no range.
    Repair,
    /// A range was read again; what has changed by it. It covers no range.
    Replay,
}

/// Counts of a project, or of a whole range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows in the events table.
    pub stored: i64,
    /// Left out because the event is stored already.
    pub duplicate: i64,
    /// Sent to the dead letters.
    pub quarantined: i64,
}

impl Counts {
    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.stored += other.stored;
        self.duplicate += other.duplicate;
        self.quarantined += other.quarantined;
    }

    /// All records together.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.stored + self.duplicate + self.quarantined
    }
}

/// A range of one partition and what became of it: one row of the ledger.
#[derive(Debug, Clone)]
pub struct Range {
    /// The log.
    pub log_id: String,
    /// Where the range begins.
    pub first: LogPosition,
    /// The offset after its last record.
    pub next_offset: u64,
    /// What it is about.
    pub kind: RangeKind,
    /// In words: why there is a gap, say.
    pub note: String,
    /// When the log took the first and the last record, ms since the epoch.
    pub appended: (i64, i64),
    /// When the consumer took the last of it, ms since the epoch.
    pub consumed_at: i64,
    /// When its rows were in the table, ms since the epoch.
    pub inserted_at: i64,
    /// The counts by project; the nil project for records whose project could
    /// not be read.
    pub projects: BTreeMap<ProjectId, Counts>,
    /// How long the stored events took from capture to here.
    pub freshness: Freshness,
    /// The claim it is written under.
    pub claim: u64,
}

impl Range {
    /// The counts of all projects together.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.projects.values() {
            sum.add(*counts);
        }
        sum
    }
}

/// The row as it is written.
#[derive(Serialize)]
struct RangeRow<'a> {
    log_id: &'a str,
    partition: u32,
    first_offset: u64,
    next_offset: u64,
    kind: RangeKind,
    note: &'a str,
    first_appended_at: Millis,
    last_appended_at: Millis,
    consumed_at: Millis,
    inserted_at: Millis,
    stored: i64,
    duplicate: i64,
    quarantined: i64,
    project_ids: Vec<Uuid>,
    project_stored: Vec<i64>,
    project_duplicate: Vec<i64>,
    project_quarantined: Vec<i64>,
    freshness: &'a [u64],
    claim: u64,
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.counts();
        let of = |pick: fn(&Counts) -> i64| self.projects.values().map(pick).collect();
        RangeRow {
            log_id: &self.log_id,
            partition: self.first.partition,
            first_offset: self.first.offset,
            next_offset: self.next_offset,
            kind: self.kind,
            note: &self.note,
            first_appended_at: Millis(self.appended.0),
            last_appended_at: Millis(self.appended.1),
            consumed_at: Millis(self.consumed_at),
            inserted_at: Millis(self.inserted_at),
            stored: counts.stored,
            duplicate: counts.duplicate,
            quarantined: counts.quarantined,
            project_ids: self.projects.keys().map(|project| project.0).collect(),
            project_stored: of(|counts| counts.stored),
            project_duplicate: of(|counts| counts.duplicate),
            project_quarantined: of(|counts| counts.quarantined),
            freshness: self.freshness.counts(),
            claim: self.claim,
        }
        .serialize(serializer)
    }
}

impl Warehouse {
    /// Writes ledger rows: all of them or none.
    pub async fn write_ledger(
        &self,
        ranges: &[Range],
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        self.insert_rows("ingest_batches", ranges, name, within)
            .await
    }
}
