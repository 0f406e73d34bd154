use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::{Delivery, Position, TransportError};

/// Reads [`crate::Topic::Events`] as a member of a group.
///
/// All methods take `&self` and may be called from several tasks, except that
/// one task at a time calls [`receive`](Consumer::receive).
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Up to `max` deliveries, or a change of what this member owns.
    ///
    /// Returns as soon as there is something, at the latest after `within`
    /// (then with an empty [`Received::Deliveries`]). Changes come before
    /// deliveries; once [`Received::Revoked`] was returned, no delivery of those
    /// partitions follows until they are assigned again. Cancel-safe.
    /// An outage of the transport is not an error here: deliveries pause and
    /// continue.
    ///
    /// # Errors
    /// [`TransportError::Closed`] after [`close`](Consumer::close);
    /// [`TransportError::Refused`] when the transport will never answer.
    async fn receive(&self, max: usize, within: Duration) -> Result<Received, TransportError>;

    /// Tells the transport that everything below these positions is done with
    /// (offset = next one to read). On Kafka a hint for tools and for
    /// [`Start::Committed`]; on a list it removes the items.
    ///
    /// # Errors
    /// [`TransportError::NotOwner`] when the partition is not ours any more,
    /// transient ones when the coordinator is away.
    async fn commit(&self, frontier: &[Position]) -> Result<(), TransportError>;

    /// Stops fetching these partitions; membership stays. Deliveries already
    /// fetched may still arrive.
    ///
    /// # Errors
    /// When a partition is not assigned.
    async fn pause(&self, partitions: &[u32]) -> Result<(), TransportError>;

    /// Undoes [`pause`](Consumer::pause).
    ///
    /// # Errors
    /// When a partition is not assigned.
    async fn resume(&self, partitions: &[u32]) -> Result<(), TransportError>;

    /// Goes on reading an assigned partition at this position, after
    /// [`Received::OutOfRange`] or to read again.
    ///
    /// # Errors
    /// When the partition is not assigned, or the transport has no positions.
    async fn seek(&self, to: Position) -> Result<(), TransportError>;

    /// The ends of the log as the leaders see them now, never a cached value.
    ///
    /// # Errors
    /// Transient ones when a leader does not answer.
    async fn watermarks(
        &self,
        partitions: &[u32],
    ) -> Result<BTreeMap<u32, Watermarks>, TransportError>;

    /// The offset after the last record of each partition, asked now.
    ///
    /// # Errors
    /// As [`watermarks`](Consumer::watermarks).
    async fn end_offsets(&self, partitions: &[u32]) -> Result<BTreeMap<u32, u64>, TransportError>;

    /// When the log took the record at each of these positions, asked now, in
    /// ms since the epoch: another time than before means another record. A
    /// position without a record is left out, and all are on a transport that
    /// has no lasting positions.
    ///
    /// # Errors
    /// As [`watermarks`](Consumer::watermarks).
    async fn appended_at(
        &self,
        positions: &[Position],
    ) -> Result<BTreeMap<Position, i64>, TransportError>;

    /// How many partitions the topic has now, asked of the transport.
    ///
    /// # Errors
    /// Transient ones when it does not answer.
    async fn partition_count(&self) -> Result<u32, TransportError>;

    /// What names this log: another one after the topic was deleted and made
    /// again.
    ///
    /// # Errors
    /// Transient ones when the transport does not answer.
    async fn log_id(&self) -> Result<LogId, TransportError>;

    /// What this transport can promise.
    fn guarantees(&self) -> Guarantees;

    /// Leaves the group and stops. Settle and commit first: what was delivered
    /// and not committed goes to the next owner.
    ///
    /// # Errors
    /// [`TransportError::Deadline`] when the transport did not let go in time;
    /// it then notices by the session's time-out.
    async fn close(&self, within: Duration) -> Result<(), TransportError>;
}

/// What [`Consumer::receive`] returns.
#[derive(Debug)]
pub enum Received {
    /// Records in order of offset within each partition; empty when nothing
    /// came in time.
    Deliveries(Vec<Delivery>),
    /// Partitions that are this member's from now on. Nothing of them is
    /// delivered until the assignment is answered.
    Assigned(Assignment),
    /// Partitions that this member is to give up, or has lost.
    Revoked(Revocation),
    /// The next position of these partitions is not in the log any more (wiped,
    /// truncated, deleted). They stand still until [`Consumer::seek`].
    OutOfRange(Vec<OutOfRange>),
}

/// Where to begin with an assigned partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this offset.
    Offset(u64),
    /// At the last commit, or at the oldest record when there is none. On a
    /// list: the items left by the previous owner, then the list.
    Committed,
    /// At the oldest record there is.
    Earliest,
    /// Only what comes from now on.
    Latest,
}

/// Newly owned partitions, waiting to be told where to start.
///
/// Take the time it needs (claims, settling): membership is kept meanwhile and
/// other partitions go on. Dropped without an answer, the partitions are not
/// read until the group changes again.
pub struct Assignment {
    partitions: BTreeSet<u32>,
    answer: oneshot::Sender<BTreeMap<u32, Start>>,
}

impl Assignment {
    /// An assignment and what its answer arrives on: for transports and their
    /// doubles in tests.
    pub fn new(partitions: BTreeSet<u32>) -> (Self, oneshot::Receiver<BTreeMap<u32, Start>>) {
        let (answer, answered) = oneshot::channel();
        (Self { partitions, answer }, answered)
    }

    /// The partitions.
    #[must_use]
    pub fn partitions(&self) -> &BTreeSet<u32> {
        &self.partitions
    }

    /// Starts each partition as said; partitions left out begin at
    /// [`Start::Committed`].
    pub fn start(self, positions: BTreeMap<u32, Start>) {
        let mut starts = positions;
        for &partition in &self.partitions {
            starts.entry(partition).or_insert(Start::Committed);
        }
        starts.retain(|partition, _| self.partitions.contains(partition));
        // The consumer may be gone; then nothing starts.
        let _ = self.answer.send(starts);
    }

    /// Starts every partition the same way.
    pub fn start_all(self, start: Start) {
        let starts = self
            .partitions
            .iter()
            .map(|&partition| (partition, start))
            .collect();
        self.start(starts);
    }
}

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment")
            .field("partitions", &self.partitions)
            .finish_non_exhaustive()
    }
}

/// Partitions that are taken away.
///
/// Settle or drop what is in hand of them, commit unless [`lost`](Self::lost),
/// forget their positions, then [`release`](Self::release). Dropping it
/// releases as well. The next owner does not begin before that, or before the
/// session's time-out.
pub struct Revocation {
    partitions: BTreeSet<u32>,
    lost: bool,
    done: Option<oneshot::Sender<()>>,
}

impl Revocation {
    /// A revocation and what tells that it was released: for transports and
    /// their doubles in tests.
    pub fn new(partitions: BTreeSet<u32>, lost: bool) -> (Self, oneshot::Receiver<()>) {
        let (done, released) = oneshot::channel();
        (
            Self {
                partitions,
                lost,
                done: Some(done),
            },
            released,
        )
    }

    /// The partitions.
    #[must_use]
    pub fn partitions(&self) -> &BTreeSet<u32> {
        &self.partitions
    }

    /// Another member may own them already: drop what is in hand, do not commit.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// Lets the partitions go.
    pub fn release(mut self) {
        if let Some(done) = self.done.take() {
            // The consumer may be gone; then they are free anyway.
            let _ = done.send(());
        }
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation")
            .field("partitions", &self.partitions)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

/// A partition whose next position is not in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    /// The position that was to be read.
    pub wanted: Position,
    /// What the log has.
    pub log: Watermarks,
}

/// The ends of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// Offset of the oldest record that is left.
    pub low: u64,
    /// Offset after the last record.
    pub end: u64,
}

/// Names a log for as long as it lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogId(pub String);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a transport can promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarantees {
    /// Any range can be read again, offsets are contiguous and stay with their
    /// record: ranges can be proven to tile the log.
    pub replayable: bool,
    /// All records of one key meet in one partition and in one owner.
    pub key_affinity: bool,
    /// More than one member can be given work at a time.
    pub shared: bool,
}
