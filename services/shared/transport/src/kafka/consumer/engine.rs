use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use crossbeam_channel::{Receiver, TryRecvError};
use metrics::{Counter, Gauge};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Headers},
    types::RDKafkaErrorCode,
};
use tokio::sync::oneshot;
use tracing::{debug, error, info, warn};

use super::context::{GroupChange, GroupContext};
use crate::{
    Assignment, Delivery, OutOfRange, Position, Received, Revocation, Start, TransportError,
    Watermarks, inbox::Inbox, kafka::error::translate, metrics as m,
};

/// The library's consumer.
pub(super) type Native = BaseConsumer<GroupContext>;

/// What the reading thread is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Pause(Vec<u32>, Reply),
    Resume(Vec<u32>, Reply),
    Seek(Position, Reply),
    Close,
}

type Reply = oneshot::Sender<Result<(), TransportError>>;

/// How long one look at the log lasts; also how late an answer to a change of
/// ownership is noticed.
const TICK: Duration = Duration::from_millis(20);
/// Records moved to the inbox at once.
const CHUNK: usize = 1_000;
/// So long a full inbox is waited for without polling; after that the
/// partitions are paused, so that polling, and with it the membership, goes on.
const FULL_PATIENCE: Duration = Duration::from_secs(4);
/// How long a question to the brokers may take.
const QUESTION: Duration = Duration::from_secs(5);

/// The reading thread: polls the library, owns all that concerns positions.
pub(super) struct Engine {
    consumer: Arc<Native>,
    topic: String,
    inbox: Arc<Inbox>,
    commands: Receiver<Command>,
    /// Next offset of each partition that is being read.
    next: BTreeMap<u32, u64>,
    /// Paused on request.
    paused: BTreeSet<u32>,
    /// All partitions are paused, as the inbox is full.
    held: bool,
    full_since: Option<Instant>,
    /// Assigned, and not told yet where to start.
    unstarted: Vec<(BTreeSet<u32>, oneshot::Receiver<BTreeMap<u32, Start>>)>,
    /// Starting positions that have not been taken by the library.
    starting: BTreeMap<u32, Start>,
    /// Revoked, and not released yet.
    releasing: Vec<(BTreeSet<u32>, oneshot::Receiver<()>)>,
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
            next: BTreeMap::new(),
            paused: BTreeSet::new(),
            held: false,
            full_since: None,
            unstarted: Vec::new(),
            starting: BTreeMap::new(),
            releasing: Vec::new(),
            consumed: m::CONSUMED.count(&[]),
            buffered: m::BUFFERED.level(&[]),
        }
    }

    /// Reads until it is told to close; leaves the group on the way out.
    pub(super) fn run(mut self) {
        while self.obey() {
            self.release();
            self.start();
            if self.may_poll() {
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
                Ok(Command::Pause(partitions, reply)) => (reply, self.pause(&partitions)),
                Ok(Command::Resume(partitions, reply)) => (reply, self.resume(&partitions)),
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
        let partitions = self.list(self.next.keys().filter(|p| !self.paused.contains(p)));
        match self.set_paused(&partitions, held) {
            Ok(()) => {
                debug!(held, "the receiver is slow");
                self.held = held;
                self.full_since = None;
            }
            Err(error) => warn!(%error, held, "could not hold the partitions"),
        }
    }

    /// Moves what the library has to the inbox.
    fn read(&mut self) {
        let mut chunk = Vec::new();
        let mut wait = TICK;
        let mut out_of_range = false;
        while chunk.len() < CHUNK {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let delivery = deliver(&message);
                    let Position { partition, offset } = delivery.position;
                    if let Some(next) = self.next.get_mut(&partition) {
                        *next = offset + 1;
                        chunk.push(delivery);
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
        self.consumed.increment(chunk.len() as u64);
        self.inbox.push(chunk);
        self.buffered.set(self.inbox.len() as f64);
        if out_of_range {
            self.find_out_of_range();
        }
    }

    /// Tells the receiver what the group decided while polling.
    fn follow_group(&mut self) {
        for change in self.consumer.context().take_changes() {
            match change {
                GroupChange::Assigned(partitions) => {
                    info!(?partitions, "assigned");
                    m::REBALANCES.count(&["assigned"]).increment(1);
                    let (assignment, answered) = Assignment::new(partitions.clone());
                    self.unstarted.push((partitions, answered));
                    self.inbox.tell(Received::Assigned(assignment));
                }
                GroupChange::Revoked { partitions, lost } => self.revoke(partitions, lost),
            }
        }
        m::PARTITIONS_OWNED.level(&[]).set(self.next.len() as f64);
    }

    fn revoke(&mut self, partitions: BTreeSet<u32>, lost: bool) {
        info!(?partitions, lost, "revoked");
        m::REBALANCES
            .count(&[if lost { "lost" } else { "revoked" }])
            .increment(1);
        self.inbox.purge(&partitions);
        for partition in &partitions {
            self.starting.remove(partition);
            self.paused.remove(partition);
        }
        for (unstarted, _) in &mut self.unstarted {
            unstarted.retain(|partition| !partitions.contains(partition));
        }
        let (revocation, released) = Revocation::new(partitions.clone(), lost);
        if lost {
            self.let_go(&partitions);
        } else {
            self.releasing.push((partitions, released));
        }
        self.inbox.tell(Received::Revoked(revocation));
    }

    /// Lets go of what the receiver has released.
    fn release(&mut self) {
        let mut waiting = Vec::new();
        for (partitions, mut released) in std::mem::take(&mut self.releasing) {
            match released.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => waiting.push((partitions, released)),
                // A revocation that was dropped is released.
                Ok(()) | Err(oneshot::error::TryRecvError::Closed) => self.let_go(&partitions),
            }
        }
        self.releasing = waiting;
    }

    fn let_go(&mut self, partitions: &BTreeSet<u32>) {
        let read: Vec<u32> = partitions
            .iter()
            .copied()
            .filter(|p| self.next.remove(p).is_some())
            .collect();
        // Also with nothing in it: the library waits for the call.
        if let Err(error) = self.consumer.incremental_unassign(&self.list(&read)) {
            // Happens when the group has moved on meanwhile.
            warn!(%error, ?partitions, "could not let go");
        }
    }

    /// Begins to read what the receiver has given a start.
    fn start(&mut self) {
        let mut waiting = Vec::new();
        for (partitions, mut answered) in std::mem::take(&mut self.unstarted) {
            match answered.try_recv() {
                Ok(starts) => {
                    self.starting
                        .extend(starts.into_iter().filter(|(p, _)| partitions.contains(p)));
                }
                Err(oneshot::error::TryRecvError::Empty) => waiting.push((partitions, answered)),
                Err(oneshot::error::TryRecvError::Closed) if partitions.is_empty() => {}
                Err(oneshot::error::TryRecvError::Closed) => {
                    error!(?partitions, "an assignment was dropped: these are not read");
                }
            }
        }
        self.unstarted = waiting;
        if !self.starting.is_empty()
            && let Err(error) = self.begin()
        {
            debug!(%error, "could not start reading, trying again");
        }
    }

    fn begin(&mut self) -> Result<(), TransportError> {
        let positions = self.resolve()?;
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in &positions {
            self.add(&mut list, partition, Offset::Offset(offset.cast_signed()))?;
        }
        self.consumer
            .incremental_assign(&list)
            .map_err(|error| translate(&error))?;
        self.starting.clear();
        // The library remembers a pause from before.
        self.set_paused(&list, self.held)?;
        self.next.extend(positions);
        Ok(())
    }

    /// Turns starting points into offsets.
    fn resolve(&self) -> Result<BTreeMap<u32, u64>, TransportError> {
        let mut positions = BTreeMap::new();
        for (&partition, &start) in &self.starting {
            let offset = match start {
                Start::Offset(offset) => offset,
                Start::Earliest => self.watermarks(partition)?.low,
                Start::Latest => self.watermarks(partition)?.end,
                Start::Committed => match self.committed(partition)? {
                    Some(offset) => offset,
                    None => self.watermarks(partition)?.low,
                },
            };
            positions.insert(partition, offset);
        }
        Ok(positions)
    }

    fn committed(&self, partition: u32) -> Result<Option<u64>, TransportError> {
        let mut list = TopicPartitionList::new();
        self.add(&mut list, partition, Offset::Invalid)?;
        let found = self
            .consumer
            .committed_offsets(list, QUESTION)
            .map_err(|error| translate(&error))?;
        let element = found.find_partition(&self.topic, partition.cast_signed());
        match element.map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => Ok(u64::try_from(offset).ok()),
            _ => Ok(None),
        }
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, TransportError> {
        let (low, end) = self
            .consumer
            .fetch_watermarks(&self.topic, partition.cast_signed(), QUESTION)
            .map_err(|error| translate(&error))?;
        Ok(Watermarks {
            low: low.cast_unsigned(),
            end: end.cast_unsigned(),
        })
    }

    /// The library does not say which partition has left the log: compare all.
    fn find_out_of_range(&mut self) {
        let mut missing = Vec::new();
        let mut inside = Vec::new();
        for (&partition, &offset) in &self.next {
            match self.watermarks(partition) {
                Ok(log) if offset < log.low || offset > log.end => {
                    missing.push(OutOfRange {
                        wanted: Position::new(partition, offset),
                        log,
                    });
                }
                Ok(_) | Err(_) => inside.push(Position::new(partition, offset)),
            }
        }
        if missing.is_empty() {
            // Which one stopped is not known; all go on where they were.
            for position in inside {
                if let Err(error) = self.seek_native(position) {
                    warn!(%error, ?position, "could not go on after a reset");
                }
            }
            return;
        }
        warn!(?missing, "the next record is not in the log any more");
        self.inbox.tell(Received::OutOfRange(missing));
    }

    fn pause(&mut self, partitions: &[u32]) -> Result<(), TransportError> {
        self.owned(partitions)?;
        self.set_paused(&self.list(partitions), true)?;
        self.paused.extend(partitions);
        Ok(())
    }

    fn resume(&mut self, partitions: &[u32]) -> Result<(), TransportError> {
        self.owned(partitions)?;
        if !self.held {
            self.set_paused(&self.list(partitions), false)?;
        }
        self.paused
            .retain(|partition| !partitions.contains(partition));
        Ok(())
    }

    fn seek(&mut self, to: Position) -> Result<(), TransportError> {
        self.owned(&[to.partition])?;
        self.seek_native(to)?;
        self.inbox.purge(&BTreeSet::from([to.partition]));
        self.next.insert(to.partition, to.offset);
        Ok(())
    }

    /// Takes the partition anew at a position: the library's own seek refuses a
    /// partition that stopped with an error.
    fn seek_native(&self, to: Position) -> Result<(), TransportError> {
        let bare = self.list(&[to.partition]);
        let mut list = TopicPartitionList::new();
        self.add(
            &mut list,
            to.partition,
            Offset::Offset(to.offset.cast_signed()),
        )?;
        let taken = self
            .consumer
            .incremental_unassign(&bare)
            .and_then(|()| self.consumer.incremental_assign(&list));
        taken.map_err(|error| translate(&error))?;
        let paused = self.held || self.paused.contains(&to.partition);
        self.set_paused(&bare, paused)
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
        match partitions
            .iter()
            .find(|partition| !self.next.contains_key(partition))
        {
            Some(foreign) => Err(TransportError::NotOwner(format!("partition {foreign}"))),
            None => Ok(()),
        }
    }

    fn list<'a>(&self, partitions: impl IntoIterator<Item = &'a u32>) -> TopicPartitionList {
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

fn is_out_of_range(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}

fn notice(error: &KafkaError) {
    m::CLIENT_ERRORS.count(&["consumer"]).increment(1);
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
        error!(%error, "the Kafka consumer met a fatal error");
    } else {
        debug!(%error, "the Kafka consumer goes on after an error");
    }
}

/// Copies a message out of the library, key and payload in one piece.
pub(in crate::kafka) fn deliver(message: &BorrowedMessage<'_>) -> Delivery {
    let key = message.key().unwrap_or_default();
    let payload = message.payload().unwrap_or_default();
    let mut both = Vec::with_capacity(key.len() + payload.len());
    both.extend_from_slice(key);
    both.extend_from_slice(payload);
    let mut both = Bytes::from(both);
    let key = both.split_to(key.len());
    let headers = message.headers().map(|headers| {
        let value = |value: Option<&[u8]>| Bytes::copy_from_slice(value.unwrap_or_default());
        headers
            .iter()
            .map(|header| (header.key.to_owned(), value(header.value)))
            .collect()
    });
    let millis = message.timestamp().to_millis().unwrap_or_default();
    Delivery {
        // Neither is negative on a record that was read.
        position: Position::new(
            message.partition().cast_unsigned(),
            message.offset().cast_unsigned(),
        ),
        appended_at: DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default(),
        key,
        headers: headers.unwrap_or_default(),
        payload: both,
        redelivered: false,
    }
}
