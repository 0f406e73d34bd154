//! Ordered funnels of persons who never do two things at once: most persons of
//! most funnels. The same chain as [`super::ordered`] finds, in two passes over
//! numbers and without memory of its own.

use super::Rules;
use crate::query::model::Order;

/// Steps that fit: what a packed event has bits for.
const STEPS_MAX: usize = 32;

/// Whether such a funnel asks for no more than is done here.
pub(crate) fn is_plain(rules: &Rules) -> bool {
    rules.order == Order::Ordered && rules.exclusions.is_empty() && rules.steps <= STEPS_MAX
}

/// Puts the times of the first best chain into `chain`. `events` are (time,
/// bits of steps) in time order; `false` when two have the same time, which
/// is not for here.
pub(crate) fn best_chain(
    rules: &Rules,
    events: impl DoubleEndedIterator<Item = (i64, u32)> + Clone,
    chain: &mut Vec<i64>,
) -> bool {
    chain.clear();
    let Some(reached) = highest_step(rules, events.clone()) else {
        return false;
    };
    let Some(start) = first_start(rules, events.clone(), reached) else {
        return true;
    };
    for (at, steps) in events.skip_while(|(at, _)| *at < start) {
        if steps >> chain.len() & 1 == 1 {
            chain.push(at);
            if chain.len() == reached {
                break;
            }
        }
    }
    true
}

/// The highest step that is reached; `None` when two events have the same
/// time. For each number of steps done, the latest start is never worse.
fn highest_step(rules: &Rules, events: impl Iterator<Item = (i64, u32)>) -> Option<usize> {
    let mut starts = [None; STEPS_MAX + 1];
    let starts = starts.get_mut(..=rules.steps)?;
    let mut last = None;
    for (at, steps) in events {
        if last.replace(at) == Some(at) {
            return None;
        }
        // From the last step down: an event does one of them.
        for done in (1..rules.steps).rev() {
            let start = starts.get(done).copied().flatten();
            let start = start.filter(|start| at - start <= rules.window_ms);
            if let (Some(start), Some(next)) = (start, starts.get_mut(done + 1))
                && steps >> done & 1 == 1
            {
                *next = (*next).max(Some(start));
            }
        }
        if let (1, Some(first)) = (steps & 1, starts.get_mut(1)) {
            *first = Some(at);
        }
    }
    Some(starts.iter().rposition(Option::is_some).unwrap_or(0))
}

/// The first event from which a chain of `reached` steps goes. From the last
/// event back, the earliest end of the steps from each one on.
fn first_start(
    rules: &Rules,
    events: impl DoubleEndedIterator<Item = (i64, u32)>,
    reached: usize,
) -> Option<i64> {
    let mut ends = [i64::MAX; STEPS_MAX + 1];
    let mut first = None;
    for (at, steps) in events.rev() {
        // The end of nothing more to do.
        if let Some(end) = ends.get_mut(reached) {
            *end = at;
        }
        for step in 0..reached {
            let end = ends.get(step + 1).copied().unwrap_or(i64::MAX);
            if steps >> step & 1 == 1 && end != i64::MAX {
                if let Some(mine) = ends.get_mut(step) {
                    *mine = end.min(*mine);
                }
                if step == 0 && end - at <= rules.window_ms {
                    first = Some(at);
                }
            }
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::super::{Person, best_chain as any_chain};
    use super::*;

    fn rules(steps: usize, window_ms: i64) -> Rules {
        Rules {
            steps,
            window_ms,
            order: Order::Ordered,
            exclusions: Vec::new(),
        }
    }

    /// Every funnel of up to three steps over every person of up to five events.
    #[test]
    fn it_is_the_chain_that_the_general_search_finds() {
        let mut chain = Vec::new();
        let mut compared = 0;
        for steps in 1..=3_usize {
            let masks = 1_u32 << steps;
            for window_ms in [1, 2, 4, 10] {
                let rules = rules(steps, window_ms);
                for length in 0..=5_u32 {
                    for which in 0..masks.pow(length) {
                        let events: Vec<(i64, u32)> = (0..length)
                            .map(|place| (i64::from(place), which / masks.pow(place) % masks))
                            .collect();
                        assert!(best_chain(&rules, events.iter().copied(), &mut chain));
                        let events = events.iter().map(|(at, steps)| (*at, *steps, 0));
                        let person = Person::new(events, 0, false);
                        assert_eq!(chain, any_chain(&rules, &person), "{rules:?} {person:?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 100_000, "{compared}");
    }

    #[test]
    fn two_events_of_one_time_are_not_for_here() {
        let events = [(1, 1), (1, 2)];
        let mut chain = Vec::new();
        assert!(!best_chain(
            &rules(2, 10),
            events.iter().copied(),
            &mut chain
        ));
    }
}
