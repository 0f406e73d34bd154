//! Different events for different steps: a matching between the two.

/// Steps matched to events, one event a step.
///
/// Steps are added one by one; an event that is taken is given up when its
/// step can take another (augmenting paths).
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching {
    /// The bits of each event.
    events: Vec<u32>,
    /// The step that each event is taken by.
    taken: Vec<Option<u32>>,
}

impl Matching {
    /// No step yet, among the given events.
    pub(crate) fn among(events: &[u32]) -> Self {
        Self {
            events: events.to_vec(),
            taken: vec![None; events.len()],
        }
    }

    /// Matches one more step, if that is possible without losing another.
    pub(crate) fn add_step(&mut self, step: u32) -> bool {
        let mut tried = vec![false; self.events.len()];
        self.place(step, &mut tried)
    }

    fn place(&mut self, step: u32, tried: &mut [bool]) -> bool {
        for index in 0..self.events.len() {
            let fits = self
                .events
                .get(index)
                .is_some_and(|mask| mask >> step & 1 == 1);
            if !fits || tried.get(index).copied().unwrap_or(true) {
                continue;
            }
            if let Some(flag) = tried.get_mut(index) {
                *flag = true;
            }
            let holder = self.taken.get(index).copied().flatten();
            if holder.is_none_or(|holder| self.place(holder, tried)) {
                if let Some(place) = self.taken.get_mut(index) {
                    *place = Some(step);
                }
                return true;
            }
        }
        false
    }
}

/// How many of the steps `from..to` can be done, one after the other, by
/// different events.
pub(crate) fn consecutive(masks: &[u32], from: usize, to: usize) -> usize {
    if let [mask] = masks {
        return usize::from(from < to && mask >> from & 1 == 1);
    }
    let present = masks.iter().fold(0, |all, mask| all | mask);
    let mut matching: Option<Matching> = None;
    for step in from..to {
        if present >> step & 1 == 0 {
            return step - from;
        }
        let step_bit = u32::try_from(step).unwrap_or(u32::MAX);
        if !matching
            .get_or_insert_with(|| Matching::among(masks))
            .add_step(step_bit)
        {
            return step - from;
        }
    }
    to.saturating_sub(from)
}

/// Whether all of a set of steps can be done by different events.
pub(crate) fn all_of(masks: &[u32], steps: u32) -> bool {
    let mut matching = Matching::among(masks);
    (0..u32::BITS)
        .filter(|step| steps >> step & 1 == 1)
        .all(|step| matching.add_step(step))
}

/// Events added in time order, each kept only if one more step is done by it.
///
/// The kept events are the earliest that do as many different steps: events
/// that can be matched form a matroid, in which taking greedily is best.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathering {
    /// The event (by its mask) that does each step.
    by_step: Vec<Option<u32>>,
    /// How many steps are done.
    pub(crate) done: usize,
}

impl Gathering {
    /// Nothing yet, for this many steps.
    pub(crate) fn of(steps: usize) -> Self {
        Self {
            by_step: vec![None; steps],
            done: 0,
        }
    }

    /// Adds an event; whether one more step is done.
    pub(crate) fn add(&mut self, mask: u32) -> bool {
        let mut tried = vec![false; self.by_step.len()];
        let added = self.place(mask, &mut tried);
        self.done += usize::from(added);
        added
    }

    fn place(&mut self, mask: u32, tried: &mut [bool]) -> bool {
        for step in 0..self.by_step.len() {
            if mask >> step & 1 == 0 || tried.get(step).copied().unwrap_or(true) {
                continue;
            }
            if let Some(flag) = tried.get_mut(step) {
                *flag = true;
            }
            let holder = self.by_step.get(step).copied().flatten();
            if holder.is_none_or(|holder| self.place(holder, tried)) {
                if let Some(place) = self.by_step.get_mut(step) {
                    *place = Some(mask);
                }
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_does_one_step() {
        assert_eq!(consecutive(&[0b11], 0, 2), 1);
        assert_eq!(consecutive(&[0b11, 0b11], 0, 2), 2);
        // The first event must leave step 0 to the second.
        assert_eq!(consecutive(&[0b11, 0b01], 0, 2), 2);
        assert_eq!(consecutive(&[0b01, 0b01], 0, 2), 1);
        assert_eq!(consecutive(&[0b10], 0, 2), 0);
        assert!(all_of(&[0b101, 0b100], 0b101));
        assert!(!all_of(&[0b101], 0b101));
    }

    #[test]
    fn gathering_reassigns_earlier_events() {
        let mut gathering = Gathering::of(2);
        assert!(gathering.add(0b11));
        assert!(gathering.add(0b01));
        assert!(!gathering.add(0b11));
        assert_eq!(gathering.done, 2);
    }
}
