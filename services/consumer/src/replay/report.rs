//! What a replay found and did.

use std::fmt;

use serde::Serialize;
use transport::Position;
use warehouse::ledger::Place;

/// Positions that are named at most.
const POSITIONS_MAX: usize = 100;

/// What a replay found and did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records read.
    pub read: u64,
    /// Of them, accounted for already, by what they are.
    pub present: Present,
    /// Of them, in no table, though the ledger covers them.
    pub missing: u64,
    /// Of the missing ones: what they are, and become with `applied`.
    pub stored: u64,
    /// Of the missing ones, events that are stored at another position.
    pub repeats: u64,
    /// Of the missing ones, no events.
    pub dead: u64,
    /// Records that the log has no more.
    pub gone: u64,
    /// Events that somebody stored a second time meanwhile; the first is kept.
    pub doubles_repaired: u64,
    /// Whether anything was to be changed.
    pub applied: bool,
    /// Where the missing ones stand, PARTITION/OFFSET, at most a hundred.
    pub positions: Vec<String>,
}

/// Records that are accounted for, by what they are.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Present {
    /// In the events table.
    pub stored: u64,
    /// Noted as repeats.
    pub duplicate: u64,
    /// Noted as dead letters.
    pub quarantined: u64,
    /// Removed by retention or erasure; they stay so.
    pub removed: u64,
}

impl Present {
    pub(super) fn add(&mut self, place: Place) {
        match place {
            Place::Stored => self.stored += 1,
            Place::Duplicate => self.duplicate += 1,
            Place::Quarantined => self.quarantined += 1,
            Place::Removed => self.removed += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.stored + self.duplicate + self.quarantined + self.removed
    }
}

impl Report {
    pub(super) fn add_missing(&mut self, at: Position) {
        self.missing += 1;
        if self.positions.len() < POSITIONS_MAX {
            self.positions
                .push(format!("{}/{}", at.partition, at.offset));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}
