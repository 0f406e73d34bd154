//! A running request, as others see it: its name in the process list and whether it is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::engine::{Engine, EngineError};

/// The setting that names a request inside the engine. `query_id` cannot be set there,
/// `log_comment` is the client's, and custom settings are unknown to the library; this one marks
/// entries of the query cache, which is not used.
pub(super) const REQUEST_SETTING: &str = "query_cache_tag";

/// How often a statement is looked for that is to be cancelled: it may not have begun.
const KILL_ATTEMPTS: u32 = 40;

/// Shared by the thread that runs a statement and by whoever waits for it.
#[derive(Debug)]
pub struct Ticket {
    id: Uuid,
    finished: AtomicBool,
    unwanted: AtomicBool,
    reading: AtomicBool,
}

impl Ticket {
    /// A ticket for a new request.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            id: Uuid::new_v4(),
            finished: AtomicBool::new(false),
            unwanted: AtomicBool::new(false),
            reading: AtomicBool::new(false),
        })
    }

    /// The request's name inside the engine.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Says that the statement only reads, and so may be stopped when nobody waits for it.
    ///
    /// # Errors
    /// When nobody does already.
    pub fn begin_reading(&self) -> Result<(), EngineError> {
        self.reading.store(true, Ordering::SeqCst);
        if self.unwanted.load(Ordering::SeqCst) {
            return Err(EngineError::new(
                394,
                "QUERY_WAS_CANCELLED",
                "the client has left",
            ));
        }
        Ok(())
    }

    /// Says that the statement is over.
    pub fn finish(&self) {
        self.finished.store(true, Ordering::SeqCst);
    }

    fn to_be_killed(&self) -> bool {
        self.reading.load(Ordering::SeqCst) && !self.finished.load(Ordering::SeqCst)
    }
}

/// Held by whoever waits for an answer: dropped early, it stops a statement that only reads.
///
/// A statement that writes runs to its end, as on a ClickHouse server: an INSERT whose data is
/// complete may be stored although nobody hears of it.
#[derive(Debug)]
pub struct Waiting {
    ticket: Arc<Ticket>,
    engine: Arc<Engine>,
}

impl Waiting {
    /// Watches over `ticket`.
    pub fn new(ticket: Arc<Ticket>, engine: Arc<Engine>) -> Self {
        Self { ticket, engine }
    }

    /// The answer is complete: nothing is to be stopped any more.
    pub fn release(self) {
        self.ticket.finish();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.ticket.finished.load(Ordering::SeqCst) {
            return;
        }
        self.ticket.unwanted.store(true, Ordering::SeqCst);
        let (ticket, engine) = (Arc::clone(&self.ticket), Arc::clone(&self.engine));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                for attempt in 0..KILL_ATTEMPTS {
                    if !ticket.to_be_killed() {
                        return;
                    }
                    let (engine, id) = (Arc::clone(&engine), ticket.id());
                    let killed = tokio::task::spawn_blocking(move || kill(&engine, id)).await;
                    tracing::debug!(%id, ?killed, "client left, statement cancelled");
                    tokio::time::sleep(Duration::from_millis(25 << attempt.min(5))).await;
                }
            });
        }
    }
}

/// Cancels the statement of request `id`; it ends a moment later with code 394.
fn kill(engine: &Engine, id: Uuid) -> Result<(), EngineError> {
    let sql = format!("KILL QUERY WHERE Settings['{REQUEST_SETTING}'] = '{id}' ASYNC");
    engine
        .connect()?
        .execute(sql.as_bytes(), "Null", &[])
        .map(drop)
}
