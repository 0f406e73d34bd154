//! An event on its way into the table.

use bytes::Bytes;
use transport::murmur2;
use warehouse::EventRow;
use warehouse::repeats::{Original, Reason, fingerprint};

/// An event and what has become of it.
#[derive(Debug)]
pub struct Item {
    /// The event.
    pub row: EventRow,
    /// The record it was made from, in case it cannot be stored.
    pub payload: Bytes,
    /// What the log's partitioner makes of the event's key.
    pub key_hash: u32,
    /// By which the filter knows it.
    pub print: u64,
    /// What has become of it.
    pub fate: Fate,
}

/// What has become of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// To be inserted.
    Pending,
    /// In the table.
    Stored,
    /// A repeat that is to be noted as such.
    Repeat(Original, Reason),
    /// A repeat, and noted.
    Noted,
    /// Refused by the warehouse: a dead letter now.
    Refused,
}

impl Item {
    /// An event that was just read.
    #[must_use]
    pub fn new(row: EventRow, payload: Bytes) -> Self {
        Self {
            // Now, while the row is in the processor's cache.
            key_hash: murmur2(row.distinct_id().as_bytes()),
            print: fingerprint(row.person_id, row.uuid),
            row,
            payload,
            fate: Fate::Pending,
        }
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.row.size() + self.payload.len()
    }
}
