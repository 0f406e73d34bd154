//! Events go to the brokers over connections of our own: **one request for all
//! partitions that a broker leads**, where the client library sends one for
//! each and keeps an object for each record. Records are written as the log
//! stores them by the threads that publish them; one thread packs and sends them.
//!
//! What it promises is what the library promises with `enable.idempotence`:
//! acknowledged by all in-sync replicas, a batch that is sent again is stored
//! once, and the records of a partition keep their order. Who leads which
//! partition it learns from the library.
//!
//! Reading order: `batch` (bytes of the log) → `protocol` (questions and
//! answers) → `queue` (what waits) → `partition` (what is known of one) →
//! `sender` (the thread); the way to the brokers is [`wire`](crate::kafka::wire).

mod batch;
mod partition;
mod protocol;
mod queue;
mod sender;

use std::{
    io,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{queue::Queue, sender::Sender};
use super::{
    ProducerTuning,
    batch::{Load, Ticket, weigh},
    client::Client,
};
use crate::{Record, TransportError};

/// More partitions than a topic of events has: a number beyond it is a mistake.
const PARTITIONS_MAX: u32 = 10_000;

/// So many records do not wait for company.
const ENOUGH: usize = 32;

/// The way to the brokers. Dropping it ends its thread, and what waits is lost.
#[derive(Debug)]
pub(super) struct Direct {
    shared: Arc<Shared>,
    sender: JoinHandle<()>,
}

/// What publishing threads and the sender have in common.
#[derive(Debug)]
struct Shared {
    /// One for each partition.
    queues: RwLock<Vec<Mutex<Queue>>>,
    /// Records that came since the sender looked.
    came: AtomicUsize,
    wake: Notify,
    ended: CancellationToken,
    load: Arc<Load>,
    settings: Settings,
}

/// See [`ProducerTuning`].
#[derive(Debug, Clone)]
pub(super) struct Settings {
    topic: String,
    linger: Duration,
    /// After this a record that is not confirmed is given up.
    patience: Duration,
    batch_bytes: usize,
}

impl Settings {
    pub(super) fn new(topic: &str, tuning: &ProducerTuning) -> Self {
        Self {
            topic: topic.to_owned(),
            linger: tuning.linger,
            patience: tuning.message_timeout,
            batch_bytes: tuning.batch_bytes,
        }
    }
}

impl Direct {
    /// A way to the partitions of a topic; `client` says who leads them.
    ///
    /// It has a thread of its own: among the tasks of a flooded service the one
    /// that empties the queues would get its turn too rarely.
    pub(super) fn start(
        client: Weak<Client>,
        settings: Settings,
        load: Arc<Load>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queues: RwLock::default(),
            came: AtomicUsize::new(0),
            wake: Notify::new(),
            ended: CancellationToken::new(),
            load,
            settings,
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (sender, ended) = (
            Sender::new(Arc::clone(&shared), client),
            shared.ended.clone(),
        );
        let sender = thread::Builder::new()
            .name("kafka-events".into())
            .spawn(move || {
                runtime.block_on(ended.run_until_cancelled(sender.run()));
            })?;
        Ok(Self { shared, sender })
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
                let weight = weigh(&record);
                shared
                    .load
                    .answer(&[ticket], weight, |_| Err(refusal.clone()));
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

    /// Whether the thread lives.
    pub(super) fn is_running(&self) -> bool {
        !self.sender.is_finished()
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        self.shared.ended.cancel();
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
