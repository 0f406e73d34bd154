use rdkafka::{
    Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode,
};
use tracing::warn;

use super::{Engine, QUESTION};
use crate::{
    OutOfRange, Position, Received, Start, TransportError, Watermarks,
    kafka::{consumer::readings::Reading, error::translate},
};

/// Where reading starts, and what is left of the log there.
impl Engine {
    /// Turns starting points into offsets.
    pub(super) fn resolve(&self) -> Result<Vec<Position>, TransportError> {
        let mut positions = Vec::with_capacity(self.starting.len());
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
            positions.push(Position::new(partition, offset));
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

    /// Compares positions with the log: of what the fetcher says, and of all
    /// when the library reads, which does not say which one it means.
    pub(super) fn find_out_of_range(&mut self) {
        let is_direct = self.fetcher.is_some();
        let readings = self.readings.lock();
        let stopped = |(_, reading): &(u32, &Reading)| reading.is_out_of_range || !is_direct;
        let stopped = readings.iter().filter(stopped);
        let stopped: Vec<Position> = stopped
            .map(|(partition, reading)| Position::new(partition, reading.next))
            .collect();
        drop(readings);
        let mut missing = Vec::new();
        let mut inside = Vec::new();
        for wanted in stopped {
            match self.watermarks(wanted.partition) {
                Ok(log) if wanted.offset < log.low || wanted.offset > log.end => {
                    missing.push(OutOfRange { wanted, log });
                }
                Ok(_) | Err(_) => inside.push(wanted),
            }
        }
        // These go on where they were; with the library only if no other one can
        // be meant.
        if is_direct || missing.is_empty() {
            for position in inside {
                if let Err(error) = self.go_on(position) {
                    warn!(%error, ?position, "could not go on after a reset");
                }
            }
        }
        if missing.is_empty() {
            return;
        }
        warn!(?missing, "the next record is not in the log any more");
        self.inbox.tell(Received::OutOfRange(missing));
    }

    fn go_on(&self, at: Position) -> Result<(), TransportError> {
        if self.fetcher.is_none() {
            return self.seek_native(at);
        }
        self.readings.lock().place(at.partition, at.offset);
        self.wake_fetcher();
        Ok(())
    }

    /// Takes the partition anew at a position: the library's own seek refuses a
    /// partition that stopped with an error.
    pub(super) fn seek_native(&self, to: Position) -> Result<(), TransportError> {
        let left = self
            .consumer
            .incremental_unassign(&self.list([to.partition]));
        left.map_err(|error| translate(&error))?;
        self.assign(&[to])
    }

    /// Lets the library read from these positions on.
    pub(super) fn assign(&self, positions: &[Position]) -> Result<(), TransportError> {
        let mut list = TopicPartitionList::new();
        for to in positions {
            let offset = Offset::Offset(to.offset.cast_signed());
            self.add(&mut list, to.partition, offset)?;
        }
        self.consumer
            .incremental_assign(&list)
            .map_err(|error| translate(&error))?;
        // The library remembers a pause from before.
        let readings = self.readings.lock();
        let is_paused = |to: &&Position| {
            let reading = readings.get(to.partition);
            self.held || reading.is_some_and(|reading| reading.is_paused)
        };
        let (paused, open): (Vec<&Position>, Vec<&Position>) =
            positions.iter().partition(is_paused);
        drop(readings);
        for (positions, is_paused) in [(paused, true), (open, false)] {
            if !positions.is_empty() {
                let list = self.list(positions.into_iter().map(|to| to.partition));
                self.set_paused(&list, is_paused)?;
            }
        }
        Ok(())
    }
}

pub(super) fn is_out_of_range(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}
