//! Records come from the brokers over connections of our own: one request for
//! all partitions that a broker leads, and the records are slices of what was
//! unpacked, where the client library makes and copies an object for each. The
//! group, positions and commits stay the library's.
//!
//! Reading order: `protocol` (question and answer) → `records` (bytes of the
//! log) → `reader` (the thread).

mod protocol;
mod reader;
mod records;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::reader::FetchLoop;
use super::readings::Readings;
use crate::{inbox::Inbox, kafka::wire::leaders::Ask};

/// Fills an inbox with what is read. Dropping it ends its thread.
#[derive(Debug)]
pub(super) struct Fetcher {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What the engine and the fetching thread have in common.
#[derive(Debug)]
struct Shared {
    topic: String,
    readings: Arc<Readings>,
    inbox: Arc<Inbox>,
    /// What is to be read has changed.
    changed: Notify,
    ended: CancellationToken,
    /// Some partition's next record is not in the log.
    is_out_of_range: AtomicBool,
    /// Why this way cannot be taken any more.
    given_up: Mutex<Option<String>>,
}

impl Fetcher {
    /// Reads what `readings` names of `topic`; `ask` tells who leads what.
    pub(super) fn start(
        topic: &str,
        readings: Arc<Readings>,
        inbox: Arc<Inbox>,
        ask: Ask,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            topic: topic.to_owned(),
            readings,
            inbox,
            changed: Notify::new(),
            ended: CancellationToken::new(),
            is_out_of_range: AtomicBool::new(false),
            given_up: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let fetching = FetchLoop::new(Arc::clone(&shared), ask);
        let ended = shared.ended.clone();
        let thread = thread::Builder::new()
            .name("kafka-fetch".into())
            .spawn(move || {
                runtime.block_on(ended.run_until_cancelled(fetching.run()));
                // A question to the cluster may be under way.
                runtime.shutdown_background();
            })?;
        Ok(Self { shared, thread })
    }

    /// What is to be read has changed.
    pub(super) fn wake(&self) {
        self.shared.changed.notify_one();
    }

    /// Whether partitions were found out of range since it was asked last.
    pub(super) fn found_out_of_range(&self) -> bool {
        self.shared.is_out_of_range.swap(false, Ordering::AcqRel)
    }

    /// Why it reads no more, if it does not.
    pub(super) fn failure(&self) -> Option<String> {
        let given_up = self.shared.given_up.lock().clone();
        let is_gone = || self.thread.is_finished();
        given_up.or_else(|| is_gone().then(|| "its thread has ended".to_owned()))
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.shared.ended.cancel();
    }
}
