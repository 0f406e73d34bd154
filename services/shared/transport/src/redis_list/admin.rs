use bytes::Bytes;
use deadpool_redis::redis::{self, RedisError, aio::MultiplexedConnection};
use service_kit::config::RedisConfig;

use super::{ListTuning, keys::Keys, link::Link, scripts::Scripts};
use crate::{LogId, TransportError};

/// Looks after the list: depths, what workers hold, what failed.
#[derive(Debug)]
pub struct ListAdmin {
    link: Link,
    keys: Keys,
    scripts: Scripts,
}

/// What a worker has taken and not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingReport {
    /// Its name.
    pub worker: String,
    /// Items in its processing list.
    pub items: u64,
    /// It gave a sign of life within the lease.
    pub is_alive: bool,
}

/// What was added and what became of it, counted at one moment.
///
/// Where every producer and every worker is ours the [`difference`] is 0. This
/// is all that a list can prove: counters, not places, so that it tells *that*
/// something is missing and never *which*.
///
/// [`difference`]: ListBalance::difference
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListBalance {
    /// Items that our producers have added.
    pub added: u64,
    /// Items that our workers have stored and removed.
    pub removed: u64,
    /// Items that nobody has taken.
    pub waiting: u64,
    /// Items taken and not committed.
    pub processing: u64,
}

impl ListBalance {
    /// Items that went away without our workers (positive: foreign workers took
    /// them, or they are lost), or came without our producers (negative).
    #[must_use]
    pub fn difference(&self) -> i64 {
        let found = self.removed + self.waiting + self.processing;
        self.added.cast_signed() - found.cast_signed()
    }
}

/// An item of the failed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedItem {
    /// Its place, from the newest, 0.
    pub index: u64,
    /// As it was put there: ours are dead letters in JSON, other workers put
    /// the raw item.
    pub item: Bytes,
}

impl ListAdmin {
    /// An administrator that connects when it is used.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the URL is not valid.
    pub fn new(config: &RedisConfig, tuning: &ListTuning) -> Result<Self, TransportError> {
        Ok(Self {
            link: Link::new(config, tuning.request_timeout)?,
            keys: Keys::new(&tuning.key_prefix),
            scripts: Scripts::default(),
        })
    }

    /// Items that nobody has taken.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn depth(&self) -> Result<u64, TransportError> {
        self.length(&self.keys.queue).await
    }

    /// Items in the failed list.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn failed_depth(&self) -> Result<u64, TransportError> {
        self.length(&self.keys.failed).await
    }

    /// The identity of this queue; none before its first use.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn log_id(&self) -> Result<Option<LogId>, TransportError> {
        let mut connection = self.link.connection().await?;
        let id: Result<Option<String>, RedisError> = redis::cmd("GET")
            .arg(&self.keys.log)
            .query_async(&mut connection)
            .await;
        let id = id.map_err(|error| self.link.failed(&error))?;
        Ok(id.map(LogId))
    }

    /// The worker that owns the queue.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn owner(&self) -> Result<Option<String>, TransportError> {
        let mut connection = self.link.connection().await?;
        let owner = redis::cmd("GET")
            .arg(&self.keys.owner)
            .query_async(&mut connection)
            .await;
        owner.map_err(|error: RedisError| self.link.failed(&error))
    }

    /// Each worker that has something in its processing list.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn processing(&self) -> Result<Vec<ProcessingReport>, TransportError> {
        let mut reports = Vec::new();
        for list in self.processing_lists().await? {
            let worker = self.keys.worker_of(&list).to_owned();
            let mut connection = self.link.connection().await?;
            let (items, alive): (u64, u64) = redis::pipe()
                .llen(&list)
                .exists(self.keys.heartbeat(&worker))
                .query_async(&mut connection)
                .await
                .map_err(|error: RedisError| self.link.failed(&error))?;
            reports.push(ProcessingReport {
                worker,
                items,
                is_alive: alive > 0,
            });
        }
        Ok(reports)
    }

    /// What was added and what became of it.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn balance(&self) -> Result<ListBalance, TransportError> {
        let lists = self.processing_lists().await?;
        let mut connection = self.link.connection().await?;
        let mut call = self.scripts.balance.prepare_invoke();
        call.key(&self.keys.queue)
            .key(&self.keys.added)
            .key(&self.keys.removed);
        for list in &lists {
            call.key(list);
        }
        let counts: Result<_, RedisError> = call.invoke_async(&mut connection).await;
        let (added, removed, waiting, processing) =
            counts.map_err(|error| self.link.failed(&error))?;
        Ok(ListBalance {
            added,
            removed,
            waiting,
            processing,
        })
    }

    /// Returns what dead workers have left to the tail of the queue, to be
    /// taken first. Our own workers take it over by themselves; this is for when
    /// none of them runs any more.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn reap(&self) -> Result<u64, TransportError> {
        let mut returned = 0;
        for report in self.processing().await? {
            if report.is_alive {
                continue;
            }
            let mut connection = self.link.connection().await?;
            let items: u64 = self
                .scripts
                .reap
                .key(self.keys.processing(&report.worker))
                .key(&self.keys.queue)
                .invoke_async(&mut connection)
                .await
                .map_err(|error| self.link.failed(&error))?;
            returned += items;
        }
        Ok(returned)
    }

    /// Up to `count` failed items, newest first, from `index` on.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn failed(&self, index: u64, count: u64) -> Result<Vec<FailedItem>, TransportError> {
        let mut connection = self.link.connection().await?;
        let items: Vec<Bytes> = redis::cmd("LRANGE")
            .arg(&self.keys.failed)
            .arg(index)
            .arg(index + count.max(1) - 1)
            .query_async(&mut connection)
            .await
            .map_err(|error: RedisError| self.link.failed(&error))?;
        Ok((index..)
            .zip(items)
            .map(|(index, item)| FailedItem { index, item })
            .collect())
    }

    /// Removes one failed item; `false` when it is not there.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn drop_failed(&self, item: &Bytes) -> Result<bool, TransportError> {
        let mut connection = self.link.connection().await?;
        let removed: u64 = redis::cmd("LREM")
            .arg(&self.keys.failed)
            .arg(-1)
            .arg(item.as_ref())
            .query_async(&mut connection)
            .await
            .map_err(|error: RedisError| self.link.failed(&error))?;
        Ok(removed > 0)
    }

    /// Puts `replacement` (a whole queue item) at the head of the queue and
    /// removes the failed item it was made of, in one piece.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn replay_failed(
        &self,
        item: &Bytes,
        replacement: &Bytes,
    ) -> Result<(), TransportError> {
        let mut connection = self.link.connection().await?;
        redis::pipe()
            .atomic()
            .lpush(&self.keys.queue, replacement.as_ref())
            .ignore()
            .incr(&self.keys.added, 1)
            .ignore()
            .lrem(&self.keys.failed, -1, item.as_ref())
            .ignore()
            .exec_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))
    }

    /// The oldest summaries of what capture refused, up to `count`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn refused(&self, count: u64) -> Result<Vec<Bytes>, TransportError> {
        let mut connection = self.link.connection().await?;
        let items: Result<Vec<Bytes>, RedisError> = redis::cmd("LRANGE")
            .arg(&self.keys.refused)
            .arg(-count.max(1).cast_signed())
            .arg(-1)
            .query_async(&mut connection)
            .await;
        items.map_err(|error| self.link.failed(&error))
    }

    /// Removes summaries that are stored; those that are gone already are no
    /// error.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn drop_refused(&self, items: &[Bytes]) -> Result<(), TransportError> {
        if items.is_empty() {
            return Ok(());
        }
        let mut connection = self.link.connection().await?;
        let mut pipe = redis::pipe();
        for item in items {
            pipe.lrem(&self.keys.refused, -1, item.as_ref()).ignore();
        }
        let dropped = pipe.exec_async(&mut connection).await;
        dropped.map_err(|error| self.link.failed(&error))
    }

    async fn length(&self, list: &str) -> Result<u64, TransportError> {
        let mut connection = self.link.connection().await?;
        let length = redis::cmd("LLEN")
            .arg(list)
            .query_async(&mut connection)
            .await;
        length.map_err(|error: RedisError| self.link.failed(&error))
    }

    async fn processing_lists(&self) -> Result<Vec<String>, TransportError> {
        let mut connection = self.link.connection().await?;
        let lists = scan(&mut connection, &self.keys.every_processing()).await;
        lists.map_err(|error| self.link.failed(&error))
    }
}

/// Every key that matches, each once.
pub(super) async fn scan(
    connection: &mut MultiplexedConnection,
    pattern: &str,
) -> Result<Vec<String>, RedisError> {
    let mut keys = Vec::new();
    let mut cursor: u64 = 0;
    loop {
        let (next, found): (u64, Vec<String>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(pattern)
            .arg("COUNT")
            .arg(1_000)
            .query_async(connection)
            .await?;
        keys.extend(found);
        cursor = next;
        if cursor == 0 {
            keys.sort();
            keys.dedup();
            return Ok(keys);
        }
    }
}
