//! Identical queries in flight run once.

use super::{Envelope, Failure};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

type Outcome = Result<Arc<Envelope>, Failure>;
type Work = BoxFuture<'static, Outcome>;

/// The queries in flight, by their key. A flight lives as long as somebody
/// waits for it: when the last one leaves, it is dropped, and its statements
/// are stopped.
#[derive(Debug, Default)]
pub(super) struct Flights {
    by_key: Mutex<HashMap<String, Flight>>,
}

#[derive(Debug)]
struct Flight {
    begun: Instant,
    work: WeakShared<Work>,
}

impl Flights {
    /// Joins the flight of `key` that began at most `max_age` ago, or begins
    /// one with `work`. Says whether it joined.
    pub(super) fn join(
        &self,
        key: &str,
        max_age: Duration,
        work: impl FnOnce() -> Work,
    ) -> (Shared<Work>, bool) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = by_key.get(key)
            && !max_age.is_zero()
            && flight.begun.elapsed() <= max_age
            && let Some(shared) = flight.work.upgrade()
        {
            return (shared, true);
        }
        by_key.retain(|_, flight| {
            flight
                .work
                .upgrade()
                .is_some_and(|work| work.peek().is_none())
        });
        let shared = work().shared();
        if let Some(work) = shared.downgrade() {
            let flight = Flight {
                begun: Instant::now(),
                work,
            };
            by_key.insert(key.to_owned(), flight);
        }
        (shared, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    const AGE: Duration = Duration::from_secs(10);

    fn failing(count: &Arc<AtomicUsize>, gate: oneshot::Receiver<()>) -> Work {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let _gate = gate.await;
            Err(Failure::Busy)
        }
        .boxed()
    }

    #[tokio::test]
    async fn the_same_question_runs_once_and_a_fresh_one_again() {
        let (flights, count) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (open, gate) = oneshot::channel();
        let (first, joined) = flights.join("k", AGE, || failing(&count, gate));
        assert!(!joined);
        let (second, joined) = flights.join("k", AGE, || unreachable!());
        assert!(joined);
        let (_keep, gate) = oneshot::channel();
        let (_third, joined) = flights.join("k", Duration::ZERO, || failing(&count, gate));
        assert!(!joined);
        open.send(()).unwrap();
        assert_eq!(first.await.unwrap_err(), Failure::Busy);
        assert_eq!(second.await.unwrap_err(), Failure::Busy);
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_dropped() {
        struct Dropped(Arc<AtomicUsize>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (flights, drops) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let guard = Dropped(Arc::clone(&drops));
        let (first, _) = flights.join("k", AGE, || {
            async move {
                let _guard = guard;
                std::future::pending().await
            }
            .boxed()
        });
        let (second, _) = flights.join("k", AGE, || unreachable!());
        drop(first);
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(second);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}
