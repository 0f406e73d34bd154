//! The question who leads what, asked by the client library.

use std::{sync::Weak, time::Duration};

use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::{
    TransportError,
    kafka::producer::client::{Client, QUESTION, Topology},
};

/// How long after one question the next one may be.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// What was asked, and when it was answered.
pub(super) struct Leaders {
    client: Weak<Client>,
    question: Option<BoxFuture<'static, Result<Topology, TransportError>>>,
    is_wanted: bool,
    not_before: Instant,
    learned_at: Option<Instant>,
}

impl Leaders {
    pub(super) fn new(client: Weak<Client>) -> Self {
        Self {
            client,
            question: None,
            is_wanted: true,
            not_before: Instant::now(),
            learned_at: None,
        }
    }

    /// What is known is not enough.
    pub(super) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Asks, if that is wanted and may be by `now`.
    pub(super) fn ask(&mut self, now: Instant) {
        if !self.is_wanted || self.question.is_some() || now < self.not_before {
            return;
        }
        let Some(client) = self.client.upgrade() else {
            return;
        };
        self.is_wanted = false;
        self.not_before = now + ASK_AGAIN;
        self.question = Some(Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || client.topology(QUESTION)).await;
            asked.map_err(|error| TransportError::Unavailable(error.to_string()))?
        }));
    }

    /// Waits for the answer; `None` when nothing was asked. Nothing is lost
    /// with a future that is dropped.
    pub(super) async fn answer(&mut self) -> Option<Result<Topology, TransportError>> {
        let answer = self.question.as_mut()?.await;
        self.question = None;
        match &answer {
            Ok(_) => self.learned_at = Some(Instant::now()),
            Err(_) => self.is_wanted = true,
        }
        Some(answer)
    }

    /// When the last answer came.
    pub(super) fn learned_at(&self) -> Option<Instant> {
        self.learned_at
    }
}
