mod group;
mod specification;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use event_schema::topics::CONTROL_EVENTS_PARTITIONS;
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    admin::{
        AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
    },
    client::Client,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};
use service_kit::config::KafkaConfig;
use tokio::time::Instant;
use tracing::{info, warn};

pub use self::group::{GroupMember, GroupReport, PartitionLag};
use self::specification::Specification;
use super::{
    KafkaProducer, Names, ProducerTuning, Reader,
    control::{PartitionCount, read_published},
    error::{translate, translate_code},
    settings, telemetry,
    topic_id::topic_id,
    wire::topology::{Partition, partitions_of},
};
use crate::{LogId, Position, Producer as _, Record, Topic, TransportError};

/// How long one question to the cluster may take.
const QUESTION: Duration = Duration::from_secs(10);
/// How long a change of the cluster may take: brokers that have just started
/// are slow to agree.
const CHANGE: Duration = Duration::from_secs(60);

/// Makes, describes and grows topics.
#[derive(Clone)]
pub struct Admin {
    config: KafkaConfig,
    names: Names,
    native: Arc<AdminClient<Quiet>>,
}

/// What [`Admin::ensure_topics`] did about a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicChange {
    /// The topic.
    pub topic: Topic,
    /// It was not there and was made.
    pub created: bool,
    /// Settings that differ from ours: name, ours, found. They are left as they
    /// are, since someone may have set them on purpose.
    pub differences: Vec<(String, String, String)>,
}

/// A topic as the cluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicReport {
    /// The topic.
    pub topic: Topic,
    /// Its name on the wire.
    pub name: String,
    /// The cluster's id of it.
    pub id: LogId,
    /// Its partitions, by number.
    pub partitions: Vec<PartitionReport>,
    /// Its settings that are not the broker's defaults.
    pub settings: BTreeMap<String, String>,
}

/// A partition as the cluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionReport {
    /// Number.
    pub partition: u32,
    /// Broker that leads it; `None` while there is none.
    pub leader: Option<i32>,
    /// Brokers with a copy.
    pub replicas: Vec<i32>,
    /// Brokers whose copy is complete.
    pub in_sync: Vec<i32>,
    /// Oldest offset left.
    pub low: u64,
    /// Offset after the last record.
    pub end: u64,
}

struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, _statistics: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("admin", &error, reason);
    }
}

impl Admin {
    /// An administrator that connects when it is used.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn new(config: &KafkaConfig) -> Result<Self, TransportError> {
        let native = settings::client(config, "admin")
            .create_with_context(Quiet)
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        let names = Names::new(&config.topic_prefix);
        Ok(Self {
            config: config.clone(),
            names,
            native: Arc::new(native),
        })
    }

    /// Makes the topics that are missing, waits until they have leaders, and
    /// publishes the partition count when none was published. Re-runnable.
    ///
    /// # Errors
    /// When the cluster does not answer or refuses.
    pub async fn ensure_topics(&self) -> Result<Vec<TopicChange>, TransportError> {
        let mut changes = Vec::new();
        for specification in Specification::all(&self.config) {
            let created = self.create(&specification).await?;
            self.wait_for_leaders(specification.topic, specification.partitions)
                .await?;
            let differences = self.differences(&specification).await?;
            if !differences.is_empty() {
                warn!(
                    topic = specification.topic.name(),
                    ?differences,
                    "settings differ"
                );
            }
            changes.push(TopicChange {
                topic: specification.topic,
                created,
                differences,
            });
        }
        if self.published_partition_count().await?.is_none() {
            let count = self.partition_count(Topic::Events).await?;
            self.publish_partition_count(count).await?;
        }
        Ok(changes)
    }

    /// Makes a topic; `false` when it is there already.
    async fn create(&self, specification: &Specification) -> Result<bool, TransportError> {
        let name = self.names.topic(specification.topic);
        let replication = i32::try_from(self.config.replication_factor).unwrap_or(i32::MAX);
        let mut topic = NewTopic::new(
            name,
            i32::try_from(specification.partitions).unwrap_or(i32::MAX),
            TopicReplication::Fixed(replication),
        );
        for (key, value) in &specification.settings {
            topic = topic.set(key, value);
        }
        let results = self.native.create_topics(&[topic], &options()).await;
        match first(results)? {
            Ok(_) => {
                info!(
                    topic = name,
                    partitions = specification.partitions,
                    "made a topic"
                );
                Ok(true)
            }
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(false),
            Err((_, code)) => Err(translate_code(code, &code.to_string())),
        }
    }

    /// Waits until a topic has at least so many partitions, all of them led.
    async fn wait_for_leaders(&self, topic: Topic, count: u32) -> Result<(), TransportError> {
        let deadline = Instant::now() + CHANGE;
        loop {
            let partitions = self.partitions(topic).await;
            let led = |found: &Vec<PartitionReport>| {
                found
                    .iter()
                    .filter(|partition| partition.leader.is_some())
                    .count()
            };
            // An existing topic may have fewer than configured; all must be led.
            match partitions {
                Ok(found) if !found.is_empty() && led(&found) == found.len() => return Ok(()),
                _ if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Ok(found) => {
                    let led = led(&found);
                    let text = format!("{led} of {count} partitions of {} are led", topic.name());
                    return Err(TransportError::Unavailable(text));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn differences(
        &self,
        specification: &Specification,
    ) -> Result<Vec<(String, String, String)>, TransportError> {
        let found = self.settings(specification.topic, true).await?;
        let differs = |(key, ours): &(&'static str, String)| {
            let theirs = found.get(*key).cloned().unwrap_or_default();
            (theirs != *ours).then(|| ((*key).to_owned(), ours.clone(), theirs))
        };
        Ok(specification.settings.iter().filter_map(differs).collect())
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// When the cluster does not answer, or has no such topic.
    pub async fn partition_count(&self, topic: Topic) -> Result<u32, TransportError> {
        let partitions = self.partitions(topic).await?;
        Ok(u32::try_from(partitions.len()).unwrap_or(u32::MAX))
    }

    /// The count that producers spread keys over; `None` when none was
    /// published.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn published_partition_count(&self) -> Result<Option<u32>, TransportError> {
        let config = self.config.clone();
        blocking(move || read_published(&config, QUESTION)).await
    }

    /// Publishes the count that producers spread keys over. They follow within
    /// a second; see [`Admin::grow_partitions`] for what comes before.
    ///
    /// # Errors
    /// When the cluster does not confirm.
    pub async fn publish_partition_count(&self, count: u32) -> Result<(), TransportError> {
        let value = serde_json::to_vec(&PartitionCount { count })
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        let mut record = Record::new(Topic::Control, CONTROL_EVENTS_PARTITIONS, value);
        record.partition = Some(0);
        let patient = ProducerTuning {
            message_timeout: CHANGE,
            ..ProducerTuning::default()
        };
        let producer = KafkaProducer::start(&self.config, &patient)?;
        let answers = producer.publish(vec![record]).await;
        // Letting go of a producer waits for its thread.
        let _ = tokio::task::spawn_blocking(move || drop(producer)).await;
        for answer in answers {
            answer?;
        }
        info!(count, "published the partition count");
        Ok(())
    }

    /// Adds partitions to `events`, and waits until they are led. Keys go on to
    /// the old ones until the new count is published; a count that is not
    /// larger changes nothing.
    ///
    /// # Errors
    /// When the cluster does not answer or refuses.
    pub async fn grow_partitions(&self, count: u32) -> Result<(), TransportError> {
        if self.partition_count(Topic::Events).await? >= count {
            return Ok(());
        }
        let name = self.names.topic(Topic::Events);
        let wanted = NewPartitions::new(name, count as usize);
        let results = self.native.create_partitions(&[wanted], &options()).await;
        if let Err((_, code)) = first(results)? {
            return Err(translate_code(code, &code.to_string()));
        }
        let deadline = Instant::now() + CHANGE;
        while self.partition_count(Topic::Events).await? < count {
            if Instant::now() >= deadline {
                return Err(TransportError::Deadline(CHANGE));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.wait_for_leaders(Topic::Events, count).await
    }

    /// Everything about the topics that are there.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn describe(&self) -> Result<Vec<TopicReport>, TransportError> {
        let reader = Reader::new(&self.config)?;
        let mut reports = Vec::new();
        for topic in Topic::ALL {
            let mut partitions = self.partitions(topic).await?;
            if partitions.is_empty() {
                continue;
            }
            let marks = reader.watermarks(topic, QUESTION).await?;
            for partition in &mut partitions {
                if let Some(marks) = marks.get(&partition.partition) {
                    (partition.low, partition.end) = (marks.low, marks.end);
                }
            }
            reports.push(TopicReport {
                topic,
                name: self.names.topic(topic).to_owned(),
                id: self.log_id(topic).await?,
                partitions,
                settings: self.settings(topic, false).await?,
            });
        }
        // The library's consumer blocks when it goes.
        let _ = tokio::task::spawn_blocking(move || drop(reader)).await;
        Ok(reports)
    }

    /// The cluster's id of a topic: another one after it was deleted and made
    /// again.
    ///
    /// # Errors
    /// When the cluster does not answer, or has no such topic.
    pub async fn log_id(&self, topic: Topic) -> Result<LogId, TransportError> {
        let admin = self.clone();
        blocking(move || {
            let client: &Client<Quiet> = admin.native.inner();
            topic_id(client.native_ptr(), admin.names.topic(topic), QUESTION).map(LogId)
        })
        .await
    }

    /// Deletes the records of `events` below each of these positions. Space is
    /// freed by whole segments.
    ///
    /// # Errors
    /// When the cluster does not answer or refuses, for the first partition.
    pub async fn delete_records(&self, below: &[Position]) -> Result<(), TransportError> {
        let name = self.names.topic(Topic::Events);
        let mut list = TopicPartitionList::new();
        for position in below {
            let offset = Offset::Offset(position.offset.cast_signed());
            list.add_partition_offset(name, position.partition.cast_signed(), offset)
                .map_err(|error| translate(&error))?;
        }
        let answered = self
            .native
            .delete_records(&list, &options())
            .await
            .map_err(|error| translate(&error))?;
        for element in answered.elements() {
            element.error().map_err(|error| translate(&error))?;
        }
        Ok(())
    }

    /// Deletes all our topics (under the configured prefix). For tests.
    ///
    /// # Errors
    /// When the cluster does not answer or refuses.
    pub async fn delete_topics(&self) -> Result<(), TransportError> {
        let names = Topic::ALL.map(|topic| self.names.topic(topic));
        let results = self
            .native
            .delete_topics(&names, &options())
            .await
            .map_err(|error| translate(&error))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
                Err((_, code)) => return Err(translate_code(code, &code.to_string())),
            }
        }
        Ok(())
    }

    /// A topic's partitions, without their offsets; none when it is not there.
    async fn partitions(&self, topic: Topic) -> Result<Vec<PartitionReport>, TransportError> {
        let admin = self.clone();
        blocking(move || {
            let name = admin.names.topic(topic);
            let partitions = partitions_of(admin.native.inner(), name, QUESTION)?;
            let report = |partition: Partition| PartitionReport {
                partition: partition.id,
                leader: partition.leader,
                replicas: partition.replicas,
                in_sync: partition.in_sync,
                low: 0,
                end: 0,
            };
            Ok(partitions.into_iter().map(report).collect())
        })
        .await
    }

    /// A topic's settings: all, or those that are not defaults.
    async fn settings(
        &self,
        topic: Topic,
        all: bool,
    ) -> Result<BTreeMap<String, String>, TransportError> {
        let resource = ResourceSpecifier::Topic(self.names.topic(topic));
        let results = self.native.describe_configs([&resource], &options()).await;
        let resource = first(results)?.map_err(|code| translate_code(code, &code.to_string()))?;
        let entries = resource
            .entries
            .into_iter()
            .filter(|entry| all || !entry.is_default);
        Ok(entries
            .filter_map(|entry| Some((entry.name, entry.value?)))
            .collect())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(CHANGE))
        .operation_timeout(Some(CHANGE))
}

/// The only result of a call about one thing.
fn first<T>(results: Result<Vec<T>, KafkaError>) -> Result<T, TransportError> {
    let results = results.map_err(|error| translate(&error))?;
    let missing = || TransportError::Unavailable("the cluster gave no result".into());
    results.into_iter().next().ok_or_else(missing)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TransportError> + Send + 'static,
) -> Result<T, TransportError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| TransportError::Unavailable(error.to_string()))?
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
