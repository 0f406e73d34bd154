//! The first best chain of a person, whatever the order that is asked for.

use super::{Person, ordered, strict, unordered};
use crate::query::model::{Funnel, Order};

/// What makes a chain of events an attempt at the funnel.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// How many steps there are.
    pub(crate) steps: usize,
    /// The longest time from the first event to the last, in milliseconds.
    pub(crate) window_ms: i64,
    /// The order of the steps.
    pub(crate) order: Order,
    /// Exclusions: from and to step, from 0.
    pub(crate) exclusions: Vec<(usize, usize)>,
}

impl Rules {
    /// The rules of a funnel.
    pub(crate) fn of(funnel: &Funnel) -> Self {
        let exclusions = &funnel.exclusions;
        Self {
            steps: funnel.steps.len(),
            window_ms: funnel.window_ms,
            order: funnel.order,
            exclusions: exclusions
                .iter()
                .map(|rule| (rule.from_step, rule.to_step))
                .collect(),
        }
    }
}

/// The times of the first best chain: as many as the person's highest step,
/// the earliest first event among those chains, then the earliest second, and
/// so on. Empty for a simple funnel, which has no chains.
pub(crate) fn best_chain(rules: &Rules, person: &Person) -> Vec<i64> {
    match rules.order {
        Order::Ordered => ordered::best_chain(rules, person),
        Order::Strict => strict::best_chain(rules, person),
        Order::Unordered if rules.exclusions.is_empty() => unordered::best_chain(rules, person),
        Order::Unordered => unordered::best_chain_with_exclusions(rules, person),
        Order::Simple => Vec::new(),
    }
}

/// The times of all events that an attempt could start with.
pub(crate) fn entry_times(rules: &Rules, person: &Person) -> Vec<i64> {
    let first = if rules.order == Order::Unordered {
        u32::MAX
    } else {
        1
    };
    let groups = person.groups.iter();
    groups
        .filter(|group| group.masks.iter().any(|mask| mask & first != 0))
        .map(|group| group.at)
        .collect()
}

/// The times at which an attempt starts that reaches the last step. In a
/// simple funnel: every start, when the last step was done at all.
pub(crate) fn complete_starts(rules: &Rules, person: &Person) -> Vec<i64> {
    match rules.order {
        Order::Ordered => ordered::complete_starts(rules, person),
        Order::Strict => strict::complete_starts(rules, person),
        Order::Unordered if rules.exclusions.is_empty() => {
            unordered::complete_starts(rules, person)
        }
        Order::Unordered => unordered::complete_starts_with_exclusions(rules, person),
        Order::Simple if person.all_steps() >> (rules.steps - 1) & 1 == 1 => {
            entry_times(rules, person)
        }
        Order::Simple => Vec::new(),
    }
}

/// Until when an attempt's next events may come: the window, and for each
/// exclusion the time of the event that would spoil it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Deadlines {
    /// The end of the window, included.
    pub(crate) window: i64,
    /// For each exclusion whose first step is done and whose second is not:
    /// the last time that second step may have.
    pub(crate) exclusions: Vec<i64>,
}

impl Deadlines {
    /// Nothing done yet.
    pub(crate) fn open(rules: &Rules) -> Self {
        Self {
            window: i64::MAX,
            exclusions: vec![i64::MAX; rules.exclusions.len()],
        }
    }

    /// After the steps `from..to` (from 0) are done at `at`; `None` when one
    /// of them comes too late.
    pub(crate) fn advance(
        &self,
        rules: &Rules,
        person: &Person,
        (from, to): (usize, usize),
        at: i64,
    ) -> Option<Self> {
        if at > self.window {
            return None;
        }
        let mut next = self.clone();
        if from == 0 {
            next.window = at.saturating_add(rules.window_ms);
        }
        for (index, (first, last)) in rules.exclusions.iter().enumerate() {
            let deadline = next.exclusions.get_mut(index)?;
            if (from..to).contains(last) {
                if *first < from && at > *deadline {
                    return None;
                }
                *deadline = i64::MAX;
            } else if (from..to).contains(first) {
                *deadline = person.excluded_after(index, at);
            }
        }
        Some(next)
    }

    /// Whether every deadline is at least as late as the other's.
    pub(crate) fn dominates(&self, other: &Self) -> bool {
        self.window >= other.window
            && self
                .exclusions
                .iter()
                .zip(&other.exclusions)
                .all(|(mine, theirs)| mine >= theirs)
    }
}
