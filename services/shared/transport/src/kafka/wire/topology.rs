//! Who leads what, as the client library knows it when it is asked.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{ClientContext, client::Client, metadata::MetadataBroker};

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

/// Who leads the partitions of `topic`, as the cluster has it now. Blocks.
pub(in crate::kafka) fn topology<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<Topology, TransportError> {
    let metadata = client
        .fetch_metadata(Some(topic), within)
        .map_err(|error| translate(&error))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let found = found.filter(|found| found.error().is_none() && !found.partitions().is_empty());
    let found =
        found.ok_or_else(|| TransportError::Unavailable(format!("no topic {topic} yet")))?;
    let mut leaders = vec![None; found.partitions().len()];
    for partition in found.partitions() {
        let place = usize::try_from(partition.id()).unwrap_or(usize::MAX);
        if let Some(leader) = leaders.get_mut(place) {
            *leader = Some(partition.leader()).filter(|leader| *leader >= 0);
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
