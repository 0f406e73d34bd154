mod store;
mod worker;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use service_kit::config::RedisConfig;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

use self::{
    store::Store,
    worker::{Command, Worker},
};
use super::ListTuning;
use crate::{
    Consumer, Guarantees, LogId, Position, Received, TransportError, Watermarks, inbox::Inbox,
};

/// The only partition there is.
const PARTITION: u32 = 0;

/// A worker on the list.
///
/// One worker at a time owns the queue and takes from it; the others stand by
/// and take over, what it left in its processing list included, when it gives
/// up or shows no sign of life for the length of a lease. Everything is
/// partition 0; offsets number the items as they are taken, again when they are
/// taken again.
pub struct RedisConsumer {
    store: Arc<Store>,
    inbox: Arc<Inbox>,
    commands: mpsc::UnboundedSender<Command>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl RedisConsumer {
    /// A worker that connects in the background; call it on a Tokio runtime.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the URL is not valid.
    pub fn start(config: &RedisConfig, tuning: &ListTuning) -> Result<Self, TransportError> {
        let worker = Uuid::now_v7().simple().to_string();
        let store = Arc::new(Store::new(config, tuning, worker)?);
        let inbox = Arc::new(Inbox::new(tuning.uncommitted_limit, INBOX_BYTES));
        let (commands, obeyed) = mpsc::unbounded_channel();
        let task = Worker::new(Arc::clone(&store), Arc::clone(&inbox), obeyed, tuning).run();
        let task = tokio::spawn(task);
        Ok(Self {
            store,
            inbox,
            commands,
            task: Mutex::new(Some(task)),
        })
    }

    /// The name of this worker: its processing list is named after it.
    #[must_use]
    pub fn worker(&self) -> &str {
        self.store.worker()
    }

    async fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), TransportError>>) -> Command,
    ) -> Result<(), TransportError> {
        let (reply, answered) = oneshot::channel();
        self.commands
            .send(command(reply))
            .map_err(|_gone| TransportError::Closed)?;
        answered.await.map_err(|_gone| TransportError::Closed)?
    }
}

/// Bytes that wait to be received.
const INBOX_BYTES: usize = 32 * 1024 * 1024;

fn only_ours(partitions: &[u32]) -> Result<(), TransportError> {
    match partitions.iter().find(|partition| **partition != PARTITION) {
        Some(foreign) => Err(TransportError::NotOwner(format!("partition {foreign}"))),
        None => Ok(()),
    }
}

#[async_trait]
impl Consumer for RedisConsumer {
    async fn receive(&self, max: usize, within: Duration) -> Result<Received, TransportError> {
        self.inbox.receive(max, within).await
    }

    async fn commit(&self, frontier: &[Position]) -> Result<(), TransportError> {
        let Some(position) = frontier.iter().max_by_key(|position| position.offset) else {
            return Ok(());
        };
        only_ours(&[position.partition])?;
        let below = position.offset;
        self.command(|reply| Command::Commit { below, reply }).await
    }

    async fn pause(&self, partitions: &[u32]) -> Result<(), TransportError> {
        only_ours(partitions)?;
        self.command(|reply| Command::Pause {
            paused: true,
            reply,
        })
        .await
    }

    async fn resume(&self, partitions: &[u32]) -> Result<(), TransportError> {
        only_ours(partitions)?;
        self.command(|reply| Command::Pause {
            paused: false,
            reply,
        })
        .await
    }

    async fn seek(&self, _to: Position) -> Result<(), TransportError> {
        Err(TransportError::Unsupported("positions that last"))
    }

    async fn watermarks(
        &self,
        _partitions: &[u32],
    ) -> Result<BTreeMap<u32, Watermarks>, TransportError> {
        Err(TransportError::Unsupported("positions that last"))
    }

    async fn end_offsets(&self, _partitions: &[u32]) -> Result<BTreeMap<u32, u64>, TransportError> {
        Err(TransportError::Unsupported("positions that last"))
    }

    async fn appended_at(
        &self,
        _positions: &[Position],
    ) -> Result<BTreeMap<Position, i64>, TransportError> {
        Ok(BTreeMap::new())
    }

    async fn partition_count(&self) -> Result<u32, TransportError> {
        Ok(1)
    }

    async fn log_id(&self) -> Result<LogId, TransportError> {
        self.store.log_id().await
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees {
            replayable: false,
            key_affinity: false,
            shared: false,
        }
    }

    async fn close(&self, within: Duration) -> Result<(), TransportError> {
        // It may have ended already.
        let _ = self.commands.send(Command::Close);
        let Some(task) = self.task.lock().take() else {
            return Ok(());
        };
        match tokio::time::timeout(within, task).await {
            Ok(_ended) => Ok(()),
            Err(_elapsed) => Err(TransportError::Deadline(within)),
        }
    }
}

impl Drop for RedisConsumer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.commands.send(Command::Close);
    }
}

impl fmt::Debug for RedisConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConsumer")
            .field("worker", &self.worker())
            .finish_non_exhaustive()
    }
}
