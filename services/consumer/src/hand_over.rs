//! From reading to writing: while one batch is stored the next one fills. No
//! third one waits in between, so that each may be large.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::batch::Batch;

/// The writer has nothing in hand. Held until what is given with it is stored.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// The reader's end.
#[derive(Debug)]
pub struct Giver {
    batches: mpsc::UnboundedSender<(Batch, Turn)>,
    turns: Arc<Semaphore>,
}

/// The writer's end.
#[derive(Debug)]
pub struct Taker(mpsc::UnboundedReceiver<(Batch, Turn)>);

/// Both ends.
#[must_use]
pub fn hand_over() -> (Giver, Taker) {
    let (batches, taken) = mpsc::unbounded_channel();
    let turns = Arc::new(Semaphore::new(1));
    (Giver { batches, turns }, Taker(taken))
}

impl Giver {
    /// Waits until the writer has nothing in hand; `None` when it is gone.
    /// Cancel-safe.
    pub async fn turn(&self) -> Option<Turn> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        (!self.batches.is_closed()).then_some(Turn(turn))
    }

    /// Gives a batch. What a writer that is gone does not store is read again.
    pub fn give(&self, batch: Batch, turn: Turn) {
        let _ = self.batches.send((batch, turn));
    }
}

impl Taker {
    /// The next batch, with the turn to drop once it is stored; `None` when
    /// there will be none. Cancel-safe.
    pub async fn take(&mut self) -> Option<(Batch, Turn)> {
        self.0.recv().await
    }
}
