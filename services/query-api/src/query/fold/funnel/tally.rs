//! Counting persons at the steps of a funnel.

use super::chain::{Rules, best_chain, complete_starts, entry_times};
use super::person::Person;
use crate::query::model::Order;
use crate::query::time::Buckets;

/// What is counted of a set of persons.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Persons who reached at least each step.
    pub(crate) counts: Vec<u64>,
    /// The times to convert to each step from the one before, in milliseconds.
    pub(crate) gaps_ms: Vec<Vec<i64>>,
    /// Persons who could start an attempt in each bucket.
    pub(crate) entered: Vec<u64>,
    /// Those of them who completed an attempt started there.
    pub(crate) converted: Vec<u64>,
}

impl Tally {
    /// Nobody yet.
    pub(crate) fn of(steps: usize, buckets: Option<&Buckets>) -> Self {
        let buckets = buckets.map_or(0, Buckets::len);
        Self {
            counts: vec![0; steps],
            gaps_ms: vec![Vec::new(); steps],
            entered: vec![0; buckets],
            converted: vec![0; buckets],
        }
    }

    /// Counts one person; the times of their first best chain.
    pub(crate) fn add(
        &mut self,
        rules: &Rules,
        person: &Person,
        buckets: Option<&Buckets>,
    ) -> Vec<i64> {
        let chain = best_chain(rules, person);
        self.add_chain(&chain);
        if rules.order == Order::Simple {
            let done = person.all_steps();
            for (step, count) in self.counts.iter_mut().enumerate() {
                *count += u64::from(done >> step & 1);
            }
        }
        if let Some(buckets) = buckets {
            count_buckets(&mut self.entered, &entry_times(rules, person), buckets);
            count_buckets(
                &mut self.converted,
                &complete_starts(rules, person),
                buckets,
            );
        }
        chain
    }

    /// Counts one person by the times of their first best chain alone.
    pub(crate) fn add_chain(&mut self, chain: &[i64]) {
        for (count, _) in self.counts.iter_mut().zip(chain) {
            *count += 1;
        }
        for (gaps, pair) in self.gaps_ms.iter_mut().skip(1).zip(chain.windows(2)) {
            if let [from, to] = pair {
                gaps.push(to - from);
            }
        }
    }

    /// Adds the persons of another tally.
    pub(crate) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        for (mine, theirs) in self.gaps_ms.iter_mut().zip(other.gaps_ms) {
            mine.extend(theirs);
        }
    }

    /// Whether nobody reached any step.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }
}

/// Adds one to each bucket that holds any of the times, which ascend.
fn count_buckets(counts: &mut [u64], times: &[i64], buckets: &Buckets) {
    let mut last = None;
    for index in times.iter().filter_map(|at| buckets.index_of(*at)) {
        if last != Some(index) {
            last = Some(index);
            if let Some(count) = counts.get_mut(index) {
                *count += 1;
            }
        }
    }
}
