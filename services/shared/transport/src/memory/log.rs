use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Delivery, LogId, OutOfRange, Position, Record, Topic, TransportError, Watermarks,
    murmur2_partition,
};

/// The topics and their partitions.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) id: LogId,
    topics: [Vec<Partition>; Topic::ALL.len()],
}

#[derive(Debug, Default)]
struct Partition {
    /// Offset of the first record that is left.
    low: u64,
    records: VecDeque<Delivery>,
}

/// What goes wrong on purpose.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) down: bool,
    failing: Option<(usize, TransportError)>,
    lost_answers: usize,
}

impl Faults {
    pub(super) fn fail(&mut self, records: usize, error: TransportError) {
        self.failing = (records > 0).then_some((records, error));
    }

    pub(super) fn lose_answers(&mut self, records: usize) {
        self.lost_answers = records;
    }

    /// The error of the next record, when it is to fail.
    pub(super) fn next_failure(&mut self) -> Option<TransportError> {
        let (left, error) = self.failing.take()?;
        if left > 1 {
            self.failing = Some((left - 1, error.clone()));
        }
        Some(error)
    }

    /// Whether the answer of the next stored record gets lost.
    pub(super) fn loses_answer(&mut self) -> bool {
        let loses = self.lost_answers > 0;
        self.lost_answers = self.lost_answers.saturating_sub(1);
        loses
    }
}

impl Log {
    pub(super) fn new(partitions: u32) -> Self {
        let topics = Topic::ALL.map(|topic| {
            let count = if topic == Topic::Events {
                partitions
            } else {
                1
            };
            (0..count).map(|_| Partition::default()).collect()
        });
        Self {
            id: LogId(Uuid::new_v4().to_string()),
            topics,
        }
    }

    pub(super) fn partition_count(&self, topic: Topic) -> u32 {
        u32::try_from(self.topics[topic.index()].len()).unwrap_or(u32::MAX)
    }

    pub(super) fn grow(&mut self, count: u32) {
        let partitions = &mut self.topics[Topic::Events.index()];
        while partitions.len() < count as usize {
            partitions.push(Partition::default());
        }
    }

    pub(super) fn append(
        &mut self,
        record: Record,
        now: DateTime<Utc>,
    ) -> Result<Position, TransportError> {
        let limit = record.topic.size_limit();
        if record.size() > limit {
            return Err(TransportError::TooLarge {
                size: record.size(),
                limit,
            });
        }
        let count = self.partition_count(record.topic);
        let number = record
            .partition
            .unwrap_or_else(|| murmur2_partition(&record.key, count));
        let Some(partition) = self.topics[record.topic.index()].get_mut(number as usize) else {
            let topic = record.topic.name().to_owned();
            return Err(TransportError::UnknownPartition {
                topic,
                partition: number,
            });
        };
        let position = Position::new(number, partition.end());
        partition.records.push_back(Delivery {
            position,
            appended_at: now,
            key: record.key,
            headers: record.headers,
            payload: record.payload,
            redelivered: false,
        });
        Ok(position)
    }

    /// Up to `max` records of `events` from `position` on.
    pub(super) fn read(&self, position: Position, max: usize) -> Result<Vec<Delivery>, OutOfRange> {
        let Some(partition) = self.topics[Topic::Events.index()].get(position.partition as usize)
        else {
            return Ok(Vec::new());
        };
        let log = partition.watermarks();
        if position.offset < log.low || position.offset > log.end {
            return Err(OutOfRange {
                wanted: position,
                log,
            });
        }
        let skip = usize::try_from(position.offset - log.low).unwrap_or(usize::MAX);
        Ok(partition
            .records
            .iter()
            .skip(skip)
            .take(max)
            .cloned()
            .collect())
    }

    pub(super) fn watermarks(&self, partition: u32) -> Option<Watermarks> {
        self.topics[Topic::Events.index()]
            .get(partition as usize)
            .map(Partition::watermarks)
    }

    pub(super) fn delete_below(&mut self, partition: u32, offset: u64) {
        if let Some(partition) = self.topics[Topic::Events.index()].get_mut(partition as usize) {
            while partition.low < offset && partition.records.pop_front().is_some() {
                partition.low += 1;
            }
        }
    }

    pub(super) fn truncate(&mut self, partition: u32, offset: u64) {
        if let Some(partition) = self.topics[Topic::Events.index()].get_mut(partition as usize) {
            let kept = offset.saturating_sub(partition.low);
            let kept = usize::try_from(kept).unwrap_or(usize::MAX);
            partition.records.truncate(kept);
        }
    }

    pub(super) fn all(&self, topic: Topic) -> Vec<Delivery> {
        let partitions = self.topics[topic.index()].iter();
        partitions
            .flat_map(|partition| partition.records.iter().cloned())
            .collect()
    }
}

impl Partition {
    fn end(&self) -> u64 {
        self.low + self.records.len() as u64
    }

    fn watermarks(&self) -> Watermarks {
        Watermarks {
            low: self.low,
            end: self.end(),
        }
    }
}
