//! Steps one after the other, other events in between being fine.

use super::chain::{Deadlines, Rules};
use super::matching::consecutive;
use super::person::{Group, Person};
use std::collections::HashSet;

/// The times of the first best chain.
pub(crate) fn best_chain(rules: &Rules, person: &Person) -> Vec<i64> {
    let reached = highest_step(rules, person);
    if reached == 0 {
        return Vec::new();
    }
    let mut search = Search::new(rules, person, reached);
    let starts = candidates(rules, person, reached);
    starts
        .into_iter()
        .find_map(|start| search.starting_at(start))
        .unwrap_or_default()
}

/// The times at which an attempt starts that reaches the last step.
pub(crate) fn complete_starts(rules: &Rules, person: &Person) -> Vec<i64> {
    let mut search = Search::new(rules, person, rules.steps);
    let starts = candidates(rules, person, rules.steps);
    let complete = starts
        .into_iter()
        .filter(|start| search.starting_at(*start).is_some());
    complete
        .filter_map(|start| person.groups.get(start))
        .map(|group| group.at)
        .collect()
}

/// The highest step that the person reached.
///
/// For each number of done steps, those deadlines are kept that no other
/// attempt as far beats. Without exclusions that is one: the latest start.
fn highest_step(rules: &Rules, person: &Person) -> usize {
    let mut open: Vec<Vec<Deadlines>> = vec![Vec::new(); rules.steps + 1];
    if let Some(none_done) = open.first_mut() {
        none_done.push(Deadlines::open(rules));
    }
    let mut highest = 0;
    for group in &person.groups {
        let mut reached = Vec::new();
        for (done, attempts) in open.iter().enumerate() {
            if attempts.is_empty() {
                continue;
            }
            let more = consecutive(&group.masks, done, rules.steps);
            for to in done + 1..=done + more {
                for attempt in attempts {
                    let next = attempt.advance(rules, person, (done, to), group.at);
                    reached.extend(next.map(|next| (to, next)));
                }
            }
        }
        for (done, attempt) in reached {
            highest = highest.max(done);
            if let Some(attempts) = open.get_mut(done) {
                keep(attempts, attempt, group.at);
            }
        }
    }
    highest
}

/// Adds an attempt unless another is at least as good; drops what it beats
/// and what is over.
pub(super) fn keep(attempts: &mut Vec<Deadlines>, attempt: Deadlines, now: i64) {
    if attempts.iter().any(|other| other.dominates(&attempt)) {
        return;
    }
    attempts.retain(|other| other.window >= now && !attempt.dominates(other));
    attempts.push(attempt);
}

/// The groups from which a chain of `reached` steps may start: exactly those
/// without exclusions, more than those with them.
///
/// From the last group back, the earliest end of the steps from each one on.
fn candidates(rules: &Rules, person: &Person, reached: usize) -> Vec<usize> {
    let mut ends = vec![i64::MAX; reached];
    let mut starts = Vec::new();
    for (index, group) in person.groups.iter().enumerate().rev() {
        let ends_before = ends.clone();
        for (step, end) in ends.iter_mut().enumerate() {
            let here = end_from(group, step, &ends_before);
            *end = here.min(*end);
            if step == 0 && here.saturating_sub(group.at) <= rules.window_ms && here != i64::MAX {
                starts.push(index);
            }
        }
    }
    starts.reverse();
    starts
}

/// The earliest end of the steps from `step` on, the first of them in this
/// group, the rest here or later.
fn end_from(group: &Group, step: usize, later: &[i64]) -> i64 {
    let more = consecutive(&group.masks, step, later.len());
    if more == 0 {
        return i64::MAX;
    }
    // Doing as many as possible at once is never worse.
    later.get(step + more).copied().unwrap_or(group.at)
}

/// A search for the first chain, in the order of its times, that reaches a
/// given step. Dead ends are remembered.
struct Search<'a> {
    rules: &'a Rules,
    person: &'a Person,
    target: usize,
    dead: HashSet<(usize, usize, Deadlines)>,
}

impl<'a> Search<'a> {
    fn new(rules: &'a Rules, person: &'a Person, target: usize) -> Self {
        Self {
            rules,
            person,
            target,
            dead: HashSet::new(),
        }
    }

    /// The first chain whose first event is in the group `start`.
    fn starting_at(&mut self, start: usize) -> Option<Vec<i64>> {
        let mut times = Vec::with_capacity(self.target);
        let open = Deadlines::open(self.rules);
        self.take(start, 0, &open, &mut times).then_some(times)
    }

    /// Does the steps from `done` on in this group and later ones: as many as
    /// possible here, fewer when that leads nowhere.
    fn take(
        &mut self,
        group: usize,
        done: usize,
        deadlines: &Deadlines,
        times: &mut Vec<i64>,
    ) -> bool {
        let Some(here) = self.person.groups.get(group) else {
            return false;
        };
        let more = consecutive(&here.masks, done, self.target);
        for to in (done + 1..=done + more).rev() {
            let Some(next) = deadlines.advance(self.rules, self.person, (done, to), here.at) else {
                continue;
            };
            times.resize(to, here.at);
            if to == self.target || self.continue_after(group, to, &next, times) {
                return true;
            }
            times.truncate(done);
        }
        false
    }

    /// Does the steps from `done` on in the groups after this one.
    fn continue_after(
        &mut self,
        group: usize,
        done: usize,
        deadlines: &Deadlines,
        times: &mut Vec<i64>,
    ) -> bool {
        let state = (group, done, deadlines.clone());
        if self.dead.contains(&state) {
            return false;
        }
        for next in group + 1..self.person.groups.len() {
            let at = self
                .person
                .groups
                .get(next)
                .map_or(i64::MAX, |group| group.at);
            if at > deadlines.window {
                break;
            }
            if self.take(next, done, deadlines, times) {
                return true;
            }
        }
        self.dead.insert(state);
        false
    }
}

#[cfg(test)]
#[path = "ordered_tests.rs"]
mod tests;
