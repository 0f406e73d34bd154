//! How often somebody may try: a token bucket for each key, by our own clock.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use service_kit::Clock;

/// Keys remembered at once; the least used are forgotten first.
const KEYS_MAX: u64 = 100_000;

/// `burst` attempts at once, then one every `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Attempts that may come at once.
    pub burst: u32,
    /// How soon one comes back.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
}

impl Rule {
    /// `burst` attempts at once, then one every `every`.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }
}

/// Counts attempts by key.
#[derive(Clone, Debug)]
pub struct Limiter {
    rule: Rule,
    clock: Clock,
    buckets: Cache<String, Arc<Mutex<Bucket>>>,
}

/// When the bucket will be full again, in milliseconds since the epoch: all
/// there is to know of one.
#[derive(Debug, Default)]
struct Bucket {
    full_at_ms: i64,
}

/// Too often; worth trying again after this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// Until the next attempt is allowed.
    pub wait: Duration,
}

/// An attempt that was counted.
#[derive(Debug)]
pub struct Attempt {
    bucket: Arc<Mutex<Bucket>>,
    cost_ms: i64,
}

impl Attempt {
    /// Takes the attempt back: it does not count.
    pub fn forgive(self) {
        self.bucket.lock().full_at_ms -= self.cost_ms;
    }
}

impl Limiter {
    /// With no attempts so far.
    #[must_use]
    pub fn new(rule: Rule, clock: Clock) -> Self {
        // Afterwards a bucket is full, as a new one is.
        let idle = rule
            .every
            .saturating_mul(rule.burst)
            .max(Duration::from_secs(1));
        let buckets = Cache::builder()
            .max_capacity(KEYS_MAX)
            .time_to_idle(idle)
            .build();
        Self {
            rule,
            clock,
            buckets,
        }
    }

    /// Counts an attempt of `key`.
    ///
    /// # Errors
    /// [`TooOften`] when there were too many; that one does not count.
    pub fn attempt(&self, key: &str) -> Result<Attempt, TooOften> {
        let bucket = self.buckets.get_with_by_ref(key, Arc::default);
        let cost_ms = millis(self.rule.every);
        let room_ms = cost_ms.saturating_mul(i64::from(self.rule.burst));
        let now = self.clock.now_ms();
        {
            let mut state = bucket.lock();
            let full_at = state.full_at_ms.max(now) + cost_ms;
            let excess = full_at - now - room_ms;
            if excess > 0 {
                return Err(TooOften {
                    wait: Duration::from_millis(excess.unsigned_abs()),
                });
            }
            state.full_at_ms = full_at;
        }
        Ok(Attempt { bucket, cost_ms })
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn limiter() -> (Limiter, Clock) {
        let clock = Clock::manual(DateTime::from_timestamp(1_000_000, 0).unwrap());
        (
            Limiter::new(Rule::new(3, Duration::from_secs(10)), clock.clone()),
            clock,
        )
    }

    #[test]
    fn allows_a_burst_and_then_one_at_a_time() {
        let (limiter, clock) = limiter();
        for _ in 0..3 {
            limiter.attempt("a").unwrap();
        }
        assert_eq!(
            limiter.attempt("a").unwrap_err().wait,
            Duration::from_secs(10)
        );
        assert!(limiter.attempt("b").is_ok());
        clock.advance(Duration::from_secs(9));
        assert_eq!(
            limiter.attempt("a").unwrap_err().wait,
            Duration::from_secs(1)
        );
        clock.advance(Duration::from_secs(1));
        assert!(limiter.attempt("a").is_ok());
        assert!(limiter.attempt("a").is_err());
        clock.advance(Duration::from_secs(1_000));
        assert_eq!((0..9).filter(|_| limiter.attempt("a").is_ok()).count(), 3);
    }

    #[test]
    fn what_is_forgiven_does_not_count() {
        let (limiter, _) = limiter();
        for _ in 0..10 {
            limiter.attempt("a").unwrap().forgive();
        }
        assert_eq!((0..9).filter(|_| limiter.attempt("a").is_ok()).count(), 3);
    }
}
