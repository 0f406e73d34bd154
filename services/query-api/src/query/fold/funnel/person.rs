//! One person's events, grouped by their time.

/// The events of one millisecond: they have no order among themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The time, in milliseconds since 1970.
    pub(crate) at: i64,
    /// The bits of the steps that each event matches.
    pub(crate) masks: Vec<u32>,
}

/// One person's events in time order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    /// The events by their time.
    pub(crate) groups: Vec<Group>,
    /// The times of each exclusion's events.
    pub(crate) exclusions: Vec<Vec<i64>>,
}

impl Person {
    /// From (time, bits of steps, bits of exclusions) in time order.
    /// `keeps_others`: whether events that match no step matter.
    pub(crate) fn new(
        events: impl IntoIterator<Item = (i64, u32, u32)>,
        exclusions: usize,
        keeps_others: bool,
    ) -> Self {
        let mut person = Self {
            groups: Vec::new(),
            exclusions: vec![Vec::new(); exclusions],
        };
        for (at, steps, excluded) in events {
            for (index, times) in person.exclusions.iter_mut().enumerate() {
                if excluded >> index & 1 == 1 {
                    times.push(at);
                }
            }
            if steps == 0 && !keeps_others {
                continue;
            }
            match person.groups.last_mut() {
                Some(group) if group.at == at => group.masks.push(steps),
                _ => person.groups.push(Group {
                    at,
                    masks: vec![steps],
                }),
            }
        }
        person
    }

    /// The first event of an exclusion after an instant, for ever when there
    /// is none. A step at that very time is not spoiled by it.
    pub(crate) fn excluded_after(&self, exclusion: usize, at: i64) -> i64 {
        let Some(times) = self.exclusions.get(exclusion) else {
            return i64::MAX;
        };
        times
            .get(times.partition_point(|time| *time <= at))
            .copied()
            .unwrap_or(i64::MAX)
    }

    /// The bits of all steps that any event matches.
    pub(crate) fn all_steps(&self) -> u32 {
        self.groups
            .iter()
            .flat_map(|group| &group.masks)
            .fold(0, |all, mask| all | mask)
    }
}
