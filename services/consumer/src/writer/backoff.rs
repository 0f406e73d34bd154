//! Waiting for a store that does not take what we have, for as long as it
//! takes.

use std::time::Duration;

use crate::held::Held;
use crate::metrics;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(3);
/// After a refusal that somebody has to look at.
const LONG: Duration = Duration::from_secs(5);

/// Pauses that grow with each failure in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Waits after a failure; shorter when a partition is taken away meanwhile.
    pub(super) async fn wait(&mut self, held: &Held) {
        let pause = FIRST
            .saturating_mul(1 << self.failures.min(10))
            .min(LONGEST);
        self.pause(pause, held).await;
    }

    /// Waits after a failure that will hardly end by itself.
    pub(super) async fn wait_long(&mut self, held: &Held) {
        self.pause(LONG, held).await;
    }

    /// The store works again.
    pub(super) fn succeeded(&mut self) {
        if self.failures > 0 {
            self.failures = 0;
            metrics::WAITING.level(&[]).set(0.0);
        }
    }

    async fn pause(&mut self, pause: Duration, held: &Held) {
        self.failures += 1;
        metrics::WAITING.level(&[]).set(1.0);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = held.given_up() => {}
        }
    }
}
