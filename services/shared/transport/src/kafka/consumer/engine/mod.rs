mod ownership;
mod positions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, TryRecvError};
use metrics::{Counter, Gauge};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};
use tokio::sync::oneshot;
use tracing::{debug, error, warn};

use self::positions::is_out_of_range;
use super::{QUESTION, context::GroupContext, fetch::Fetcher, readings::Readings};
use crate::{
    Position, Start, TransportError,
    inbox::Inbox,
    kafka::{
        delivery::{Copies, position},
        error::translate,
        wire::topology::topology,
    },
    metrics as m,
};

/// The library's consumer.
pub(super) type Native = BaseConsumer<GroupContext>;

/// What the reading thread is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Pauses partitions, or lets them go on.
    Pause(Vec<u32>, bool, Reply),
    Seek(Position, Reply),
    Close,
}

type Reply = oneshot::Sender<Result<(), TransportError>>;
/// The receiver's answer to an assignment.
type Starts = oneshot::Receiver<BTreeMap<u32, Start>>;

/// How long one look at the log lasts; also how late an answer to a change of
/// ownership is noticed.
const TICK: Duration = Duration::from_millis(20);
/// Records moved to the inbox at once.
const CHUNK: usize = 1_000;
/// So long a full inbox is waited for without polling; after that the
/// partitions are paused, so that polling, and with it the membership, goes on.
const FULL_PATIENCE: Duration = Duration::from_secs(4);

/// The reading thread: polls the library, owns all that concerns positions.
pub(super) struct Engine {
    consumer: Arc<Native>,
    topic: String,
    inbox: Arc<Inbox>,
    commands: Receiver<Command>,
    readings: Arc<Readings>,
    /// Reads the records; `None` where the library does.
    fetcher: Option<Fetcher>,
    /// All partitions are paused, as the inbox is full.
    held: bool,
    full_since: Option<Instant>,
    /// Assigned, and not told yet where to start.
    unstarted: Vec<(BTreeSet<u32>, Starts)>,
    /// Starting positions that have not been taken by the library.
    starting: BTreeMap<u32, Start>,
    /// Revoked, and not released yet.
    releasing: Vec<(BTreeSet<u32>, oneshot::Receiver<()>)>,
    /// Bytes that the next chunk will have if it is like the last one.
    expected: usize,
    consumed: Counter,
    buffered: Gauge,
}

impl Engine {
    pub(super) fn new(
        consumer: Arc<Native>,
        topic: String,
        inbox: Arc<Inbox>,
        commands: Receiver<Command>,
    ) -> Self {
        Self {
            consumer,
            topic,
            inbox,
            commands,
            readings: Arc::default(),
            fetcher: None,
            held: false,
            full_since: None,
            unstarted: Vec::new(),
            starting: BTreeMap::new(),
            releasing: Vec::new(),
            expected: 0,
            consumed: m::CONSUMED.count(&[]),
            buffered: m::BUFFERED.level(&[]),
        }
    }

    /// Lets the records be read by requests of our own.
    pub(super) fn fetching_directly(mut self) -> Self {
        let (client, topic) = (Arc::downgrade(&self.consumer), self.topic.clone());
        let ask = Arc::new(move || {
            let client: Arc<Native> = Weak::upgrade(&client).ok_or(TransportError::Closed)?;
            topology(client.client(), &topic, QUESTION)
        });
        let (readings, inbox) = (Arc::clone(&self.readings), Arc::clone(&self.inbox));
        match Fetcher::start(&self.topic, readings, inbox, ask) {
            Ok(fetcher) => self.fetcher = Some(fetcher),
            Err(error) => warn!(%error, "records are read by the client library"),
        }
        self
    }

    /// Reads until it is told to close; leaves the group on the way out.
    pub(super) fn run(mut self) {
        while self.obey() {
            self.release();
            self.start();
            self.follow_fetcher();
            if self.fetcher.is_some() || self.may_poll() {
                self.read();
                self.follow_group();
            }
        }
        self.inbox.close(TransportError::Closed);
        self.consumer.context().close();
        // Dropping the consumer leaves the group; it takes as long as it takes,
        // on this thread.
    }

    /// Carries out commands; `false` when it is to close.
    fn obey(&mut self) -> bool {
        loop {
            let (reply, result) = match self.commands.try_recv() {
                Ok(Command::Pause(partitions, is_paused, reply)) => {
                    (reply, self.pause(&partitions, is_paused))
                }
                Ok(Command::Seek(position, reply)) => (reply, self.seek(position)),
                Ok(Command::Close) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            };
            // Who asked may have gone.
            let _ = reply.send(result);
        }
    }

    /// Whether to poll now. A full inbox is waited for; when it stays full, the
    /// partitions are paused and polling goes on.
    fn may_poll(&mut self) -> bool {
        if self.held {
            if self.inbox.has_room() {
                self.hold(false);
            }
            return true;
        }
        if self.inbox.wait_for_room(TICK) {
            self.full_since = None;
            return true;
        }
        let since = *self.full_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= FULL_PATIENCE {
            self.hold(true);
        }
        false
    }

    fn hold(&mut self, held: bool) {
        let readings = self.readings.lock();
        let open = readings.iter().filter(|(_, reading)| !reading.is_paused);
        let partitions = self.list(open.map(|(partition, _)| partition));
        drop(readings);
        match self.set_paused(&partitions, held) {
            Ok(()) => {
                debug!(held, "the receiver is slow");
                self.held = held;
                self.full_since = None;
            }
            Err(error) => warn!(%error, held, "could not hold the partitions"),
        }
    }

    /// Moves what the library has to the inbox: records, unless they are
    /// fetched, and what it has to tell.
    fn read(&mut self) {
        let mut chunk = Copies::expecting(self.expected);
        let mut wait = TICK;
        let mut out_of_range = false;
        while chunk.len() < CHUNK {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let Position { partition, offset } = position(&message);
                    if let Some(reading) = self.readings.lock().get_mut(partition) {
                        reading.next = offset + 1;
                        chunk.push(&message);
                    }
                }
                Some(Err(error)) => {
                    out_of_range |= is_out_of_range(&error);
                    notice(&error);
                    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
                        self.inbox.close(translate(&error));
                    }
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        if self.fetcher.is_none() {
            self.consumed.increment(chunk.len() as u64);
            let is_full = chunk.len() == CHUNK;
            self.expected = if is_full { chunk.size() } else { 0 };
            self.inbox.push(chunk.finish());
            self.buffered.set(self.inbox.len() as f64);
        }
        if out_of_range {
            self.find_out_of_range();
        }
    }

    /// What the fetcher found out. When it cannot go on, the library does.
    fn follow_fetcher(&mut self) {
        let Some(fetcher) = &self.fetcher else {
            return;
        };
        if fetcher.found_out_of_range() {
            return self.find_out_of_range();
        }
        let Some(reason) = fetcher.failure() else {
            return;
        };
        warn!(reason, "records are read by the client library from now on");
        self.fetcher = None;
        for (partition, reading) in self.readings.lock().iter() {
            self.starting.insert(partition, Start::Offset(reading.next));
        }
    }

    fn pause(&self, partitions: &[u32], is_paused: bool) -> Result<(), TransportError> {
        self.owned(partitions)?;
        // None goes on while all are held.
        if self.fetcher.is_none() && (is_paused || !self.held) {
            self.set_paused(&self.list(partitions.iter().copied()), is_paused)?;
        }
        let mut readings = self.readings.lock();
        for partition in partitions {
            if let Some(reading) = readings.get_mut(*partition) {
                reading.is_paused = is_paused;
            }
        }
        drop(readings);
        self.wake_fetcher();
        Ok(())
    }

    fn wake_fetcher(&self) {
        if let Some(fetcher) = &self.fetcher {
            fetcher.wake();
        }
    }

    fn seek(&mut self, to: Position) -> Result<(), TransportError> {
        self.owned(&[to.partition])?;
        if self.fetcher.is_none() {
            self.seek_native(to)?;
        }
        let mut readings = self.readings.lock();
        self.inbox.purge(&BTreeSet::from([to.partition]));
        readings.place(to.partition, to.offset);
        drop(readings);
        self.wake_fetcher();
        Ok(())
    }

    fn set_paused(
        &self,
        partitions: &TopicPartitionList,
        paused: bool,
    ) -> Result<(), TransportError> {
        let set = if paused {
            self.consumer.pause(partitions)
        } else {
            self.consumer.resume(partitions)
        };
        set.map_err(|error| translate(&error))
    }

    fn owned(&self, partitions: &[u32]) -> Result<(), TransportError> {
        let readings = self.readings.lock();
        match partitions
            .iter()
            .find(|partition| readings.get(**partition).is_none())
        {
            Some(foreign) => Err(TransportError::NotOwner(format!("partition {foreign}"))),
            None => Ok(()),
        }
    }

    fn list(&self, partitions: impl IntoIterator<Item = u32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, partition.cast_signed());
        }
        list
    }

    fn add(
        &self,
        list: &mut TopicPartitionList,
        partition: u32,
        offset: Offset,
    ) -> Result<(), TransportError> {
        list.add_partition_offset(&self.topic, partition.cast_signed(), offset)
            .map_err(|error| translate(&error))
    }
}

fn notice(error: &KafkaError) {
    m::CLIENT_ERRORS.count(&["consumer"]).increment(1);
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
        error!(%error, "the Kafka consumer met a fatal error");
    } else {
        debug!(%error, "the Kafka consumer goes on after an error");
    }
}
