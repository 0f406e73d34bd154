//! Steps in any order, inside one window.

use super::chain::{Deadlines, Rules};
use super::matching::{Gathering, all_of};
use super::person::Person;
use std::collections::HashMap;

/// The times of the first best chain: the chosen events' times in order.
pub(crate) fn best_chain(rules: &Rules, person: &Person) -> Vec<i64> {
    let mut best: Vec<i64> = Vec::new();
    for start in 0..person.groups.len() {
        let chain = chain_from(rules, person, start);
        if chain.len() > best.len() {
            best = chain;
        }
        if best.len() == rules.steps {
            break;
        }
    }
    best
}

/// The times at which an attempt starts that does all steps.
pub(crate) fn complete_starts(rules: &Rules, person: &Person) -> Vec<i64> {
    (0..person.groups.len())
        .filter(|start| chain_from(rules, person, *start).len() == rules.steps)
        .filter_map(|start| person.groups.get(start))
        .map(|group| group.at)
        .collect()
}

/// The earliest events of the window that begins with a group that do as many
/// different steps as possible.
fn chain_from(rules: &Rules, person: &Person, start: usize) -> Vec<i64> {
    let Some(first) = person.groups.get(start) else {
        return Vec::new();
    };
    let last = first.at.saturating_add(rules.window_ms);
    let mut gathering = Gathering::of(rules.steps);
    let mut times = Vec::new();
    for group in person
        .groups
        .iter()
        .skip(start)
        .take_while(|group| group.at <= last)
    {
        for mask in &group.masks {
            if gathering.add(*mask) {
                times.push(group.at);
            }
        }
        if gathering.done == rules.steps {
            break;
        }
    }
    times
}

/// As [`best_chain`], where exclusions lie between the i-th and the k-th step
/// that was done.
pub(crate) fn best_chain_with_exclusions(rules: &Rules, person: &Person) -> Vec<i64> {
    let mut search = Search {
        rules,
        person,
        known: HashMap::new(),
    };
    let mut best: Vec<i64> = Vec::new();
    for start in 0..person.groups.len() {
        let chain = search.starting_at(start);
        if chain.len() > best.len() {
            best = chain;
        }
    }
    best
}

/// As [`complete_starts`] with exclusions.
pub(crate) fn complete_starts_with_exclusions(rules: &Rules, person: &Person) -> Vec<i64> {
    let mut search = Search {
        rules,
        person,
        known: HashMap::new(),
    };
    (0..person.groups.len())
        .filter(|start| search.starting_at(*start).len() == rules.steps)
        .filter_map(|start| person.groups.get(start))
        .map(|group| group.at)
        .collect()
}

/// A search over sets of done steps, with what is known of each.
struct Search<'a> {
    rules: &'a Rules,
    person: &'a Person,
    known: HashMap<(usize, u32, Deadlines), Vec<i64>>,
}

impl Search<'_> {
    /// The longest chain that starts in a group, the earliest of these.
    fn starting_at(&mut self, start: usize) -> Vec<i64> {
        self.take(start, 0, &Deadlines::open(self.rules))
    }

    /// The best continuation whose next event lies in this group.
    fn take(&mut self, group: usize, done: u32, deadlines: &Deadlines) -> Vec<i64> {
        let Some(here) = self.person.groups.get(group) else {
            return Vec::new();
        };
        let present = here.masks.iter().fold(0, |all, mask| all | mask) & !done;
        let count = |set: u32| usize::try_from(set.count_ones()).unwrap_or(0);
        let mut best: Vec<i64> = Vec::new();
        // Every set of steps that this group's events can do.
        let mut set = present;
        while set != 0 {
            let range = (count(done), count(done | set));
            if all_of(&here.masks, set)
                && let Some(next) = deadlines.advance(self.rules, self.person, range, here.at)
            {
                let mut chain = vec![here.at; count(set)];
                chain.extend(self.after(group, done | set, &next));
                if is_better(&chain, &best) {
                    best = chain;
                }
            }
            set = (set - 1) & present;
        }
        best
    }

    /// The best continuation in the groups after this one.
    fn after(&mut self, group: usize, done: u32, deadlines: &Deadlines) -> Vec<i64> {
        let state = (group, done, deadlines.clone());
        if let Some(known) = self.known.get(&state) {
            return known.clone();
        }
        let mut best = Vec::new();
        for next in group + 1..self.person.groups.len() {
            let at = self
                .person
                .groups
                .get(next)
                .map_or(i64::MAX, |group| group.at);
            if at > deadlines.window {
                break;
            }
            let chain = self.take(next, done, deadlines);
            if is_better(&chain, &best) {
                best = chain;
            }
        }
        self.known.insert(state, best.clone());
        best
    }
}

/// More steps, or as many and earlier.
fn is_better(chain: &[i64], than: &[i64]) -> bool {
    chain.len() > than.len() || (chain.len() == than.len() && chain < than)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::model::Order;

    fn rules(steps: usize, exclusions: &[(usize, usize)]) -> Rules {
        Rules {
            steps,
            window_ms: 10,
            order: Order::Unordered,
            exclusions: exclusions.to_vec(),
        }
    }

    fn person(events: &[(i64, u32, u32)]) -> Person {
        Person::new(events.iter().copied(), 1, false)
    }

    #[test]
    fn any_order_inside_one_window_by_different_events() {
        assert_eq!(
            best_chain(&rules(2, &[]), &person(&[(0, 2, 0), (5, 1, 0)])),
            [0, 5]
        );
        assert_eq!(best_chain(&rules(2, &[]), &person(&[(0, 3, 0)])), [0]);
        assert_eq!(
            best_chain(&rules(2, &[]), &person(&[(0, 2, 0), (11, 1, 0)])),
            [0]
        );
        assert_eq!(
            best_chain(&rules(2, &[]), &person(&[(0, 3, 0), (3, 1, 0), (4, 2, 0)])),
            [0, 3]
        );
    }

    #[test]
    fn both_searches_agree_without_exclusions() {
        let events = [
            (0, 3, 0),
            (0, 1, 0),
            (4, 6, 0),
            (9, 4, 0),
            (12, 1, 0),
            (13, 2, 0),
        ];
        let person = person(&events);
        let rules = rules(3, &[]);
        assert_eq!(
            best_chain(&rules, &person),
            best_chain_with_exclusions(&rules, &person)
        );
        assert_eq!(
            complete_starts(&rules, &person),
            complete_starts_with_exclusions(&rules, &person)
        );
    }

    #[test]
    fn an_exclusion_lies_between_the_times_in_order() {
        let spoiled = person(&[(0, 2, 0), (3, 0, 1), (5, 1, 0)]);
        assert_eq!(
            best_chain_with_exclusions(&rules(2, &[(0, 1)]), &spoiled),
            [0]
        );
        let tie = person(&[(0, 2, 0), (5, 0, 1), (5, 1, 0)]);
        assert_eq!(
            best_chain_with_exclusions(&rules(2, &[(0, 1)]), &tie),
            [0, 5]
        );
    }
}
