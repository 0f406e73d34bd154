//! The question who leads what, asked by the client library.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::topology::Topology;
use crate::TransportError;

/// How long after one question the next one may be.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// Asks the cluster, and blocks.
pub(in crate::kafka) type Ask = Arc<dyn Fn() -> Result<Topology, TransportError> + Send + Sync>;

/// What was asked, and when it was answered.
pub(in crate::kafka) struct Leaders {
    ask: Ask,
    question: Option<BoxFuture<'static, Result<Topology, TransportError>>>,
    is_wanted: bool,
    not_before: Instant,
    learned_at: Option<Instant>,
}

impl Leaders {
    pub(in crate::kafka) fn new(ask: Ask) -> Self {
        Self {
            ask,
            question: None,
            is_wanted: true,
            not_before: Instant::now(),
            learned_at: None,
        }
    }

    /// What is known is not enough.
    pub(in crate::kafka) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Asks, if that is wanted and may be by `now`.
    pub(in crate::kafka) fn ask(&mut self, now: Instant) {
        if !self.is_wanted || self.question.is_some() || now < self.not_before {
            return;
        }
        let ask = Arc::clone(&self.ask);
        self.is_wanted = false;
        self.not_before = now + ASK_AGAIN;
        self.question = Some(Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || ask()).await;
            asked.map_err(|error| TransportError::Unavailable(error.to_string()))?
        }));
    }

    /// From when on it may be asked, if that is wanted.
    pub(in crate::kafka) fn due(&self) -> Option<Instant> {
        let is_open = self.is_wanted && self.question.is_none();
        is_open.then_some(self.not_before)
    }

    /// Waits for the answer; `None` when nothing was asked. Nothing is lost
    /// with a future that is dropped.
    pub(in crate::kafka) async fn answer(&mut self) -> Option<Result<Topology, TransportError>> {
        let answer = self.question.as_mut()?.await;
        self.question = None;
        match &answer {
            Ok(_) => self.learned_at = Some(Instant::now()),
            Err(_) => self.is_wanted = true,
        }
        Some(answer)
    }

    /// When the last answer came.
    pub(in crate::kafka) fn learned_at(&self) -> Option<Instant> {
        self.learned_at
    }
}
