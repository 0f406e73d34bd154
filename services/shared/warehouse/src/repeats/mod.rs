//! Recognising an event that comes a second time.
//!
//! The [`filter`] raises suspicions from memory; [`lookup`] settles them in the
//! table; what turns out to be a repeat is written down as a [`Repeat`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{EventRow, LogPosition, Warehouse};

pub mod filter;
mod lookup;
mod warm;

pub use filter::{Filter, fingerprint};
pub use lookup::{Found, Original, Suspect};
pub use warm::Warmth;

/// Why an event was looked up, and thereby how its first copy was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The first copy stands in the same batch.
    SameBatch,
    /// The filter remembers it.
    Remembered,
    /// Its own time lies before what the filter remembers.
    OutOfReach,
    /// Its key does not belong to its partition.
    ForeignPartition,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 4] = [
        Self::SameBatch,
        Self::Remembered,
        Self::OutOfReach,
        Self::ForeignPartition,
    ];

    /// As metrics and the table name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameBatch => "same_batch",
            Self::Remembered => "remembered",
            Self::OutOfReach => "out_of_reach",
            Self::ForeignPartition => "foreign_partition",
        }
    }
}

/// An event that was left out, with the evidence.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The copy.
    pub row: EventRow,
    /// Where the first one stands.
    pub original: Original,
    /// How it was recognised.
    pub reason: Reason,
}

#[derive(Serialize)]
struct RepeatRow<'a> {
    log_id: &'a str,
    partition: u32,
    offset: u64,
    project_id: Uuid,
    uuid: Uuid,
    distinct_id: &'a str,
    event: &'a str,
    timestamp: Millis,
    received_at: Millis,
    append_delay: i32,
    arrived_at: Millis,
    first_log_id: &'a str,
    first_partition: u32,
    first_offset: u64,
    reason: &'a str,
    claim: u64,
}

impl<'a> RepeatRow<'a> {
    fn of(repeat: &'a Repeat, claims: &BTreeMap<u32, u64>) -> Self {
        let row = &repeat.row;
        let LogPosition { partition, offset } = row.position;
        Self {
            log_id: &row.log_id,
            partition,
            offset,
            project_id: row.project_id.0,
            uuid: row.uuid,
            distinct_id: row.distinct_id(),
            event: row.event(),
            timestamp: Millis(row.timestamp),
            received_at: Millis(row.received_at),
            append_delay: row.append_delay,
            arrived_at: Millis(row.arrived_at),
            first_log_id: &repeat.original.log_id,
            first_partition: repeat.original.position.partition,
            first_offset: repeat.original.position.offset,
            reason: repeat.reason.name(),
            claim: claims.get(&partition).copied().unwrap_or(0),
        }
    }
}

impl Warehouse {
    /// Notes repeats: all of them or none. `claims`: the claim on each
    /// partition.
    pub async fn insert_repeats<'a>(
        &self,
        repeats: impl Iterator<Item = &'a Repeat>,
        claims: &BTreeMap<u32, u64>,
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        let rows: Vec<RepeatRow<'_>> = repeats
            .map(|repeat| RepeatRow::of(repeat, claims))
            .collect();
        self.insert_rows("ingest_repeats", &rows, name, within)
            .await
    }
}
