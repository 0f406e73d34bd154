//! Which partitions this process holds, shared by those who read, write and
//! publish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The time during which a partition is ours, from its take-over to its
/// revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// Tells it from an earlier tenure of the same partition.
    pub id: u64,
    /// The log that its positions belong to.
    pub log_id: Arc<str>,
    /// The offset that reading began at.
    pub start: u64,
    /// The first offset that the ledger does not cover.
    pub frontier: u64,
    /// The claim it writes under.
    pub claim: u64,
}

/// The partitions that are held now.
#[derive(Debug, Default)]
pub struct Held {
    state: Mutex<State>,
    changed: Notify,
    version: AtomicU64,
    /// How many partitions keys are spread over today; 0 = not known yet.
    partitions: AtomicU32,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    tenures: BTreeMap<u32, Tenure>,
    /// How often each partition was taken away, so that a take-over under way
    /// notices.
    revocations: BTreeMap<u32, u64>,
}

impl Held {
    /// Grows with every change of who holds what (not of frontiers).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// How many partitions keys are spread over today; 0 = not known yet.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        self.partitions.load(Ordering::Acquire)
    }

    /// Notes how many partitions there are.
    pub fn set_partitions(&self, count: u32) {
        self.partitions.store(count, Ordering::Release);
    }

    /// All tenures.
    #[must_use]
    pub fn tenures(&self) -> BTreeMap<u32, Tenure> {
        self.state.lock().tenures.clone()
    }

    /// How often each of `partitions` was taken away up to now.
    #[must_use]
    pub fn revocations(&self, partitions: &BTreeSet<u32>) -> BTreeMap<u32, u64> {
        let state = self.state.lock();
        partitions
            .iter()
            .map(|p| (*p, state.revocations.get(p).copied().unwrap_or(0)))
            .collect()
    }

    /// Begins a tenure, unless the partition was taken away again since
    /// `revocations` was read.
    pub fn begin(&self, partition: u32, tenure: Tenure, revocations: u64) -> bool {
        let mut state = self.state.lock();
        if self.is_closing() {
            return false;
        }
        if state.revocations.get(&partition).copied().unwrap_or(0) != revocations {
            return false;
        }
        state.tenures.insert(partition, tenure);
        self.version.fetch_add(1, Ordering::Release);
        true
    }

    /// Ends the tenures of `partitions`.
    pub fn give_up(&self, partitions: &BTreeSet<u32>) {
        let mut state = self.state.lock();
        for partition in partitions {
            state.tenures.remove(partition);
            *state.revocations.entry(*partition).or_default() += 1;
        }
        drop(state);
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Ends every tenure, and lets none begin any more: the process is to end,
    /// whatever is waited for.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
        let partitions = self.tenures().into_keys().collect();
        self.give_up(&partitions);
    }

    /// Whether [`Held::close`] was called.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Whether any tenure of the partition goes on.
    #[must_use]
    pub fn is_held(&self, partition: u32) -> bool {
        self.state.lock().tenures.contains_key(&partition)
    }

    /// Whether that tenure of the partition goes on.
    #[must_use]
    pub fn holds(&self, partition: u32, tenure: u64) -> bool {
        let state = self.state.lock();
        state
            .tenures
            .get(&partition)
            .is_some_and(|held| held.id == tenure)
    }

    /// Notes that the ledger covers everything below `frontier` now.
    pub fn advance(&self, partition: u32, tenure: u64, frontier: u64) {
        let mut state = self.state.lock();
        if let Some(held) = state
            .tenures
            .get_mut(&partition)
            .filter(|held| held.id == tenure)
        {
            held.frontier = frontier;
        }
    }

    /// Notes a renewed claim.
    pub fn reclaim(&self, partition: u32, tenure: u64, claim: u64) {
        let mut state = self.state.lock();
        if let Some(held) = state
            .tenures
            .get_mut(&partition)
            .filter(|held| held.id == tenure)
        {
            held.claim = claim;
        }
    }

    /// Returns when a tenure ends after this call.
    pub async fn given_up(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure(id: u64) -> Tenure {
        Tenure {
            id,
            log_id: Arc::from("log"),
            start: 0,
            frontier: 0,
            claim: 1,
        }
    }

    #[test]
    fn a_take_over_that_was_overtaken_begins_nothing() {
        let held = Held::default();
        let one = BTreeSet::from([1]);
        let before = held.revocations(&one)[&1];
        held.give_up(&one);
        assert!(!held.begin(1, tenure(7), before));
        let now = held.revocations(&one)[&1];
        assert!(held.begin(1, tenure(8), now));
        assert!(held.holds(1, 8) && !held.holds(1, 7));
    }

    #[test]
    fn nothing_begins_after_the_end() {
        let held = Held::default();
        assert!(held.begin(1, tenure(1), 0));
        held.close();
        assert!(held.tenures().is_empty() && held.is_closing());
        assert!(!held.begin(2, tenure(2), 0));
    }

    #[test]
    fn an_ended_tenure_moves_nothing() {
        let held = Held::default();
        assert!(held.begin(1, tenure(1), 0));
        held.advance(1, 1, 10);
        held.advance(1, 2, 99);
        assert_eq!(held.tenures()[&1].frontier, 10);
        held.give_up(&BTreeSet::from([1]));
        held.advance(1, 1, 11);
        assert!(held.tenures().is_empty());
    }
}
