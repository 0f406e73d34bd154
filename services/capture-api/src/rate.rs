//! How many events a second each key may send.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use identity::KeyInfo;
use parking_lot::RwLock;
use uuid::Uuid;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The limits of all keys.
#[derive(Debug)]
pub struct RateLimits {
    started: Instant,
    events_per_second_max: u32,
    keys: RwLock<HashMap<Uuid, Arc<Bucket>>>,
}

/// A key has sent more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate limit exceeded, free again in {0:?}")]
pub struct Exceeded(pub Duration);

impl RateLimits {
    /// Limits of `events_per_second_max`, for keys without one of their own.
    #[must_use]
    pub fn new(events_per_second_max: u32) -> Self {
        Self {
            started: Instant::now(),
            events_per_second_max,
            keys: RwLock::default(),
        }
    }

    /// Takes `events` from what `key` may send. A batch is taken whole as long
    /// as the key has not used up its second, and what it took beyond is paid
    /// for by waiting: so a limit smaller than a batch slows a client down
    /// and does not lock it out.
    ///
    /// # Errors
    /// [`Exceeded`] says when to come back.
    pub fn take(&self, key: Uuid, own_limit: Option<u32>, events: usize) -> Result<(), Exceeded> {
        let limit = own_limit.unwrap_or(self.events_per_second_max).max(1);
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.bucket(key).take(limit, events, now)
    }

    /// The limit of `key`, in events a second.
    #[must_use]
    pub fn limit_of(&self, key: &KeyInfo) -> u32 {
        key.events_per_second_max
            .unwrap_or(self.events_per_second_max)
    }

    fn bucket(&self, key: Uuid) -> Arc<Bucket> {
        if let Some(bucket) = self.keys.read().get(&key) {
            return Arc::clone(bucket);
        }
        Arc::clone(self.keys.write().entry(key).or_default())
    }
}

/// The moment, in nanoseconds, until which a key's events are spread out when
/// each takes its share of a second.
#[derive(Debug, Default)]
struct Bucket {
    spread_until: AtomicU64,
}

impl Bucket {
    fn take(&self, limit: u32, events: usize, now: u64) -> Result<(), Exceeded> {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        let cost = events.saturating_mul(NANOS_PER_SECOND) / u64::from(limit);
        let mut until = self.spread_until.load(Ordering::Relaxed);
        loop {
            let start = until.max(now);
            let ahead = start - now;
            if ahead >= NANOS_PER_SECOND {
                return Err(Exceeded(Duration::from_nanos(ahead - NANOS_PER_SECOND + 1)));
            }
            let next = start.saturating_add(cost);
            match self.spread_until.compare_exchange_weak(
                until,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(seen) => until = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_used_up_and_comes_back() {
        let bucket = Bucket::default();
        for _ in 0..10 {
            bucket.take(10, 1, 0).unwrap();
        }
        let Exceeded(wait) = bucket.take(10, 1, 0).unwrap_err();
        assert!(wait <= Duration::from_millis(100), "{wait:?}");
        bucket.take(10, 1, 100_000_000).unwrap();
        assert!(bucket.take(10, 1, 100_000_000).is_err());
    }

    #[test]
    fn a_batch_over_the_limit_passes_once_and_is_paid_for() {
        let bucket = Bucket::default();
        bucket.take(10, 50, 0).unwrap();
        let Exceeded(wait) = bucket.take(10, 1, 0).unwrap_err();
        assert!(wait >= Duration::from_secs(4), "{wait:?}");
        bucket.take(10, 1, 4_000_000_001).unwrap();
    }

    #[test]
    fn keys_do_not_share() {
        let limits = RateLimits::new(1);
        limits.take(Uuid::from_u128(1), None, 5).unwrap();
        assert!(limits.take(Uuid::from_u128(1), None, 1).is_err());
        limits.take(Uuid::from_u128(2), None, 1).unwrap();
    }
}
