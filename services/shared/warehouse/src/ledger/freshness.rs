//! How long events take from capture to queryable, as counts under bounds.

/// Upper bounds of the counts, in milliseconds; a last count has none.
pub const FRESHNESS_BOUNDS_MS: [i64; 18] = [
    50, 100, 150, 200, 250, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000,
    60_000, 600_000,
];

/// A distribution of times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    counts: [u64; FRESHNESS_BOUNDS_MS.len() + 1],
}

impl Freshness {
    /// Counts one event that took `ms`.
    pub fn add(&mut self, ms: i64) {
        let at = FRESHNESS_BOUNDS_MS.partition_point(|bound| *bound < ms);
        self.counts[at] += 1;
    }

    /// Adds counts as the ledger holds them; surplus ones are left out.
    pub fn add_counts(&mut self, counts: &[u64]) {
        for (own, other) in self.counts.iter_mut().zip(counts) {
            *own += other;
        }
    }

    /// The counts, one a bound and the open one last.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The time that the fraction `p` of events did not exceed, in
    /// milliseconds: the bound of the count it falls into, `None` without
    /// events or beyond the last bound.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<i64> {
        let total: u64 = self.counts.iter().sum();
        if total == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among counts, rounded up"
        )]
        let rank = ((p.clamp(0.0, 1.0) * total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (count, bound) in self.counts.iter().zip(FRESHNESS_BOUNDS_MS) {
            seen += count;
            if seen >= rank {
                return Some(bound);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_bound_of_its_count() {
        let mut freshness = Freshness::default();
        assert_eq!(freshness.quantile(0.5), None);
        for ms in [10, 50, 260, 260, 999_999_999] {
            freshness.add(ms);
        }
        assert_eq!(freshness.quantile(0.0), Some(50));
        assert_eq!(freshness.quantile(0.4), Some(50));
        assert_eq!(freshness.quantile(0.5), Some(300));
        assert_eq!(freshness.quantile(1.0), None);
    }
}
