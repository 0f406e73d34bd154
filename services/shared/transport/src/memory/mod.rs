//! A transport inside the process: for tests of what is built on the traits,
//! with the faults that a real one has.
//!
//! It behaves as Kafka does (partitions, offsets, groups that share them) and
//! keeps nothing when the process ends.

mod consumer;
mod group;
mod log;
mod producer;

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

pub use self::{consumer::MemoryConsumer, producer::MemoryProducer};
use self::{
    group::Group,
    log::{Faults, Log},
};
use crate::{Delivery, LogId, Topic, TransportError};

/// The shared log. Clones are the same log.
#[derive(Clone, Debug)]
pub struct MemoryTransport {
    shared: Arc<Shared>,
}

/// What producers, consumers and tests have in common.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Something changed that a waiting consumer may want to see.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    log: Log,
    groups: BTreeMap<String, Group>,
    faults: Faults,
    next_member: u64,
}

impl MemoryTransport {
    /// An empty log whose topic `events` has `partitions` partitions, the
    /// others one.
    #[must_use]
    pub fn new(partitions: u32) -> Self {
        let state = State {
            log: Log::new(partitions.max(1)),
            groups: BTreeMap::new(),
            faults: Faults::default(),
            next_member: 0,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Notify::new(),
            }),
        }
    }

    /// A producer of this log.
    #[must_use]
    pub fn producer(&self) -> MemoryProducer {
        MemoryProducer::new(Arc::clone(&self.shared))
    }

    /// A new member of a group that shares the partitions of `events`.
    #[must_use]
    pub fn consumer(&self, group: &str) -> MemoryConsumer {
        MemoryConsumer::join(Arc::clone(&self.shared), group)
    }

    /// Everything in a topic, by partition and offset.
    #[must_use]
    pub fn records(&self, topic: Topic) -> Vec<Delivery> {
        self.shared.state.lock().log.all(topic)
    }

    /// The identity of this log.
    #[must_use]
    pub fn log_id(&self) -> LogId {
        self.shared.state.lock().log.id.clone()
    }

    /// Adds partitions to `events`; a smaller count changes nothing.
    pub fn grow(&self, count: u32) {
        self.shared.state.lock().log.grow(count);
        self.shared.changed.notify_waiters();
    }

    /// Deletes the records of a partition of `events` below an offset.
    pub fn delete_below(&self, partition: u32, offset: u64) {
        self.shared.state.lock().log.delete_below(partition, offset);
        self.shared.changed.notify_waiters();
    }

    /// Fault: the records of a partition of `events` from an offset on are lost,
    /// as by a broker that comes back without them; their offsets are given out
    /// again.
    pub fn truncate(&self, partition: u32, offset: u64) {
        self.shared.state.lock().log.truncate(partition, offset);
    }

    /// Fault: the next `records` fail with `error` and are not stored.
    pub fn fail_next(&self, records: usize, error: TransportError) {
        self.shared.state.lock().faults.fail(records, error);
    }

    /// Fault: the next `records` are stored, and answered as unconfirmed.
    pub fn lose_answers(&self, records: usize) {
        self.shared.state.lock().faults.lose_answers(records);
    }

    /// Fault: while down, nothing is taken, nothing delivered, no question
    /// answered.
    pub fn set_down(&self, down: bool) {
        self.shared.state.lock().faults.down = down;
        self.shared.changed.notify_waiters();
    }

    /// Fault: all members of a group lose their session; what they own is
    /// revoked as lost and assigned anew.
    pub fn expire_sessions(&self, group: &str) {
        if let Some(group) = self.shared.state.lock().groups.get_mut(group) {
            group.expire_all();
        }
        self.shared.changed.notify_waiters();
    }

    /// Offsets a group has committed (next one to read).
    #[must_use]
    pub fn committed(&self, group: &str) -> BTreeMap<u32, u64> {
        let state = self.shared.state.lock();
        state
            .groups
            .get(group)
            .map(|group| group.committed.clone())
            .unwrap_or_default()
    }
}

impl State {
    fn reachable(&self) -> Result<(), TransportError> {
        if self.faults.down {
            return Err(TransportError::Unavailable("memory log is set down".into()));
        }
        Ok(())
    }
}
