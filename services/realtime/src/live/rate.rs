//! How many events came lately.

/// Seconds and minutes that are looked back.
const SECONDS: usize = 60;
const MINUTES: usize = 30;

/// Events by second and by minute of arrival, for the last minute and the last
/// half hour.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    seconds: Ring<SECONDS>,
    minutes: Ring<MINUTES>,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            seconds: Ring::new(),
            minutes: Ring::new(),
        }
    }
}

impl Rate {
    /// Counts an event that arrived at `ms`.
    pub(super) fn note(&mut self, ms: i64) {
        self.seconds.add(ms.div_euclid(1_000));
        self.minutes.add(ms.div_euclid(60_000));
    }

    /// Events of the 60 seconds up to `now_ms`.
    pub(super) fn last_minute(&self, now_ms: i64) -> u64 {
        let now = now_ms.div_euclid(1_000);
        self.seconds.until(now).map(|(_, count)| count).sum()
    }

    /// For each of the last minutes its start (ms) and its events, oldest first.
    pub(super) fn by_minute(&self, now_ms: i64) -> impl Iterator<Item = (i64, u64)> {
        let now = now_ms.div_euclid(60_000);
        self.minutes
            .until(now)
            .map(|(minute, count)| (minute * 60_000, count))
    }
}

/// Counts of the last `N` units of time; one that is reused forgets.
#[derive(Clone, Debug)]
struct Ring<const N: usize> {
    counts: [(i64, u64); N],
}

impl<const N: usize> Ring<N> {
    const fn new() -> Self {
        Self {
            counts: [(i64::MIN, 0); N],
        }
    }

    fn place(at: i64) -> usize {
        usize::try_from(at.rem_euclid(i64::try_from(N).unwrap_or(1))).unwrap_or(0)
    }

    fn add(&mut self, at: i64) {
        if let Some(slot) = self.counts.get_mut(Self::place(at)) {
            match slot.0.cmp(&at) {
                std::cmp::Ordering::Less => *slot = (at, 1),
                std::cmp::Ordering::Equal => slot.1 += 1,
                // Older than what is looked back.
                std::cmp::Ordering::Greater => {}
            }
        }
    }

    fn until(&self, now: i64) -> impl Iterator<Item = (i64, u64)> {
        let first = now - i64::try_from(N).unwrap_or(1) + 1;
        (first..=now).map(|at| match self.counts.get(Self::place(at)) {
            Some((found, count)) if *found == at => (at, *count),
            _ => (at, 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_last_minute_and_forgets_what_is_older() {
        let mut rate = Rate::default();
        for second in 0..100 {
            rate.note(second * 1_000);
        }
        assert_eq!(rate.last_minute(99_999), 60);
        assert_eq!(rate.last_minute(120_000), 39);
        assert_eq!(rate.last_minute(1_000_000), 0);
        let minutes: Vec<_> = rate.by_minute(99_999).collect();
        assert_eq!(minutes.len(), MINUTES);
        assert_eq!(minutes[MINUTES - 2..], [(0, 60), (60_000, 40)]);
        // Late ones do not disturb newer ones.
        rate.note(5_000);
        assert_eq!(rate.last_minute(99_999), 60);
    }
}
