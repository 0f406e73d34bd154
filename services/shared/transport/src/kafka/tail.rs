use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
};
use service_kit::config::KafkaConfig;
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::{
    Names, delivery::deliver, error::translate, reader::list_offsets, settings, telemetry,
    topic_id::topic_id, wire::topology::partitions_of,
};
use crate::{Delivery, LogId, Topic, TransportError};

/// How long one poll waits.
const TICK: Duration = Duration::from_millis(50);
/// How often the brokers are asked whether they are there, and for how long.
const LOOK: Duration = Duration::from_secs(1);
/// How long a question about offsets may take.
const QUESTION: Duration = Duration::from_secs(5);
/// How long to wait before beginning is tried again.
const PAUSE: Duration = Duration::from_millis(250);
/// Records, and bytes, handed over in one piece.
const RECORDS_AT_ONCE: usize = 512;
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// Pieces that wait to be taken; reading stops above.
const PIECES: usize = 8;

/// Follows every partition of a topic, for as long as it lives, as a member of
/// no group: nobody else's reading is touched, and each `Tail` sees everything.
///
/// It starts while the brokers are away, goes on where it was after an outage,
/// and takes up partitions that are added. A thread of its own reads; what is
/// not taken in time waits in the log.
pub struct Tail {
    pieces: mpsc::Receiver<TailRead>,
    is_connected: watch::Receiver<bool>,
}

/// What [`Tail::next`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailRead {
    /// Reading begins. Comes once.
    Began {
        /// Names the log, for as long as it lives.
        log: LogId,
        /// The first offset of each partition.
        starts: BTreeMap<u32, u64>,
    },
    /// Records, in order within each partition.
    Records(Vec<Delivery>),
    /// All that was in the log when reading began has been given. Comes once.
    CaughtUp,
}

struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, _statistics: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("tail", &error, reason);
    }
}

impl ConsumerContext for Quiet {}

impl Tail {
    /// Follows `topic` from what was appended at `since` or later; `None`: from
    /// its end.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn start(
        config: &KafkaConfig,
        topic: Topic,
        since: Option<DateTime<Utc>>,
    ) -> Result<Self, TransportError> {
        let names = Names::new(&config.topic_prefix);
        let mut settings = settings::client(config, "tail");
        settings
            // Needed by the library, no group is joined.
            .set("group.id", names.group("millrace-tail"))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            // What is gone from the log, or a log that was made anew.
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "250")
            .set("fetch.error.backoff.ms", "100")
            .set("queued.max.messages.kbytes", "4096");
        let native = settings
            .create_with_context(Quiet)
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let (connected, is_connected) = watch::channel(false);
        let follower = Follower {
            native,
            topic: names.topic(topic).to_owned(),
            since,
            sender,
            connected,
            known: BTreeSet::new(),
            behind: BTreeMap::new(),
            is_caught_up: false,
        };
        std::thread::Builder::new()
            .name("kafka-tail".into())
            .spawn(move || follower.run())
            .map_err(|error| TransportError::Unavailable(error.to_string()))?;
        Ok(Self {
            pieces,
            is_connected,
        })
    }

    /// What comes next; waits for it. Cancel-safe.
    ///
    /// # Errors
    /// [`TransportError::Closed`] when the reading thread has ended.
    pub async fn next(&mut self) -> Result<TailRead, TransportError> {
        self.pieces.recv().await.ok_or(TransportError::Closed)
    }

    /// Whether the brokers answered when they were last asked, which is every
    /// second.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<bool> {
        self.is_connected.clone()
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

/// The reading thread.
struct Follower {
    native: BaseConsumer<Quiet>,
    topic: String,
    since: Option<DateTime<Utc>>,
    sender: mpsc::Sender<TailRead>,
    connected: watch::Sender<bool>,
    known: BTreeSet<u32>,
    /// Partitions that have not reached the end they had at the beginning.
    behind: BTreeMap<u32, u64>,
    is_caught_up: bool,
}

impl Follower {
    fn run(mut self) {
        while let Err(error) = self.begin() {
            debug!(%error, topic = self.topic, "cannot follow the log yet");
            self.connected.send_replace(false);
            if self.sender.is_closed() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        let mut looked = Instant::now();
        while !self.sender.is_closed() {
            if looked.elapsed() >= LOOK {
                self.look();
                looked = Instant::now();
            }
            let records = self.poll();
            if !records.is_empty() && !self.give(TailRead::Records(records)) {
                return;
            }
            if !self.is_caught_up && self.behind.is_empty() {
                self.is_caught_up = true;
                if !self.give(TailRead::CaughtUp) {
                    return;
                }
            }
        }
    }

    /// Waits for room; `false` when nobody listens any more.
    fn give(&self, read: TailRead) -> bool {
        self.sender.blocking_send(read).is_ok()
    }

    fn begin(&mut self) -> Result<(), TransportError> {
        let partitions: Vec<u32> = self.partitions(QUESTION)?.into_iter().collect();
        let log = topic_id(self.native.client().native_ptr(), &self.topic, QUESTION)?;
        let ask = |which| list_offsets(&self.native, &self.topic, &partitions, which, QUESTION);
        let ends = ask(Offset::End)?;
        let mut starts = ends.clone();
        if let Some(since) = self.since {
            starts.extend(ask(Offset::Offset(since.timestamp_millis().max(0)))?);
        }
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in &starts {
            let offset = Offset::Offset(offset.cast_signed());
            list.add_partition_offset(&self.topic, partition.cast_signed(), offset)
                .map_err(|error| translate(&error))?;
        }
        self.native
            .assign(&list)
            .map_err(|error| translate(&error))?;
        self.connected.send_replace(true);
        self.known = starts.keys().copied().collect();
        self.behind = ends;
        self.behind
            .retain(|partition, end| starts.get(partition).is_some_and(|start| start < end));
        self.give(TailRead::Began {
            log: LogId(log),
            starts,
        });
        Ok(())
    }

    fn partitions(&self, within: Duration) -> Result<BTreeSet<u32>, TransportError> {
        let found = partitions_of(self.native.client(), &self.topic, within)?;
        if found.is_empty() {
            let missing = format!("no topic {}", self.topic);
            return Err(TransportError::Unavailable(missing));
        }
        Ok(found.iter().map(|partition| partition.id).collect())
    }

    /// Asks whether the brokers are there, and for partitions that are new.
    fn look(&mut self) {
        let found = match self.partitions(LOOK) {
            Ok(found) => found,
            Err(error) => {
                debug!(%error, topic = self.topic, "the log does not answer");
                self.connected.send_replace(false);
                return;
            }
        };
        self.note_connected();
        let new: Vec<u32> = found.difference(&self.known).copied().collect();
        let mut list = TopicPartitionList::new();
        for &partition in &new {
            // Nothing of them has been seen: from their beginning.
            let added =
                list.add_partition_offset(&self.topic, partition.cast_signed(), Offset::Beginning);
            if let Err(error) = added {
                debug!(%error, partition, "cannot follow a new partition");
                return;
            }
        }
        if !new.is_empty() && self.native.incremental_assign(&list).is_ok() {
            self.known.extend(new);
        }
    }

    /// Tells that the brokers are there, if that is news.
    fn note_connected(&self) {
        self.connected
            .send_if_modified(|is_connected| !std::mem::replace(is_connected, true));
    }

    /// Everything that is there, up to the size of a piece.
    fn poll(&mut self) -> Vec<Delivery> {
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut patience = TICK;
        while records.len() < RECORDS_AT_ONCE && bytes < BYTES_AT_ONCE {
            match self.native.poll(patience) {
                Some(Ok(message)) => {
                    let delivery = deliver(&message);
                    let position = delivery.position;
                    let end = self.behind.get(&position.partition);
                    if end.is_some_and(|end| position.offset + 1 >= *end) {
                        self.behind.remove(&position.partition);
                    }
                    bytes += delivery.payload.len();
                    records.push(delivery);
                    patience = Duration::ZERO;
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.behind.remove(&partition.cast_unsigned());
                }
                Some(Err(error)) => debug!(%error, topic = self.topic, "following the log"),
                None => break,
            }
        }
        if !records.is_empty() {
            self.note_connected();
        }
        records
    }
}
