//! Steps one after the other without any other event in between.

use super::chain::{Deadlines, Rules};
use super::matching::consecutive;
use super::person::Person;

/// The times of the first best chain.
pub(crate) fn best_chain(rules: &Rules, person: &Person) -> Vec<i64> {
    let mut best = Vec::new();
    for start in 0..person.groups.len() {
        let chain = longest_from(rules, person, start);
        if chain.len() > best.len() {
            best = chain;
        }
    }
    best
}

/// The times at which an attempt starts that reaches the last step.
pub(crate) fn complete_starts(rules: &Rules, person: &Person) -> Vec<i64> {
    (0..person.groups.len())
        .filter(|start| longest_from(rules, person, *start).len() == rules.steps)
        .filter_map(|start| person.groups.get(start))
        .map(|group| group.at)
        .collect()
}

/// The longest chain that starts in a group, the earliest of these.
///
/// Events of the first group that are not in the chain count as before it.
/// How many steps are done in the first group decides all the rest; more of
/// them means earlier times.
fn longest_from(rules: &Rules, person: &Person, start: usize) -> Vec<i64> {
    let Some(group) = person.groups.get(start) else {
        return Vec::new();
    };
    let most = consecutive(&group.masks, 0, rules.steps);
    let mut best = Vec::new();
    for first in (1..=most).rev() {
        let chain = follow(rules, person, start, first);
        if chain.len() > best.len() {
            best = chain;
        }
    }
    best
}

/// The chain with exactly `first` steps done in the group `start`.
fn follow(rules: &Rules, person: &Person, start: usize, first: usize) -> Vec<i64> {
    let mut times: Vec<i64> = Vec::with_capacity(rules.steps);
    let mut deadlines = Deadlines::open(rules);
    for (index, group) in person.groups.iter().enumerate().skip(start) {
        let done = times.len();
        let more = if index == start {
            first
        } else {
            consecutive(&group.masks, done, rules.steps)
        };
        // Step by step, so that a deadline cuts the chain where it lies.
        let mut to = done;
        let from = deadlines.clone();
        while to < done + more {
            match from.advance(rules, person, (done, to + 1), group.at) {
                Some(next) => deadlines = next,
                None => break,
            }
            to += 1;
        }
        times.resize(to, group.at);
        // Only the first group may hold events before the chain; in any other
        // an event that is not in the chain ends it.
        let whole = index == start || to - done == group.masks.len();
        if times.len() == rules.steps || !whole || to == done {
            break;
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::model::Order;

    fn chain(steps: usize, events: &[(i64, u32)]) -> Vec<i64> {
        let rules = Rules {
            steps,
            window_ms: 100,
            order: Order::Strict,
            exclusions: Vec::new(),
        };
        let person = Person::new(events.iter().map(|(at, mask)| (*at, *mask, 0)), 0, true);
        best_chain(&rules, &person)
    }

    #[test]
    fn another_event_in_between_ends_the_chain() {
        assert_eq!(chain(2, &[(0, 1), (1, 2)]), [0, 1]);
        assert_eq!(chain(2, &[(0, 1), (1, 0), (2, 2)]), [0]);
        assert_eq!(chain(2, &[(0, 1), (1, 1), (2, 2)]), [1, 2]);
        assert_eq!(chain(3, &[(0, 1), (1, 2), (2, 0), (3, 4)]), [0, 1]);
    }

    #[test]
    fn ties_are_ordered_in_favour_of_the_chain() {
        // The other event of a tie may come before the first or after the last.
        assert_eq!(chain(2, &[(0, 0), (0, 1), (1, 2), (1, 0)]), [0, 1]);
        assert_eq!(chain(2, &[(0, 0), (0, 1), (0, 2)]), [0, 0]);
        // In the middle of a chain there is no such place.
        assert_eq!(chain(3, &[(0, 1), (1, 2), (1, 0), (2, 4)]), [0, 1]);
        // Both events of the tie are steps.
        assert_eq!(chain(4, &[(0, 1), (1, 4), (1, 2), (2, 8)]), [0, 1, 1, 2]);
    }

    #[test]
    fn fewer_steps_in_the_first_tie_may_lead_further() {
        // Both at 0 could be steps 1 and 2, but then 2 at 1 is in the way.
        let events = [(0, 1), (0, 2), (1, 2), (2, 4)];
        assert_eq!(chain(3, &events), [0, 1, 2]);
    }
}
