//! A memory of what arrived lately: a bounded set of 64-bit fingerprints that
//! forgets the oldest arrivals first.
//!
//! The set is a few generations; a new one is begun when the newest is full,
//! and then the oldest is forgotten as a whole. With n fingerprints remembered,
//! an event that was never here hits one with probability n / 2^64: one in
//! 10^12 at ten million, far below one in a million. A hit is only a suspicion.

use std::collections::VecDeque;

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// Generations that are kept. More of them forget in smaller steps and cost a
/// look each.
const GENERATIONS: usize = 4;
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
}

impl Filter {
    /// An empty memory for at least three quarters of `capacity` identities.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            generations: VecDeque::with_capacity(GENERATIONS),
            capacity: capacity.max(GENERATIONS),
            reach: None,
        }
    }

    /// Remembers an arrival at `arrived_at` (ms since the epoch).
    pub fn insert(&mut self, fingerprint: u64, arrived_at: i64) {
        let per_generation = self.capacity / GENERATIONS;
        let is_full = self
            .generations
            .back()
            .is_none_or(|newest| newest.len >= per_generation);
        if is_full {
            if self.generations.len() == GENERATIONS {
                self.generations.pop_front();
                // The oldest that is left is remembered from its first on.
                self.reach = self.generations.front().map(|oldest| oldest.first_arrival);
            }
            self.generations.push_back(Generation::new(arrived_at));
        }
        if let Some(newest) = self.generations.back_mut() {
            newest.insert(fingerprint);
        }
    }

    /// Whether an arrival with that fingerprint is remembered.
    #[must_use]
    pub fn contains(&self, fingerprint: u64) -> bool {
        // The newest first: most repeats come soon.
        self.generations
            .iter()
            .rev()
            .any(|generation| generation.contains(fingerprint))
    }

    /// Says that arrivals before `arrived_at` are not in here, whatever the
    /// memory's own age: it was filled from then on only.
    pub fn begins_at(&mut self, arrived_at: i64) {
        self.reach = Some(self.reach.map_or(arrived_at, |reach| reach.max(arrived_at)));
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
        slots * size_of::<u64>()
    }
}

/// An open-addressed table of fingerprints that grows by doubling.
#[derive(Debug)]
struct Generation {
    slots: Vec<u64>,
    len: usize,
    first_arrival: i64,
}

impl Generation {
    fn new(first_arrival: i64) -> Self {
        Self {
            slots: vec![0; SLOTS_MIN],
            len: 0,
            first_arrival,
        }
    }

    fn insert(&mut self, fingerprint: u64) {
        // Four fifths full: chains stay short.
        if self.len * 5 >= self.slots.len() * 4 {
            let larger = vec![0; self.slots.len() * 2];
            for old in std::mem::replace(&mut self.slots, larger) {
                if old != 0 {
                    self.place(old);
                }
            }
        }
        if self.place(fingerprint) {
            self.len += 1;
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
            filter.insert(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n as i64);
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
            filter.insert(n, 5);
        }
        assert_eq!(filter.reach(), None);
        filter.begins_at(3);
        assert_eq!(filter.reach(), Some(3));
        filter.begins_at(1);
        assert_eq!(filter.reach(), Some(3));
    }

    #[test]
    fn memory_stays_within_its_bound() {
        let mut filter = Filter::new(100_000);
        for n in 1..1_000_000_u64 {
            filter.insert(fingerprint(n, Uuid::from_u128(u128::from(n))), 0);
        }
        // Eight bytes a slot, four fifths full at most, doubled at the worst.
        assert!(
            filter.memory() <= 100_000 * 8 * 5 / 2,
            "{}",
            filter.memory()
        );
    }

    proptest! {
        #[test]
        fn within_its_reach_it_is_a_set(numbers in proptest::collection::vec(1..5_000_u64, 0..2_000)) {
            let mut filter = Filter::new(100_000);
            let mut seen = HashSet::new();
            for number in &numbers {
                prop_assert_eq!(filter.contains(*number), seen.contains(number));
                filter.insert(*number, 0);
                seen.insert(*number);
            }
            prop_assert_eq!(filter.len(), seen.len());
        }
    }
}
