mod context;
mod engine;
mod fetch;
mod readings;
mod tuning;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};
use service_kit::config::KafkaConfig;
use tokio::sync::{Semaphore, oneshot};

pub use self::tuning::ConsumerTuning;
use self::{
    context::GroupContext,
    engine::{Command, Engine, Native},
};
use super::{Names, Reader, error::translate, topic_id::topic_id, wire::topology::topology};
use crate::{
    Consumer, Guarantees, LogId, Position, Received, Topic, TransportError, Watermarks,
    inbox::Inbox,
};

/// How long a question to the brokers may take.
const QUESTION: Duration = Duration::from_secs(5);

/// A member of a group that reads `events`.
///
/// A thread of its own polls and keeps the membership, whatever the receiver
/// does; what it reads waits in a bounded inbox. Dropping the consumer lets go
/// of its partitions without waiting.
pub struct KafkaConsumer {
    config: KafkaConfig,
    of: Topic,
    topic: String,
    inbox: Arc<Inbox>,
    commands: Sender<Command>,
    /// The thread owns the consumer, as dropping it blocks.
    native: Weak<Native>,
    /// One commit at a time: without a coordinator each waits for long.
    committing: Arc<Semaphore>,
    closed: Mutex<Option<oneshot::Receiver<()>>>,
}

impl KafkaConsumer {
    /// Joins `group` (its name without the prefix) in the background, to read
    /// `events`.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn start(
        config: &KafkaConfig,
        group: &str,
        tuning: &ConsumerTuning,
    ) -> Result<Self, TransportError> {
        Self::start_on(config, Topic::Events, group, tuning)
    }

    /// As [`KafkaConsumer::start`], to read another topic.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn start_on(
        config: &KafkaConfig,
        topic: Topic,
        group: &str,
        tuning: &ConsumerTuning,
    ) -> Result<Self, TransportError> {
        let of = topic;
        let topic = Names::new(&config.topic_prefix).topic(of).to_owned();
        let refused =
            |error: rdkafka::error::KafkaError| TransportError::Refused(error.to_string());
        let native: Native = tuning
            .client(config, group)
            .create_with_context(GroupContext::default())
            .map_err(refused)?;
        native.subscribe(&[&topic]).map_err(refused)?;
        let native = Arc::new(native);
        let weak = Arc::downgrade(&native);
        let inbox = Arc::new(Inbox::new(tuning.buffer_records, tuning.buffer_kib * 1024));
        let (commands, obeyed) = crossbeam_channel::unbounded();
        let mut engine = Engine::new(native, topic.clone(), Arc::clone(&inbox), obeyed);
        if tuning.direct && config.security_protocol.eq_ignore_ascii_case("plaintext") {
            engine = engine.fetching_directly();
        }
        let (left, closed) = oneshot::channel();
        std::thread::Builder::new()
            .name("kafka-consumer".into())
            .spawn(move || {
                engine.run();
                // Who closed it may have stopped waiting.
                let _ = left.send(());
            })
            .map_err(|error| TransportError::Unavailable(error.to_string()))?;
        Ok(Self {
            config: config.clone(),
            of,
            topic,
            inbox,
            commands,
            native: weak,
            committing: Arc::new(Semaphore::new(1)),
            closed: Mutex::new(Some(closed)),
        })
    }

    /// Asks the library something that blocks, off the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Native, &str) -> Result<T, TransportError> + Send + 'static,
    ) -> Result<T, TransportError> {
        let native = self.native.upgrade().ok_or(TransportError::Closed)?;
        let topic = self.topic.clone();
        let asked = tokio::task::spawn_blocking(move || question(&native, &topic)).await;
        asked.map_err(|error| TransportError::Unavailable(error.to_string()))?
    }

    async fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), TransportError>>) -> Command,
    ) -> Result<(), TransportError> {
        let (reply, answered) = oneshot::channel();
        self.commands
            .send(command(reply))
            .map_err(|_gone| TransportError::Closed)?;
        answered.await.map_err(|_gone| TransportError::Closed)?
    }
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn receive(&self, max: usize, within: Duration) -> Result<Received, TransportError> {
        self.inbox.receive(max, within).await
    }

    async fn commit(&self, frontier: &[Position]) -> Result<(), TransportError> {
        if frontier.is_empty() {
            return Ok(());
        }
        let frontier = frontier.to_vec();
        let committed = async {
            let turn = Arc::clone(&self.committing).acquire_owned().await;
            self.ask(move |native, topic| {
                let _turn = turn;
                commit(native, topic, &frontier)
            })
            .await
        };
        let limited = tokio::time::timeout(QUESTION, committed).await;
        limited.unwrap_or(Err(TransportError::Deadline(QUESTION)))
    }

    async fn pause(&self, partitions: &[u32]) -> Result<(), TransportError> {
        self.command(|reply| Command::Pause(partitions.to_vec(), true, reply))
            .await
    }

    async fn resume(&self, partitions: &[u32]) -> Result<(), TransportError> {
        self.command(|reply| Command::Pause(partitions.to_vec(), false, reply))
            .await
    }

    async fn seek(&self, to: Position) -> Result<(), TransportError> {
        self.command(|reply| Command::Seek(to, reply)).await
    }

    async fn watermarks(
        &self,
        partitions: &[u32],
    ) -> Result<BTreeMap<u32, Watermarks>, TransportError> {
        let low = self.list_offsets(partitions, Offset::Beginning).await?;
        let end = self.list_offsets(partitions, Offset::End).await?;
        let both = low.into_iter().filter_map(|(partition, low)| {
            end.get(&partition)
                .map(|&end| (partition, Watermarks { low, end }))
        });
        Ok(both.collect())
    }

    async fn end_offsets(&self, partitions: &[u32]) -> Result<BTreeMap<u32, u64>, TransportError> {
        self.list_offsets(partitions, Offset::End).await
    }

    async fn appended_at(
        &self,
        positions: &[Position],
    ) -> Result<BTreeMap<Position, i64>, TransportError> {
        if positions.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Not by the member's own client, whose assignment is the group's.
        let reader = Reader::of_single_records(&self.config)?;
        let asked = reader.appended_at(self.of, positions.to_vec(), QUESTION);
        let found = asked.await;
        // Dropping it blocks.
        tokio::task::spawn_blocking(move || drop(reader));
        found
    }

    async fn partition_count(&self) -> Result<u32, TransportError> {
        let asked = self.ask(|native, topic| topology(native.client(), topic, QUESTION));
        Ok(asked.await?.leaders.len() as u32)
    }

    async fn log_id(&self) -> Result<LogId, TransportError> {
        self.ask(|native, topic| topic_id(native.client().native_ptr(), topic, QUESTION).map(LogId))
            .await
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees {
            replayable: true,
            key_affinity: true,
            shared: true,
        }
    }

    async fn close(&self, within: Duration) -> Result<(), TransportError> {
        // It may have closed by itself.
        let _ = self.commands.send(Command::Close);
        let Some(closed) = self.closed.lock().take() else {
            return Ok(());
        };
        match tokio::time::timeout(within, closed).await {
            Ok(_left) => Ok(()),
            Err(_elapsed) => Err(TransportError::Deadline(within)),
        }
    }
}

impl KafkaConsumer {
    /// One fresh ListOffsets for all these partitions.
    async fn list_offsets(
        &self,
        partitions: &[u32],
        which: Offset,
    ) -> Result<BTreeMap<u32, u64>, TransportError> {
        let partitions = partitions.to_vec();
        self.ask(move |native, topic| {
            super::reader::list_offsets(native, topic, &partitions, which, QUESTION)
        })
        .await
    }
}

fn commit(native: &Native, topic: &str, frontier: &[Position]) -> Result<(), TransportError> {
    let mut list = TopicPartitionList::new();
    for position in frontier {
        let offset = Offset::Offset(position.offset.cast_signed());
        list.add_partition_offset(topic, position.partition.cast_signed(), offset)
            .map_err(|error| translate(&error))?;
    }
    let committed = native.commit(&list, CommitMode::Sync);
    committed.map_err(|error| translate(&error))
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // It may have closed already.
        let _ = self.commands.send(Command::Close);
    }
}

impl fmt::Debug for KafkaConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConsumer")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}
