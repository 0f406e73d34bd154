//! Chains of one person's events through the steps of a funnel: all of them.

use super::Event;
use super::filter::selects;
use chrono_tz::Tz;
use serde_json::Value;

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
    pub(crate) fn chains(&self, events: &[&Event]) -> Vec<Vec<i64>> {
        let mut found = Vec::new();
        self.extend(events, &mut Vec::new(), &mut Vec::new(), &mut found);
        found
    }

    /// Tries every event as the next one. `done`: the steps in the order in
    /// which they were done; `chosen`: the events that did them.
    fn extend(
        &self,
        events: &[&Event],
        done: &mut Vec<usize>,
        chosen: &mut Vec<usize>,
        found: &mut Vec<Vec<i64>>,
    ) {
        let steps: Vec<usize> = match self.order {
            "unordered" => (0..self.steps.len())
                .filter(|step| !done.contains(step))
                .collect(),
            _ => (done.len()..self.steps.len()).take(1).collect(),
        };
        for step in steps {
            for index in 0..events.len() {
                if chosen.contains(&index) || !self.matches(step, events[index]) {
                    continue;
                }
                done.push(step);
                chosen.push(index);
                if self.is_valid(events, chosen) {
                    found.push(chosen.iter().map(|index| events[*index].at).collect());
                    self.extend(events, done, chosen, found);
                }
                done.pop();
                chosen.pop();
            }
        }
    }

    /// Whether a chain keeps the definitions. What a longer chain needs of its
    /// beginning, the beginning needs too.
    fn is_valid(&self, events: &[&Event], chosen: &[usize]) -> bool {
        let times: Vec<i64> = chosen.iter().map(|index| events[*index].at).collect();
        let in_order = times.windows(2).all(|pair| pair[0] <= pair[1]);
        let (first, last) = (times[0], times[times.len() - 1]);
        if !in_order || last - first > self.window_ms {
            return false;
        }
        // Of equal times the order is free: only what lies strictly between
        // the first and the last must stand between two steps.
        let interrupted = events
            .iter()
            .enumerate()
            .any(|(index, event)| !chosen.contains(&index) && event.at > first && event.at < last);
        if self.order == "strict" && interrupted {
            return false;
        }
        self.exclusions.iter().all(|exclusion| {
            let from = exclusion["from_step"].as_u64().unwrap_or(1) as usize - 1;
            let to = exclusion["to_step"]
                .as_u64()
                .unwrap_or(self.steps.len() as u64) as usize
                - 1;
            to >= times.len()
                || !events.iter().any(|event| {
                    selects(exclusion, event, self.zone)
                        && event.at > times[from]
                        && event.at < times[to]
                })
        })
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

    /// Whether a person reached a step (from 0).
    pub(crate) fn reaches(&self, events: &[&Event], step: usize) -> bool {
        if self.order == "simple" {
            return events.iter().any(|event| self.matches(step, event));
        }
        self.best(events).len() > step
    }
}
