//! A memory of what arrived lately: a bounded set of 64-bit fingerprints that
//! forgets the oldest arrivals first.
//!
//! It answers "was this here before?" for every event that cannot have come
//! before its [reach](Filter::reach). An event comes after its own time, so one
//! whose time lies within the reach came within it; what came before its own
//! time (a client's clock was ahead) is [remembered longer](Early).
//!
//! The set is a few generations; a new one is begun when the newest is full,
//! and then the oldest is forgotten as a whole. With n fingerprints remembered,
//! an event that was never here hits one with probability n / 2^64: one in
//! 10^12 at ten million, far below one in a million. A hit is only a suspicion.

use std::collections::{BTreeSet, HashMap, VecDeque};

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// Generations that are kept. More of them forget in smaller steps and cost a
/// look each.
const GENERATIONS: usize = 4;
/// One in so many identities may be kept for having come before its time.
const EARLY_SHARE: usize = 16;
/// Slots of a generation's table when it is begun.
const SLOTS_MIN: usize = 1 << 10;

/// The fingerprint of an event's identity. The person's id stands for project
/// and `distinct_id`. Never 0, which marks a free slot.
#[must_use]
pub fn fingerprint(person_id: u64, uuid: Uuid) -> u64 {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&person_id.to_le_bytes());
    bytes[8..].copy_from_slice(uuid.as_bytes());
    xxh3_64(&bytes).max(1)
}

/// The memory of one partition's arrivals.
#[derive(Debug)]
pub struct Filter {
    generations: VecDeque<Generation>,
    capacity: usize,
    /// The arrival from which on nothing is forgotten, ms since the epoch;
    /// `None` while everything that ever arrived is remembered.
    reach: Option<i64>,
    early: Early,
}

impl Filter {
    /// An empty memory for at least three quarters of `capacity` identities.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            generations: VecDeque::with_capacity(GENERATIONS),
            capacity: capacity.max(GENERATIONS),
            reach: None,
            early: Early::new(capacity / EARLY_SHARE),
        }
    }

    /// Remembers an event of the time `timestamp` that was received at
    /// `received_at` (both in ms since the epoch).
    pub fn insert(&mut self, fingerprint: u64, received_at: i64, timestamp: i64) {
        let per_generation = self.capacity / GENERATIONS;
        let is_full = self
            .generations
            .back()
            .is_none_or(|newest| newest.len >= per_generation);
        if is_full {
            if self.generations.len() == GENERATIONS {
                self.forget_oldest();
            }
            self.generations.push_back(Generation::new());
        }
        if let Some(newest) = self.generations.back_mut() {
            newest.insert(fingerprint, received_at, timestamp);
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.generations.pop_front() else {
            return;
        };
        self.begins_at(oldest.last_received.saturating_add(1));
        for (timestamp, fingerprint) in oldest.early {
            self.insert_early(fingerprint, timestamp);
        }
    }

    /// Remembers an event that came before its own time and before the reach.
    pub fn insert_early(&mut self, fingerprint: u64, timestamp: i64) {
        if self.reach.is_none_or(|reach| timestamp >= reach) {
            self.early.insert(fingerprint, timestamp);
        }
    }

    /// Whether an event with that fingerprint is remembered.
    #[must_use]
    pub fn contains(&self, fingerprint: u64) -> bool {
        // The newest first: most repeats come soon.
        self.generations
            .iter()
            .rev()
            .any(|generation| generation.contains(fingerprint))
            || self.early.times.contains_key(&fingerprint)
    }

    /// Whether an event of this time, or of one that is at most `margin` ms
    /// off, may have come without being remembered any more.
    #[must_use]
    pub fn is_beyond_reach(&self, timestamp: i64, margin: i64) -> bool {
        let earliest = timestamp.saturating_sub(margin);
        let is_before = |end: Option<i64>| end.is_some_and(|end| earliest < end);
        is_before(self.reach) || is_before(self.early.forgotten_until)
    }

    /// Says that events received before `received_at` are not in here, whatever
    /// the memory's own age: it was filled from then on only.
    pub fn begins_at(&mut self, received_at: i64) {
        self.reach = self.reach.max(Some(received_at));
        self.early.forget_before(received_at);
    }

    /// How many of the events that came before their own time are kept.
    #[must_use]
    pub const fn early_capacity(&self) -> usize {
        self.early.capacity
    }

    /// The arrival from which on every event is remembered, ms since the
    /// epoch; `None` = all that ever arrived.
    #[must_use]
    pub const fn reach(&self) -> Option<i64> {
        self.reach
    }

    /// How many identities are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.generations
            .iter()
            .map(|generation| generation.len)
            .sum()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many identities it holds at most.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes that the tables take.
    #[must_use]
    pub fn memory(&self) -> usize {
        let slots: usize = self
            .generations
            .iter()
            .map(|generation| generation.slots.len())
            .sum();
        let waiting: usize = self
            .generations
            .iter()
            .map(|generation| generation.early.capacity())
            .sum();
        // Of an early one: its entry in the map and in the tree, half empty at the worst.
        let early = 2 * self.early.times.len() * 2;
        slots * size_of::<u64>() + (waiting + early) * size_of::<(i64, u64)>()
    }
}

/// Events that came before their own time. When the rest of their generation is
/// forgotten they are kept until the reach has passed their time, because until
/// then nothing else says that a copy of them may be a repeat.
#[derive(Debug)]
struct Early {
    times: HashMap<u64, i64>,
    by_time: BTreeSet<(i64, u64)>,
    capacity: usize,
    /// Of times before this some were forgotten for want of room.
    forgotten_until: Option<i64>,
}

impl Early {
    fn new(capacity: usize) -> Self {
        Self {
            times: HashMap::new(),
            by_time: BTreeSet::new(),
            capacity: capacity.max(1),
            forgotten_until: None,
        }
    }

    fn insert(&mut self, fingerprint: u64, timestamp: i64) {
        if let Some(before) = self.times.insert(fingerprint, timestamp) {
            self.by_time.remove(&(before, fingerprint));
        }
        self.by_time.insert((timestamp, fingerprint));
        while self.by_time.len() > self.capacity {
            // The ones that would be forgotten next anyway.
            if let Some((timestamp, fingerprint)) = self.by_time.pop_first() {
                self.times.remove(&fingerprint);
                self.forgotten_until = self.forgotten_until.max(Some(timestamp.saturating_add(1)));
            }
        }
    }

    /// The reach has come to `reach`: it answers for everything before that.
    fn forget_before(&mut self, reach: i64) {
        while let Some((timestamp, fingerprint)) = self.by_time.first().copied()
            && timestamp < reach
        {
            self.by_time.pop_first();
            self.times.remove(&fingerprint);
        }
    }
}

/// An open-addressed table of fingerprints that grows by doubling.
#[derive(Debug)]
struct Generation {
    slots: Vec<u64>,
    len: usize,
    last_received: i64,
    /// Time and fingerprint of those that came before their time.
    early: Vec<(i64, u64)>,
}

impl Generation {
    fn new() -> Self {
        Self {
            slots: vec![0; SLOTS_MIN],
            len: 0,
            last_received: i64::MIN,
            early: Vec::new(),
        }
    }

    fn insert(&mut self, fingerprint: u64, received_at: i64, timestamp: i64) {
        // Four fifths full: chains stay short.
        if self.len * 5 >= self.slots.len() * 4 {
            let larger = vec![0; self.slots.len() * 2];
            for old in std::mem::replace(&mut self.slots, larger) {
                if old != 0 {
                    self.place(old);
                }
            }
        }
        self.last_received = self.last_received.max(received_at);
        if self.place(fingerprint) {
            self.len += 1;
            if timestamp > received_at {
                self.early.push((timestamp, fingerprint));
            }
        }
    }

    /// Puts a fingerprint into its slot; `false` when it was there.
    fn place(&mut self, fingerprint: u64) -> bool {
        let at = self.slot_of(fingerprint);
        let is_new = self.slots[at] == 0;
        self.slots[at] = fingerprint;
        is_new
    }

    fn contains(&self, fingerprint: u64) -> bool {
        self.slots[self.slot_of(fingerprint)] == fingerprint
    }

    /// The slot that holds the fingerprint, or the free one where it belongs.
    /// The table is never full, so there is one.
    fn slot_of(&self, fingerprint: u64) -> usize {
        let mask = self.slots.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "masked anyway")]
        let mut at = fingerprint as usize & mask;
        while self.slots[at] != 0 && self.slots[at] != fingerprint {
            at = (at + 1) & mask;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_arrived_is_remembered_and_the_oldest_forgotten_first() {
        let mut filter = Filter::new(4_000);
        for n in 1..=10_000_u64 {
            filter.insert(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n as i64, 0);
        }
        assert!(filter.len() <= 4_000);
        let reach = filter.reach().unwrap();
        assert!((6_000..=7_001).contains(&reach), "{reach}");
        for n in 1..=10_000_u64 {
            let hit = filter.contains(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert_eq!(hit, n as i64 >= reach, "{n}");
        }
    }

    #[test]
    fn until_something_is_forgotten_everything_is_known() {
        let mut filter = Filter::new(1_000);
        for n in 1..=900 {
            filter.insert(n, 5, 0);
        }
        assert_eq!(filter.reach(), None);
        filter.begins_at(3);
        assert_eq!(filter.reach(), Some(3));
        filter.begins_at(1);
        assert_eq!(filter.reach(), Some(3));
    }

    #[test]
    fn current_events_are_within_reach_and_those_before_their_time_are_remembered() {
        let mut filter = Filter::new(1_600);
        filter.insert(1, 0, 50_000);
        for n in 2..=10_000_u64 {
            filter.insert(n, n as i64, n as i64);
        }
        // Others arrive now, at their own time: nothing has to be looked up for them.
        assert!(!filter.is_beyond_reach(10_000, 100));
        assert!(filter.is_beyond_reach(5_000, 100));
        assert!(filter.contains(1) && !filter.contains(2));
        for n in 10_001..=60_000_u64 {
            filter.insert(n, n as i64, n as i64);
        }
        assert!(!filter.contains(1) && filter.is_beyond_reach(50_000, 0));
        // More of them than there is room for: their times are looked up.
        for n in 60_001..=70_000_u64 {
            filter.insert(n, n as i64, 80_000 + n as i64);
        }
        assert!(filter.is_beyond_reach(130_001, 0) && !filter.is_beyond_reach(200_000, 0));
    }

    #[test]
    fn memory_stays_within_its_bound() {
        let mut filter = Filter::new(100_000);
        for n in 1..1_000_000_u64 {
            filter.insert(fingerprint(n, Uuid::from_u128(u128::from(n))), 0, 1);
        }
        // Eight bytes a slot, four fifths full at most, doubled at the worst; all came before their
        // time: sixteen bytes each, doubled at the worst, and one in sixteen is kept longer.
        let memory = filter.memory();
        assert!(
            memory <= 100_000 * (8 * 5 / 2 + 16 * 2 + 64 / 16),
            "{memory}"
        );
    }

    proptest! {
        #[test]
        fn within_its_reach_it_is_a_set(numbers in proptest::collection::vec(1..5_000_u64, 0..2_000)) {
            let mut filter = Filter::new(100_000);
            let mut seen = HashSet::new();
            for number in &numbers {
                prop_assert_eq!(filter.contains(*number), seen.contains(number));
                filter.insert(*number, 0, 0);
                seen.insert(*number);
            }
            prop_assert_eq!(filter.len(), seen.len());
        }

        /// What was here and is neither remembered nor beyond the reach would be counted twice.
        #[test]
        fn no_repeat_goes_unsuspected(
            capacity in 4..64_usize,
            arrivals in proptest::collection::vec((-20..20_i64, -200..40_i64, -3..=3_i64), 1..600),
        ) {
            let mut filter = Filter::new(capacity);
            for (number, (unrest, ahead, off)) in (1..).zip(&arrivals) {
                let received_at = i64::try_from(number).unwrap() * 2 + unrest;
                filter.insert(number, received_at, received_at + ahead);
                for (earlier, (unrest, ahead, _)) in (1..=number).zip(&arrivals) {
                    let timestamp = i64::try_from(earlier).unwrap() * 2 + unrest + ahead;
                    prop_assert!(
                        filter.contains(earlier) || filter.is_beyond_reach(timestamp + off, 3),
                        "{} of time {} after {}", earlier, timestamp, number
                    );
                }
            }
        }
    }
}
