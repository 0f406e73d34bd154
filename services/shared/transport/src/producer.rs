use std::time::Duration;

use async_trait::async_trait;

use crate::{Position, Record, TransportError};

/// Writes records.
#[async_trait]
pub trait Producer: Send + Sync {
    /// Writes a batch and answers each record, in order; one without records is
    /// answered at once, whatever the transport is doing.
    ///
    /// `Ok` = durable, confirmed by every in-sync replica. Records of one key
    /// keep their order among themselves. Never waits for room: what does not
    /// fit fails at once with [`TransportError::Full`]. Answers within the
    /// producer's message time-out (below 5 s) whatever happens; after that a
    /// record is [`TransportError::Unconfirmed`]. Dropping the future withdraws
    /// nothing.
    async fn publish(&self, records: Vec<Record>) -> Vec<Result<Position, TransportError>>;

    /// Waits until nothing is in flight: for an orderly shutdown, before the
    /// producer is dropped.
    ///
    /// # Errors
    /// [`TransportError::Deadline`] when something is left after `within`.
    async fn flush(&self, within: Duration) -> Result<(), TransportError>;

    /// Records taken and not yet answered.
    fn in_flight(&self) -> usize;

    /// Partitions that keys are spread over now (the published count); 1 where
    /// there are none.
    fn partition_count(&self) -> u32;

    /// Asks the transport itself whether it would take records of
    /// [`crate::Topic::Events`]; a real round trip, never a cached answer.
    ///
    /// # Errors
    /// Why it would not, or [`TransportError::Deadline`].
    async fn probe(&self, within: Duration) -> Result<(), TransportError>;
}
