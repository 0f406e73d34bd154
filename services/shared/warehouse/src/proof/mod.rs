//! The proof that nothing accepted is lost or counted twice.
//!
//! [`reconcile`] compares the log's ledger with the tables, position by
//! position; [`sweep`] finds one event at two positions and repairs it.

use std::collections::BTreeMap;

use event_schema::ids::ProjectId;
use serde::Serialize;

mod blocks;
mod counts;
mod pending;
pub mod reconcile;
pub mod sweep;
mod tiling;

/// What to reconcile; everything by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Only this project's events.
    pub project: Option<ProjectId>,
    /// Only batches with records that the log took from here on, ms since the
    /// epoch.
    pub from: Option<i64>,
    /// Only batches with records that the log took before, ms since the epoch.
    pub to: Option<i64>,
}

/// A part of one partition of one log: offsets `first` up to, not including,
/// `next`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// The log, as the ledger names it.
    pub log_id: String,
    /// The partition.
    pub partition: u32,
    /// Its first offset.
    pub first: u64,
    /// The offset after its last.
    pub next: u64,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of fault.
    pub kind: Fault,
    /// Where.
    #[serde(flatten)]
    pub place: Stretch,
    /// In words.
    pub detail: String,
    /// The events concerned, when they can be named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uuids: Vec<String>,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The log had lost records before they were read.
    Gap,
    /// Ledger ranges that leave something out between them.
    Untiled,
    /// Ledger ranges that overlap.
    Overlap,
    /// A ledger row whose counts are not its length.
    Miscounted,
    /// A position that the ledger covers and no table has.
    Missing,
    /// A position that is in the events more than once.
    Doubled,
    /// A position that stands both as an event and as a repeat or a dead letter.
    Ambiguous,
    /// Sums of the ledger and of the tables that differ.
    Sums,
    /// A repeat whose first copy is not there.
    Orphan,
}

/// The answer of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// Records that the log took: what the ledger covers, and what is in flight.
    /// When all is well that is stored, duplicate, quarantined and in flight.
    pub accepted: u64,
    /// Events stored, those included that were removed since.
    pub stored: u64,
    /// Left out because the event is stored already.
    pub duplicate: u64,
    /// Sent to the dead letters.
    pub quarantined: u64,
    /// Of the stored ones, removed by retention or erasure.
    pub removed: u64,
    /// Records that are not accounted for yet: those in the log, for whole logs
    /// whose ends are known; for a project those that are in the tables already.
    pub in_flight: u64,
    /// Whether everything agrees.
    pub exact: bool,
    /// What does not, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
    /// What was checked: where each partition stood.
    pub extents: Vec<Stretch>,
    /// When, ms since the epoch.
    pub checked_at: i64,
}

pub(crate) use blocks::BLOCK;

/// Differences that are named at most.
pub const DIFFERENCES_MAX: usize = 100;

/// Where the log ends, by partition, when the caller can ask it.
pub type Ends = BTreeMap<u32, u64>;
