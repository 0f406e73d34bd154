//! The published partition count: a record on the compacted control topic that
//! every producer follows, so that all of them change at once.

use std::{
    sync::Weak,
    thread,
    time::{Duration, Instant},
};

use event_schema::topics::CONTROL_EVENTS_PARTITIONS;
use rdkafka::{
    ClientConfig, ClientContext, Message, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::{KafkaError, KafkaResult},
};
use serde::{Deserialize, Serialize};
use service_kit::config::KafkaConfig;
use tracing::{debug, warn};

use super::{
    Names, error::translate, producer::client::Client, settings, telemetry,
    wire::topology::partitions_of,
};
use crate::{Topic, TransportError};

/// Value of the record [`CONTROL_EVENTS_PARTITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartitionCount {
    /// Partitions that keys are spread over.
    pub(super) count: u32,
}

/// How long the watcher waits for a record before it looks around.
const TICK: Duration = Duration::from_millis(250);
/// How long it waits after a failure.
const RETRY: Duration = Duration::from_millis(300);
/// How long one question to the cluster may take.
const QUESTION: Duration = Duration::from_secs(3);

/// Follows the published count on a thread of its own, for as long as the
/// producer lives. Where none was published, the topic's own count at the time
/// of starting is used.
pub(super) fn watch(config: &KafkaConfig, client: Weak<Client>) -> Result<(), TransportError> {
    let names = Names::new(&config.topic_prefix);
    let mut settings = settings::client(config, "control");
    settings
        // Needed by the library, no group is joined.
        .set("group.id", names.group("millrace-control-watch"))
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "1000")
        .set("queued.max.messages.kbytes", "1024")
        .set("statistics.interval.ms", "0");
    let watcher = Watcher {
        topic: names.topic(Topic::Control).to_owned(),
        settings,
        client,
    };
    let spawned = thread::Builder::new()
        .name("partition-count".into())
        .spawn(|| watcher.run());
    spawned
        .map(drop)
        .map_err(|error| TransportError::Unavailable(error.to_string()))
}

struct Watcher {
    topic: String,
    settings: ClientConfig,
    client: Weak<Client>,
}

/// Passes the library's log on.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, _statistics: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("control", &error, reason);
    }
}

impl ConsumerContext for Quiet {}

impl Watcher {
    fn run(self) {
        while self.client.strong_count() > 0 {
            match self.follow() {
                Ok(()) => return,
                Err(error) => {
                    debug!(%error, "cannot follow the published partition count, trying again");
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// Reads the control topic until the producer is gone (`Ok`) or something
    /// fails.
    fn follow(&self) -> Result<(), TransportError> {
        let consumer: BaseConsumer<Quiet> = self
            .settings
            .create_with_context(Quiet)
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        if !self.wait_for_topic(&consumer)? {
            return Ok(());
        }
        let mut all = TopicPartitionList::new();
        all.add_partition_offset(&self.topic, 0, Offset::Beginning)
            .and_then(|()| consumer.assign(&all))
            .map_err(|error| translate(&error))?;

        let mut latest = None;
        let mut read_to_end = false;
        loop {
            let polled = consumer.poll(TICK);
            let Some(client) = self.client.upgrade() else {
                return Ok(());
            };
            match polled {
                Some(Ok(message)) => latest = count_of(&message).or(latest),
                Some(Err(KafkaError::PartitionEOF(_))) => read_to_end = true,
                Some(Err(error)) => debug!(%error, "reading the control topic"),
                None => {}
            }
            if !read_to_end {
                continue;
            }
            match latest {
                // Kept until the cluster shows that many partitions.
                Some(count) => {
                    if client.adopt(count)? {
                        latest = None;
                    }
                }
                None => start_unpublished(&client)?,
            }
        }
    }

    /// Waits until the control topic is there; a cluster without one, but with
    /// events, is used as it is. `false` = the producer is gone.
    fn wait_for_topic(&self, consumer: &BaseConsumer<Quiet>) -> Result<bool, TransportError> {
        loop {
            let Some(client) = self.client.upgrade() else {
                return Ok(false);
            };
            let partitions = partitions_of(consumer.client(), &self.topic, QUESTION)?;
            if !partitions.is_empty() {
                return Ok(true);
            }
            start_unpublished(&client)?;
            drop(client);
            let _ = consumer.poll(TICK);
        }
    }
}

/// Starts with the topic's own count when no other is known.
fn start_unpublished(client: &Client) -> Result<(), TransportError> {
    if client.partition_count().is_none() {
        let count = client.topic_partitions()?;
        client.adopt(count)?;
    }
    Ok(())
}

fn count_of(message: &impl Message) -> Option<u32> {
    if message.key() != Some(CONTROL_EVENTS_PARTITIONS.as_bytes()) {
        return None;
    }
    match serde_json::from_slice::<PartitionCount>(message.payload()?) {
        Ok(published) if published.count > 0 => Some(published.count),
        Ok(_) => None,
        Err(error) => {
            warn!(%error, "the published partition count is not readable and is ignored");
            None
        }
    }
}

/// The published count, read once. `None` when none was published. Blocks.
pub(super) fn read_published(
    config: &KafkaConfig,
    within: Duration,
) -> Result<Option<u32>, TransportError> {
    let deadline = Instant::now() + within;
    let names = Names::new(&config.topic_prefix);
    let topic = names.topic(Topic::Control);
    let mut settings = settings::client(config, "control");
    settings
        .set("group.id", names.group("millrace-control-watch"))
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer<Quiet> = settings
        .create_with_context(Quiet)
        .map_err(|error| TransportError::Refused(error.to_string()))?;
    let assigned: KafkaResult<()> = (|| {
        let mut all = TopicPartitionList::new();
        all.add_partition_offset(topic, 0, Offset::Beginning)?;
        consumer.assign(&all)
    })();
    assigned.map_err(|error| translate(&error))?;
    let mut latest = None;
    while Instant::now() < deadline {
        match consumer.poll(TICK) {
            Some(Ok(message)) => latest = count_of(&message).or(latest),
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(latest),
            Some(Err(error)) => debug!(%error, "reading the control topic"),
            None => {}
        }
    }
    Err(TransportError::Deadline(within))
}
