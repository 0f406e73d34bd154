//! Chains of one person's events through the steps of a funnel: all of them.

use super::Event;
use super::filter::selects;
use chrono_tz::Tz;
use serde_json::Value;
use std::collections::BTreeSet;

/// A funnel as the request states it.
pub(crate) struct Rules<'a> {
    pub(crate) steps: &'a [Value],
    pub(crate) window_ms: i64,
    pub(crate) order: &'a str,
    pub(crate) exclusions: &'a [Value],
    pub(crate) zone: Tz,
}

impl<'a> Rules<'a> {
    pub(crate) fn of(params: &'a Value, zone: Tz) -> Self {
        Self {
            steps: params["steps"].as_array().unwrap(),
            window_ms: params["window_seconds"].as_i64().unwrap_or(30 * 86_400) * 1_000,
            order: params["order"].as_str().unwrap_or("ordered"),
            exclusions: params["exclusions"].as_array().map_or(&[], Vec::as_slice),
            zone,
        }
    }

    pub(crate) fn matches(&self, step: usize, event: &Event) -> bool {
        selects(&self.steps[step], event, self.zone)
    }

    /// The times of every chain of one person's events, of every length.
    pub(crate) fn chains(&self, events: &[&Event]) -> BTreeSet<Vec<i64>> {
        let each = |of: &dyn Fn(&Event) -> bool| events.iter().map(|event| of(event)).collect();
        let mut search = Search {
            rules: self,
            times: events.iter().map(|event| event.at).collect(),
            fitting: (0..self.steps.len())
                .map(|step| each(&|event| self.matches(step, event)))
                .collect(),
            excluded: self
                .exclusions
                .iter()
                .map(|exclusion| each(&|event| selects(exclusion, event, self.zone)))
                .collect(),
            found: BTreeSet::new(),
        };
        search.extend(&mut Vec::new(), &mut Vec::new());
        search.found
    }

    /// The first best chain: the longest, of these the one with the earliest
    /// times.
    pub(crate) fn best(&self, events: &[&Event]) -> Vec<i64> {
        if self.order == "simple" {
            return Vec::new();
        }
        let chains = self.chains(events);
        let longest = chains.iter().map(Vec::len).max().unwrap_or(0);
        chains
            .into_iter()
            .filter(|chain| chain.len() == longest)
            .min()
            .unwrap_or_default()
    }

    /// Of each step, whether a person reached it.
    pub(crate) fn reached(&self, events: &[&Event]) -> Vec<bool> {
        let steps = 0..self.steps.len();
        if self.order == "simple" {
            return steps
                .map(|step| events.iter().any(|event| self.matches(step, event)))
                .collect();
        }
        let longest = self.best(events).len();
        steps.map(|step| longest > step).collect()
    }
}

/// All chains of one person's events, tried one after the other.
struct Search<'a> {
    rules: &'a Rules<'a>,
    times: Vec<i64>,
    /// Of each step, which events do it.
    fitting: Vec<Vec<bool>>,
    /// Of each exclusion, which events it means.
    excluded: Vec<Vec<bool>>,
    found: BTreeSet<Vec<i64>>,
}

impl Search<'_> {
    /// Tries every event as the next one. `done`: the steps in the order in
    /// which they were done; `chosen`: the events that did them.
    fn extend(&mut self, done: &mut Vec<usize>, chosen: &mut Vec<usize>) {
        let count = self.fitting.len();
        let steps: Vec<usize> = match self.rules.order {
            "unordered" => (0..count).filter(|step| !done.contains(step)).collect(),
            _ => (done.len()..count).take(1).collect(),
        };
        for step in steps {
            for index in 0..self.times.len() {
                if chosen.contains(&index) || !self.fitting[step][index] {
                    continue;
                }
                done.push(step);
                chosen.push(index);
                let times: Vec<i64> = chosen.iter().map(|index| self.times[*index]).collect();
                if self.is_valid(chosen, &times) {
                    self.found.insert(times);
                    self.extend(done, chosen);
                }
                done.pop();
                chosen.pop();
            }
        }
    }

    /// Whether a chain keeps the definitions. What a longer chain needs of its
    /// beginning, the beginning needs too.
    fn is_valid(&self, chosen: &[usize], times: &[i64]) -> bool {
        let in_order = times.windows(2).all(|pair| pair[0] <= pair[1]);
        let (first, last) = (times[0], times[times.len() - 1]);
        if !in_order || last - first > self.rules.window_ms {
            return false;
        }
        // Of equal times the order is free: only what lies strictly between
        // the first and the last must stand between two steps.
        let between = |from: i64, to: i64| {
            let all = self.times.iter().enumerate();
            all.filter(move |(_, at)| **at > from && **at < to)
                .map(|(index, _)| index)
        };
        if self.rules.order == "strict"
            && between(first, last).any(|index| !chosen.contains(&index))
        {
            return false;
        }
        let exclusions = self.rules.exclusions.iter().zip(&self.excluded);
        exclusions.into_iter().all(|(exclusion, excluded)| {
            let place = |name: &str, default: usize| {
                exclusion[name]
                    .as_u64()
                    .map_or(default, |step| step as usize)
                    - 1
            };
            let (from, to) = (
                place("from_step", 1),
                place("to_step", self.rules.steps.len()),
            );
            to >= times.len() || !between(times[from], times[to]).any(|index| excluded[index])
        })
    }
}
