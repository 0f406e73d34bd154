//! Events go to the brokers over connections of our own: **one request for all
//! partitions that a broker leads**, where the client library sends one for
//! each and keeps an object for each record. Records are written as the log
//! stores them by the threads that publish them; one task packs and sends them.
//!
//! What it promises is what the library promises with `enable.idempotence`:
//! acknowledged by all in-sync replicas, a batch that is sent again is stored
//! once, and the records of a partition keep their order. Who leads which
//! partition it learns from the library.
//!
//! Reading order: `batch` (bytes of the log) → `protocol` (questions and
//! answers) → `link` (a connection) → `queue` (what waits) → `partition` (what
//! is known of one) → `sender` (the task).

mod batch;
mod link;
mod partition;
mod protocol;
mod queue;
mod sender;

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use tokio::{sync::Notify, task::AbortHandle, time::Instant};

use self::{queue::Queue, sender::Sender};
use super::{
    ProducerTuning,
    batch::{Load, Ticket, fill_all, weigh},
    client::Client,
};
use crate::{Record, TransportError};

/// More partitions than a topic of events has: a number beyond it is a mistake.
const PARTITIONS_MAX: u32 = 10_000;

/// So many records do not wait for company.
const ENOUGH: usize = 32;

/// The way to the brokers. Dropping it ends its task, and what waits is lost.
#[derive(Debug)]
pub(super) struct Direct {
    shared: Arc<Shared>,
    sender: AbortHandle,
}

/// What publishing threads and the task have in common.
#[derive(Debug)]
struct Shared {
    /// One for each partition.
    queues: RwLock<Vec<Mutex<Queue>>>,
    /// Records that came since the task looked.
    came: AtomicUsize,
    wake: Notify,
    load: Arc<Load>,
    settings: Settings,
}

/// See [`ProducerTuning`].
#[derive(Debug)]
struct Settings {
    topic: String,
    linger: Duration,
    /// After this a record that is not confirmed is given up.
    patience: Duration,
    batch_bytes: usize,
}

impl Direct {
    /// A way to the partitions of `topic`; `client` says who leads them. Must be
    /// called on a runtime.
    pub(super) fn start(
        client: Weak<Client>,
        topic: String,
        tuning: &ProducerTuning,
        load: Arc<Load>,
    ) -> Self {
        let shared = Arc::new(Shared {
            queues: RwLock::default(),
            came: AtomicUsize::new(0),
            wake: Notify::new(),
            load,
            settings: Settings {
                topic,
                linger: tuning.linger,
                patience: tuning.message_timeout,
                batch_bytes: tuning.batch_bytes,
            },
        });
        let sender = Sender::new(Arc::clone(&shared), client);
        Self {
            shared,
            sender: tokio::spawn(sender.run()).abort_handle(),
        }
    }

    /// Takes records along with the next requests, in order. All of them count
    /// as in flight already.
    pub(super) fn gather(&self, records: impl Iterator<Item = (u32, Record, Ticket)>) {
        let shared = &self.shared;
        let now = Instant::now();
        let mut count = 0;
        let mut queues = shared.queues.read();
        for (partition, record, ticket) in records {
            count += 1;
            let refusal = match partition {
                _ if !self.is_running() => Some(TransportError::Closed),
                PARTITIONS_MAX.. => Some(shared.unknown(partition)),
                _ => None,
            };
            if let Some(refusal) = refusal {
                shared.load.end(1, weigh(&record));
                fill_all(&[ticket], |_| Err(refusal.clone()));
                continue;
            }
            let place = partition as usize;
            if place >= queues.len() {
                drop(queues);
                shared.grow(place + 1);
                queues = shared.queues.read();
            }
            if let Some(queue) = queues.get(place) {
                let limit = shared.settings.batch_bytes;
                queue.lock().push(&record, ticket, now, limit);
            }
        }
        drop(queues);
        let before = shared.came.fetch_add(count, Ordering::AcqRel);
        let is_enough = before < ENOUGH && before + count >= ENOUGH;
        if before == 0 || is_enough {
            shared.wake.notify_one();
        }
    }

    /// Whether the task lives.
    pub(super) fn is_running(&self) -> bool {
        !self.sender.is_finished()
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

impl Shared {
    fn grow(&self, count: usize) {
        let mut queues = self.queues.write();
        if queues.len() < count {
            queues.resize_with(count, Mutex::default);
        }
    }

    fn unknown(&self, partition: u32) -> TransportError {
        TransportError::UnknownPartition {
            topic: self.settings.topic.clone(),
            partition,
        }
    }
}
