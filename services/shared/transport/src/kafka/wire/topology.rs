//! Which partitions there are and who leads them, as the client library knows it
//! when it is asked.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    ClientContext,
    client::Client,
    metadata::{Metadata, MetadataBroker},
};

use crate::{TransportError, kafka::error::translate};

/// Host and port of a broker.
pub(in crate::kafka) type Address = (String, u16);

/// Who leads what.
#[derive(Debug)]
pub(in crate::kafka) struct Topology {
    /// The broker that leads each partition of the topic.
    pub(in crate::kafka) leaders: Vec<Option<i32>>,
    /// Where each broker is.
    pub(in crate::kafka) brokers: BTreeMap<i32, Address>,
}

/// A partition of a topic.
#[derive(Debug)]
pub(in crate::kafka) struct Partition {
    pub(in crate::kafka) id: u32,
    /// The broker that leads it, if one does.
    pub(in crate::kafka) leader: Option<i32>,
    /// The brokers that hold it.
    pub(in crate::kafka) replicas: Vec<i32>,
    /// Those that hold all of it.
    pub(in crate::kafka) in_sync: Vec<i32>,
}

/// The partitions of `topic`, in order, as the cluster has them now; none when
/// the topic is not there. Blocks.
pub(in crate::kafka) fn partitions_of<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<Vec<Partition>, TransportError> {
    Ok(partitions_in(&metadata(client, topic, within)?, topic))
}

/// Who leads the partitions of `topic`, as the cluster has it now. Blocks.
pub(in crate::kafka) fn topology<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<Topology, TransportError> {
    let metadata = metadata(client, topic, within)?;
    let partitions = partitions_in(&metadata, topic);
    if partitions.is_empty() {
        let missing = format!("no topic {topic} yet");
        return Err(TransportError::Unavailable(missing));
    }
    let mut leaders = vec![None; partitions.len()];
    for partition in partitions {
        if let Some(leader) = leaders.get_mut(partition.id as usize) {
            *leader = partition.leader;
        }
    }
    let address = |broker: &MetadataBroker| {
        let port = u16::try_from(broker.port()).unwrap_or_default();
        (broker.id(), (broker.host().to_owned(), port))
    };
    Ok(Topology {
        leaders,
        brokers: metadata.brokers().iter().map(address).collect(),
    })
}

fn metadata<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<Metadata, TransportError> {
    let metadata = client.fetch_metadata(Some(topic), within);
    metadata.map_err(|error| translate(&error))
}

fn partitions_in(metadata: &Metadata, topic: &str) -> Vec<Partition> {
    let topics = metadata.topics().iter();
    let found = topics.filter(|found| found.name() == topic && found.error().is_none());
    let mut partitions: Vec<Partition> = found
        .flat_map(|found| found.partitions())
        .map(|partition| Partition {
            id: partition.id().cast_unsigned(),
            leader: Some(partition.leader()).filter(|leader| *leader >= 0),
            replicas: partition.replicas().to_vec(),
            in_sync: partition.isr().to_vec(),
        })
        .collect();
    partitions.sort_by_key(|partition| partition.id);
    partitions
}
