use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode,
};
use tracing::warn;

use super::Engine;
use crate::{
    OutOfRange, Position, Received, Start, TransportError, Watermarks, kafka::error::translate,
};

/// How long a question to the brokers may take.
const QUESTION: Duration = Duration::from_secs(5);

/// Where reading starts, and what is left of the log there.
impl Engine {
    /// Turns starting points into offsets.
    pub(super) fn resolve(&self) -> Result<BTreeMap<u32, u64>, TransportError> {
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
    pub(super) fn find_out_of_range(&mut self) {
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

    /// Takes the partition anew at a position: the library's own seek refuses a
    /// partition that stopped with an error.
    pub(super) fn seek_native(&self, to: Position) -> Result<(), TransportError> {
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
}

pub(super) fn is_out_of_range(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}
