//! Time-outs that are set thousands of times a second and nearly never reached.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use pin_project_lite::pin_project;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// So many timers are kept at most.
const KEPT_MAX: usize = 1_024;

/// Time-outs of one length, on the timers of one runtime.
///
/// A timer is set and dropped under a lock that all threads share; one that is
/// set already is moved to a later moment with a store. So timers are used again.
#[derive(Debug)]
pub struct Timeouts {
    length: Duration,
    /// Timers that nobody waits for.
    kept: Mutex<Vec<Pin<Box<Sleep>>>>,
}

/// A future took longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not done within {0:?}")]
pub struct Elapsed(pub Duration);

impl Timeouts {
    /// Time-outs after `length`.
    #[must_use]
    pub const fn new(length: Duration) -> Self {
        Self {
            length,
            kept: Mutex::new(Vec::new()),
        }
    }

    /// After what time they end.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// The future, or [`Elapsed`] when it takes longer. Time counts from when it
    /// first has to wait.
    pub fn limit<F: Future>(&self, future: F) -> Limited<'_, F> {
        Limited {
            future,
            timer: Timer::new(self, None),
        }
    }

    fn take(&self, deadline: Instant) -> Pin<Box<Sleep>> {
        let kept = self.kept.lock().pop();
        let Some(mut sleep) = kept else {
            return Box::pin(sleep_until(deadline));
        };
        sleep.as_mut().reset(deadline);
        sleep
    }

    fn give_back(&self, sleep: Pin<Box<Sleep>>) {
        let mut kept = self.kept.lock();
        if kept.len() < KEPT_MAX {
            kept.push(sleep);
        }
    }
}

pin_project! {
    /// Made by [`Timeouts::limit`].
    #[must_use = "does nothing before it is awaited"]
    #[derive(Debug)]
    pub struct Limited<'a, F> {
        #[pin]
        future: F,
        timer: Timer<&'a Timeouts>,
    }
}

impl<F: Future> Future for Limited<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(context) {
            return Poll::Ready(Ok(output));
        }
        ready!(Pin::new(&mut *this.timer).poll(context));
        Poll::Ready(Err(Elapsed(this.timer.of.length)))
    }
}

/// Waits until a moment, on a timer that is given back.
#[derive(Debug)]
pub(crate) struct Timer<T: Deref<Target = Timeouts>> {
    of: T,
    /// `None` = the length of `of` after it first has to wait.
    deadline: Option<Instant>,
    /// `None` until it has to wait.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<T: Deref<Target = Timeouts>> Timer<T> {
    pub(crate) const fn new(of: T, deadline: Option<Instant>) -> Self {
        Self {
            of,
            deadline,
            sleep: None,
        }
    }
}

impl<T: Deref<Target = Timeouts> + Unpin> Future for Timer<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let deadline = || {
            let after_now = || Instant::now() + this.of.length;
            this.deadline.unwrap_or_else(after_now)
        };
        let sleep = this.sleep.get_or_insert_with(|| this.of.take(deadline()));
        // A future that uses up its task's turn each time is limited as well.
        Pin::new(&mut unconstrained(sleep.as_mut())).poll(context)
    }
}

impl<T: Deref<Target = Timeouts>> Drop for Timer<T> {
    fn drop(&mut self) {
        if let Some(sleep) = self.sleep.take() {
            self.of.give_back(sleep);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::{coop::consume_budget, yield_now};
    use tokio::time::sleep;

    use super::*;

    const LENGTH: Duration = Duration::from_millis(80);

    async fn never(timeouts: &Timeouts) -> Duration {
        let begun = Instant::now();
        let limited = timeouts.limit(pending::<()>()).await;
        assert_eq!(limited, Err(Elapsed(timeouts.length())));
        begun.elapsed()
    }

    #[tokio::test]
    async fn one_timer_serves_one_after_the_other_each_for_the_whole_length() {
        let timeouts = Timeouts::new(LENGTH);
        assert_eq!(timeouts.limit(yield_now()).await, Ok(()));
        assert_eq!(timeouts.kept.lock().len(), 1);
        sleep(LENGTH / 2).await;
        assert!(never(&timeouts).await >= LENGTH, "set before");
        assert!(never(&timeouts).await >= LENGTH, "has rung");
        assert_eq!(timeouts.limit(yield_now()).await, Ok(()));
        sleep(LENGTH * 2).await;
        assert!(never(&timeouts).await >= LENGTH, "rang for nobody");
        assert_eq!(timeouts.kept.lock().len(), 1);
    }

    #[tokio::test]
    async fn each_of_those_that_wait_at_once_has_a_timer() {
        let timeouts = Timeouts::new(LENGTH);
        let late = async {
            sleep(LENGTH / 2).await;
            never(&timeouts).await
        };
        let (early, late) = tokio::join!(never(&timeouts), late);
        assert!(early.min(late) >= LENGTH);
        assert_eq!(timeouts.kept.lock().len(), 2);
    }

    #[tokio::test]
    async fn what_uses_up_each_turn_is_limited_as_well() {
        let timeouts = Timeouts::new(LENGTH);
        let busy = async {
            loop {
                consume_budget().await;
            }
        };
        let limited: Result<(), Elapsed> = timeouts.limit(busy).await;
        assert_eq!(limited, Err(Elapsed(LENGTH)));
    }

    #[tokio::test]
    async fn what_is_done_at_once_takes_no_timer() {
        let timeouts = Timeouts::new(LENGTH);
        assert_eq!(timeouts.limit(async { 7 }).await, Ok(7));
        assert!(timeouts.kept.lock().is_empty());
    }
}
