use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};

/// How far each partition that is being read has been read.
///
/// Whoever hands records out holds the lock while it does, so that nothing of a
/// partition comes after it was taken away, or from before a change of place.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<State>);

/// See [`Readings`].
#[derive(Debug, Default)]
pub(super) struct State {
    by_partition: BTreeMap<u32, Reading>,
    turns: u64,
}

/// One partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// The next offset.
    pub(super) next: u64,
    /// Another one each time that reading begins or goes on elsewhere: an answer
    /// to a question of an earlier turn is void.
    pub(super) turn: u64,
    /// On request.
    pub(super) is_paused: bool,
    /// The next record is not in the log, which the receiver has to be told.
    pub(super) is_out_of_range: bool,
}

impl Readings {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    /// Begins to read a partition, or goes on elsewhere.
    pub(super) fn place(&mut self, partition: u32, next: u64) {
        self.turns += 1;
        let turn = self.turns;
        let before = self.by_partition.get(&partition);
        let reading = Reading {
            next,
            turn,
            is_paused: before.is_some_and(|before| before.is_paused),
            is_out_of_range: false,
        };
        self.by_partition.insert(partition, reading);
    }

    /// Ends reading a partition.
    pub(super) fn remove(&mut self, partition: u32) {
        self.by_partition.remove(&partition);
    }

    pub(super) fn get(&self, partition: u32) -> Option<&Reading> {
        self.by_partition.get(&partition)
    }

    pub(super) fn get_mut(&mut self, partition: u32) -> Option<&mut Reading> {
        self.by_partition.get_mut(&partition)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Reading)> {
        self.by_partition
            .iter()
            .map(|(partition, reading)| (*partition, reading))
    }

    pub(super) fn len(&self) -> usize {
        self.by_partition.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_place_is_another_turn_and_keeps_the_pause() {
        let readings = Readings::default();
        let mut state = readings.lock();
        state.place(3, 10);
        let first = *state.get(3).unwrap();
        let reading = state.get_mut(3).unwrap();
        (reading.is_paused, reading.is_out_of_range) = (true, true);
        state.place(3, 10);
        let second = *state.get(3).unwrap();
        assert_ne!(first.turn, second.turn);
        assert!(second.is_paused && !second.is_out_of_range);
        state.remove(3);
        state.place(3, 10);
        assert!(!state.get(3).unwrap().is_paused);
    }
}
