use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};

use super::{Admin, QUESTION, blocking, translate};
use crate::{
    Topic, TransportError,
    kafka::{settings, wire::topology::partitions_of},
};

/// A consumer group and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReport {
    /// Its name on the wire.
    pub name: String,
    /// The coordinator's word for its state: `Stable`, `Empty`, …
    pub state: String,
    /// Who is in it.
    pub members: Vec<GroupMember>,
    /// Each partition of `events`, by number.
    pub partitions: Vec<PartitionLag>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The coordinator's id of it.
    pub id: String,
    /// What it calls itself.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
}

/// How far a group is in a partition, by Kafka's commits, which for us are a
/// hint: the ledger is the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionLag {
    /// Number.
    pub partition: u32,
    /// Next offset to read; `None` when none was committed.
    pub committed: Option<u64>,
    /// Oldest offset left.
    pub low: u64,
    /// Offset after the last record.
    pub end: u64,
}

impl PartitionLag {
    /// Records not committed yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.end.saturating_sub(self.committed.unwrap_or(self.low))
    }
}

impl Admin {
    /// A group (its name without the prefix) and its lag on `events`.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn group(&self, group: &str) -> Result<GroupReport, TransportError> {
        let admin = self.clone();
        let name = self.names.group(group);
        blocking(move || admin.read_group(name)).await
    }

    fn read_group(&self, name: String) -> Result<GroupReport, TransportError> {
        let list = self
            .native
            .inner()
            .fetch_group_list(Some(&name), QUESTION)
            .map_err(|error| translate(&error))?;
        let found = list.groups().iter().find(|group| group.name() == name);
        let members = found.map(|group| group.members()).unwrap_or_default();
        let members = members.iter().map(|member| GroupMember {
            id: member.id().to_owned(),
            client_id: member.client_id().to_owned(),
            host: member.client_host().to_owned(),
        });
        Ok(GroupReport {
            state: found.map_or_else(|| "Unknown".to_owned(), |group| group.state().to_owned()),
            members: members.collect(),
            partitions: self.read_lag(&name)?,
            name,
        })
    }

    fn read_lag(&self, group: &str) -> Result<Vec<PartitionLag>, TransportError> {
        let topic = self.names.topic(Topic::Events);
        let mut settings = settings::client(&self.config, "admin");
        // Asks as the group without joining it.
        settings
            .set("group.id", group)
            .set("enable.auto.commit", "false");
        let asking: BaseConsumer = settings
            .create()
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        let mut list = TopicPartitionList::new();
        for partition in partitions_of(asking.client(), topic, QUESTION)? {
            list.add_partition(topic, partition.id.cast_signed());
        }
        let committed = asking
            .committed_offsets(list, QUESTION)
            .map_err(|error| translate(&error))?;
        let mut lags = Vec::new();
        for element in committed.elements() {
            let (low, end) = asking
                .fetch_watermarks(topic, element.partition(), QUESTION)
                .map_err(|error| translate(&error))?;
            let committed = match element.offset() {
                Offset::Offset(offset) => u64::try_from(offset).ok(),
                _ => None,
            };
            lags.push(PartitionLag {
                partition: element.partition().cast_unsigned(),
                committed,
                low: low.cast_unsigned(),
                end: end.cast_unsigned(),
            });
        }
        lags.sort_by_key(|lag| lag.partition);
        Ok(lags)
    }
}
