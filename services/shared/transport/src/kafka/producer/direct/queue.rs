//! What waits for a partition, written already as the log stores it.

use std::{collections::VecDeque, mem, time::Duration};

use tokio::time::Instant;

use super::{
    super::batch::{Load, Ticket, weigh},
    batch::write_record,
};
use crate::{Record, TransportError};

/// Records that come later than this after the first do not share its fate.
const AGE_MAX: Duration = Duration::from_millis(500);
/// A buffer that is kept for the next batch is not larger.
const SPARE_BYTES: usize = 64 * 1024;

/// Records of one batch to be.
#[derive(Debug)]
pub(super) struct Gathered {
    /// As [`write_record`] writes them.
    pub(super) records: Vec<u8>,
    /// One for each.
    pub(super) tickets: Vec<Ticket>,
    /// Bytes that they count for as in flight.
    pub(super) weight: usize,
    /// When the first came.
    pub(super) since: Instant,
}

/// Batches to be of one partition, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    batches: VecDeque<Gathered>,
    spare: Vec<u8>,
}

impl Gathered {
    /// Answers its records: none of them was stored.
    pub(super) fn refuse(self, error: &TransportError, load: &Load) {
        load.answer(&self.tickets, self.weight, |_| Err(error.clone()));
    }
}

impl Queue {
    /// Takes a record into the last batch, or begins one when that has
    /// `batch_bytes`.
    pub(super) fn push(
        &mut self,
        record: &Record,
        ticket: Ticket,
        now: Instant,
        batch_bytes: usize,
    ) {
        let has_room = |last: &&mut Gathered| {
            last.records.len() + record.size() <= batch_bytes && now < last.since + AGE_MAX
        };
        if self.batches.back_mut().filter(has_room).is_none() {
            self.batches.push_back(Gathered {
                records: mem::take(&mut self.spare),
                tickets: Vec::new(),
                weight: 0,
                since: now,
            });
        }
        let Some(last) = self.batches.back_mut() else {
            return;
        };
        write_record(record, last.tickets.len(), &mut last.records);
        last.tickets.push(ticket);
        last.weight += weigh(record);
    }

    /// The oldest batch.
    pub(super) fn pop(&mut self) -> Option<Gathered> {
        self.batches.pop_front()
    }

    /// The oldest batch, if it began before `end`.
    pub(super) fn pop_before(&mut self, end: Instant) -> Option<Gathered> {
        self.batches.pop_front_if(|oldest| oldest.since < end)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Takes a buffer back that is no longer needed.
    pub(super) fn keep(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= SPARE_BYTES {
            buffer.clear();
            self.spare = buffer;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Topic, kafka::producer::batch::Batch};

    fn push(queue: &mut Queue, count: usize, now: Instant) {
        let (batch, _) = Batch::new(count, Arc::default()).unwrap();
        for index in 0..count {
            let record = Record::new(Topic::Events, "a", vec![b'x'; 99]);
            queue.push(&record, batch.ticket(index), now, 1_000);
        }
    }

    #[test]
    fn a_batch_ends_with_its_size_or_its_age_and_a_large_record_is_one_by_itself() {
        let now = Instant::now();
        let mut queue = Queue::default();
        push(&mut queue, 12, now);
        push(&mut queue, 1, now + AGE_MAX);
        let large = Record::new(Topic::Events, "a", vec![b'x'; 5_000]);
        let (batch, _) = Batch::new(1, Arc::default()).unwrap();
        queue.push(&large, batch.ticket(0), now + AGE_MAX, 1_000);
        assert!(queue.pop_before(now).is_none());
        let sizes: Vec<_> = std::iter::from_fn(|| queue.pop())
            .map(|batch| (batch.tickets.len(), batch.weight))
            .collect();
        assert_eq!(sizes, [(9, 900), (3, 300), (1, 100), (1, 5_001)]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_buffer_is_used_again() {
        let mut queue = Queue::default();
        queue.keep(Vec::with_capacity(SPARE_BYTES));
        queue.keep(Vec::with_capacity(SPARE_BYTES * 2));
        push(&mut queue, 1, Instant::now());
        assert_eq!(queue.pop().unwrap().records.capacity(), SPARE_BYTES);
    }
}
