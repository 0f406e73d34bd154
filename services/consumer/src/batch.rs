//! The batch that is being filled: what was read of each partition, and when
//! it is time to store it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warehouse::EventRow;

use crate::config::BatchConfig;
use crate::dead_letter::DeadLetter;
use crate::item::Item;

/// Records on their way to the warehouse.
#[derive(Debug, Default)]
pub struct Batch {
    /// What was read of each partition.
    pub parts: BTreeMap<u32, Part>,
    /// The events.
    pub items: Vec<Item>,
    /// What is no event.
    pub dead: Vec<DeadLetter>,
    bytes: usize,
    opened: Option<Instant>,
}

/// What was read of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The tenure it was read in.
    pub tenure: u64,
    /// The log.
    pub log_id: Arc<str>,
    /// Neighbouring ranges in order: records, or a gap where some are missing.
    pub pieces: Vec<Piece>,
}

/// A range of offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its first offset.
    pub first: u64,
    /// The offset after its last.
    pub next: u64,
    /// When the log took its first and last record, ms since the epoch.
    pub appended: (i64, i64),
    /// Why the records are missing, for a gap.
    pub gap: Option<String>,
}

/// Whose record it is and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The partition.
    pub partition: u32,
    /// The tenure.
    pub tenure: u64,
    /// The log.
    pub log_id: &'a Arc<str>,
    /// The offset.
    pub offset: u64,
    /// When the log took it, ms since the epoch.
    pub appended_at: i64,
}

impl Batch {
    /// Whether nothing is in it, not even a gap.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Records in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len() + self.dead.len()
    }

    /// Takes everything out and leaves an empty batch with room for a little
    /// more: batches that follow each other are alike, and a list that grows by
    /// doubling is copied and touches twice the memory.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let room = self.items.len() + self.items.len() / 8;
        let empty = Self {
            items: Vec::with_capacity(room),
            ..Self::default()
        };
        std::mem::replace(self, empty)
    }

    /// Adds an event.
    pub fn push_row(
        &mut self,
        origin: Origin<'_>,
        mut row: EventRow,
        payload: Bytes,
        now: Instant,
    ) {
        let part = self.extend(origin, now);
        row.log_id = Arc::clone(&part.log_id);
        let item = Item::new(row, payload);
        self.bytes += item.size();
        self.items.push(item);
    }

    /// Adds a record that is no event.
    pub fn push_dead(&mut self, origin: Origin<'_>, letter: DeadLetter, now: Instant) {
        self.extend(origin, now);
        self.bytes += letter.size();
        self.dead.push(letter);
    }

    /// Notes that the records from `origin` up to `next` are not in the log.
    pub fn push_gap(&mut self, origin: Origin<'_>, next: u64, why: &str, now: Instant) {
        self.opened.get_or_insert(now);
        self.part(origin).pieces.push(Piece {
            first: origin.offset,
            next,
            appended: (origin.appended_at, origin.appended_at),
            gap: Some(why.to_owned()),
        });
    }

    /// Takes out everything of these partitions.
    pub fn forget(&mut self, partitions: &BTreeSet<u32>) {
        self.parts
            .retain(|partition, _| !partitions.contains(partition));
        self.items
            .retain(|item| !partitions.contains(&item.row.position.partition));
        self.dead
            .retain(|letter| !partitions.contains(&letter.position.partition));
        self.bytes = self.items.iter().map(Item::size).sum::<usize>()
            + self.dead.iter().map(DeadLetter::size).sum::<usize>();
        if self.is_empty() {
            self.opened = None;
        }
    }

    /// Whether no more should be put into it.
    #[must_use]
    pub fn is_full(&self, config: &BatchConfig) -> bool {
        self.len() >= config.rows_max || self.bytes as u64 >= config.bytes_max.as_u64()
    }

    /// How long it may still wait for more; `None` while it is empty.
    #[must_use]
    pub fn due_in(&self, config: &BatchConfig, now: Instant) -> Option<Duration> {
        let opened = self.opened?;
        if self.is_full(config) {
            return Some(Duration::ZERO);
        }
        let age = now.saturating_duration_since(opened);
        Some(age_limit(config, self.len()).saturating_sub(age))
    }

    fn part(&mut self, origin: Origin<'_>) -> &mut Part {
        let part = self.parts.entry(origin.partition).or_insert_with(|| Part {
            tenure: origin.tenure,
            // A text of the batch's own: its rows count who has it on this thread,
            // and are dropped on another while the next batch is filled.
            log_id: Arc::from(&**origin.log_id),
            pieces: Vec::with_capacity(1),
        });
        debug_assert_eq!(
            part.tenure, origin.tenure,
            "a tenure's end forgets its records"
        );
        part
    }

    /// Makes the partition's last piece one record longer.
    fn extend(&mut self, origin: Origin<'_>, now: Instant) -> &Part {
        self.opened.get_or_insert(now);
        let part = self.part(origin);
        match part.pieces.last_mut() {
            Some(piece) if piece.gap.is_none() && piece.next == origin.offset => {
                piece.next += 1;
                piece.appended.1 = origin.appended_at;
            }
            _ => part.pieces.push(Piece {
                first: origin.offset,
                next: origin.offset + 1,
                appended: (origin.appended_at, origin.appended_at),
                gap: None,
            }),
        }
        part
    }
}

/// The age at which a batch of so many records closes: from the lower limit,
/// when it is empty, to the upper one, when it is a fifth full.
fn age_limit(config: &BatchConfig, records: usize) -> Duration {
    let fifth = (config.rows_max / 5).max(1);
    let share = u32::try_from(records.min(fifth) * 1_000 / fifth).unwrap_or(1_000);
    let span = config.age_max.saturating_sub(config.age_min);
    config.age_min + span * share / 1_000
}

#[cfg(test)]
mod tests {
    use event_schema::ids::ProjectId;
    use proptest::prelude::*;
    use uuid::Uuid;
    use warehouse::LogPosition;

    use super::*;

    fn row(partition: u32, offset: u64) -> EventRow {
        let mut row = EventRow::new(ProjectId(Uuid::nil()), Uuid::nil(), "e", "p", 0);
        row.position = LogPosition { partition, offset };
        row
    }

    fn origin(log_id: &Arc<str>, partition: u32, offset: u64) -> Origin<'_> {
        Origin {
            partition,
            tenure: 1,
            log_id,
            offset,
            appended_at: 5,
        }
    }

    #[test]
    fn age_follows_the_load() {
        let config = BatchConfig::default();
        assert_eq!(age_limit(&config, 0), config.age_min);
        assert_eq!(age_limit(&config, config.rows_max / 5), config.age_max);
        assert_eq!(age_limit(&config, config.rows_max), config.age_max);
        assert!(age_limit(&config, 500) < Duration::from_millis(300));
    }

    #[test]
    fn a_full_batch_is_due_at_once_and_an_empty_one_never() {
        let config = BatchConfig {
            rows_max: 2,
            ..BatchConfig::default()
        };
        let (log, now) = (Arc::from("log"), Instant::now());
        let mut batch = Batch::default();
        assert_eq!(batch.due_in(&config, now), None);
        batch.push_row(origin(&log, 0, 0), row(0, 0), Bytes::new(), now);
        assert!(
            batch
                .due_in(&config, now)
                .is_some_and(|wait| !wait.is_zero())
        );
        batch.push_row(origin(&log, 0, 1), row(0, 1), Bytes::new(), now);
        assert_eq!(batch.due_in(&config, now), Some(Duration::ZERO));
        batch.forget(&BTreeSet::from([0]));
        assert_eq!(batch.due_in(&config, now), None);
    }

    #[test]
    fn what_is_taken_leaves_an_empty_batch_behind() {
        let (log, now) = (Arc::from("log"), Instant::now());
        let mut batch = Batch::default();
        batch.push_row(origin(&log, 0, 0), row(0, 0), Bytes::new(), now);
        let taken = batch.take();
        assert_eq!((taken.len(), taken.parts.len()), (1, 1));
        assert_eq!(batch.due_in(&BatchConfig::default(), now), None);
        assert_eq!((batch.len(), batch.bytes, batch.is_empty()), (0, 0, true));
    }

    proptest! {
        /// Pieces tile what was read: in order, without overlap, and what is
        /// missing is a gap.
        #[test]
        fn pieces_tile(steps in proptest::collection::vec((0..3_u32, 0..3_u64), 1..60)) {
            let (log, now) = (Arc::from("log"), Instant::now());
            let mut batch = Batch::default();
            let mut next: BTreeMap<u32, u64> = BTreeMap::new();
            for (partition, missing) in steps {
                let at = next.entry(partition).or_default();
                if missing > 0 {
                    batch.push_gap(origin(&log, partition, *at), *at + missing, "test", now);
                    *at += missing;
                }
                batch.push_row(origin(&log, partition, *at), row(partition, *at), Bytes::new(), now);
                *at += 1;
            }
            for (partition, part) in &batch.parts {
                let mut expected = 0;
                let mut records = 0;
                for piece in &part.pieces {
                    prop_assert_eq!(piece.first, expected);
                    prop_assert!(piece.next > piece.first);
                    expected = piece.next;
                    records += if piece.gap.is_none() { piece.next - piece.first } else { 0 };
                }
                prop_assert_eq!(expected, next[partition]);
                let items = batch.items.iter().filter(|item| item.row.position.partition == *partition);
                prop_assert_eq!(items.count() as u64, records);
            }
        }
    }
}
