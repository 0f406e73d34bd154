use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::{self, RedisError};
use service_kit::config::RedisConfig;
use uuid::Uuid;

use super::super::{ListTuning, admin::scan, keys::Keys, link::Link, scripts::Scripts};
use crate::{LogId, TransportError};

/// What a worker asks of Redis. `Ok(None)` = this worker does not own the queue.
#[derive(Debug)]
pub(super) struct Store {
    link: Link,
    /// For requests that wait in Redis.
    waiting: Link,
    keys: Keys,
    scripts: Scripts,
    worker: String,
    processing: String,
    lease: Duration,
}

/// Items with the number of the last of them.
pub(super) type Numbered = (u64, Vec<Bytes>);

/// How long one request waits in Redis for an item.
pub(super) const WAIT: Duration = Duration::from_secs(1);

impl Store {
    pub(super) fn new(
        config: &RedisConfig,
        tuning: &ListTuning,
        worker: String,
    ) -> Result<Self, TransportError> {
        let keys = Keys::new(&tuning.key_prefix);
        let answer = tuning.lease / 3;
        Ok(Self {
            link: Link::new(config, answer)?,
            waiting: Link::new(config, answer + WAIT)?,
            processing: keys.processing(&worker),
            scripts: Scripts::default(),
            lease: tuning.lease,
            keys,
            worker,
        })
    }

    pub(super) fn worker(&self) -> &str {
        &self.worker
    }

    /// Shows that this worker is alive, and whether it owns the queue; with
    /// `acquire` it becomes the owner when there is none.
    pub(super) async fn renew(&self, acquire: bool) -> Result<bool, TransportError> {
        let mut connection = self.link.connection().await?;
        let owns: i64 = self
            .scripts
            .renew
            .key(&self.keys.owner)
            .key(self.keys.heartbeat(&self.worker))
            .arg(&self.worker)
            .arg(u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX))
            .arg(u8::from(acquire))
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(owns == 1)
    }

    pub(super) async fn release(&self) -> Result<(), TransportError> {
        let mut connection = self.link.connection().await?;
        let _one: i64 = self
            .scripts
            .release
            .key(&self.keys.owner)
            .key(self.keys.heartbeat(&self.worker))
            .arg(&self.worker)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(())
    }

    /// Takes up to `max` items. `unnumbered` of the processing list's newest
    /// have no number yet and get theirs before those.
    pub(super) async fn take(
        &self,
        max: usize,
        unnumbered: usize,
    ) -> Result<Option<Numbered>, TransportError> {
        let mut connection = self.link.connection().await?;
        let taken: Option<Vec<Bytes>> = self
            .scripts
            .take
            .key(&self.keys.owner)
            .key(&self.keys.queue)
            .key(&self.processing)
            .key(&self.keys.taken)
            .arg(&self.worker)
            .arg(max)
            .arg(unnumbered)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(taken.map(headed))
    }

    /// Waits for an item and takes it, whoever owns the queue.
    pub(super) async fn wait_for_one(&self) -> Result<Option<Bytes>, TransportError> {
        let mut connection = self.waiting.connection().await?;
        redis::cmd("BLMOVE")
            .arg(&self.keys.queue)
            .arg(&self.processing)
            .arg("RIGHT")
            .arg("LEFT")
            .arg(WAIT.as_secs_f64())
            .query_async(&mut connection)
            .await
            .map_err(|error: RedisError| self.waiting.failed(&error))
    }

    /// Removes the oldest `count` items and notes the frontier.
    pub(super) async fn commit(
        &self,
        count: usize,
        below: u64,
    ) -> Result<Option<usize>, TransportError> {
        let mut connection = self.link.connection().await?;
        let removed: i64 = self
            .scripts
            .commit
            .key(&self.keys.owner)
            .key(&self.processing)
            .key(self.keys.committed(&self.worker))
            .key(&self.keys.removed)
            .arg(&self.worker)
            .arg(count)
            .arg(below)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(usize::try_from(removed).ok())
    }

    /// Moves what other workers have taken and not committed to this one.
    pub(super) async fn adopt(&self) -> Result<Option<usize>, TransportError> {
        let others = self.others().await?;
        if others.is_empty() {
            return Ok(Some(0));
        }
        let mut connection = self.link.connection().await?;
        let mut call = self.scripts.adopt.key(&self.keys.owner);
        call.key(&self.processing);
        for other in &others {
            call.key(other);
        }
        let moved: i64 = call
            .arg(&self.worker)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(usize::try_from(moved).ok())
    }

    /// The frontier noted last, and what is not committed, oldest first.
    pub(super) async fn review(&self) -> Result<Option<Numbered>, TransportError> {
        let mut connection = self.link.connection().await?;
        let found: Option<Vec<Bytes>> = self
            .scripts
            .review
            .key(&self.keys.owner)
            .key(&self.processing)
            .key(self.keys.committed(&self.worker))
            .arg(&self.worker)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(found.map(|found| {
            let (frontier, mut items) = headed(found);
            items.reverse();
            (frontier, items)
        }))
    }

    /// The last of `count` new numbers.
    pub(super) async fn number(&self, count: usize) -> Result<Option<u64>, TransportError> {
        let mut connection = self.link.connection().await?;
        let last: i64 = self
            .scripts
            .number
            .key(&self.keys.owner)
            .key(&self.keys.taken)
            .arg(&self.worker)
            .arg(count)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        Ok(u64::try_from(last).ok())
    }

    /// The identity of the queue, given at first use.
    pub(super) async fn log_id(&self) -> Result<LogId, TransportError> {
        let mut connection = self.link.connection().await?;
        let (id,): (String,) = redis::pipe()
            .atomic()
            .set_nx(&self.keys.log, Uuid::new_v4().to_string())
            .ignore()
            .get(&self.keys.log)
            .query_async(&mut connection)
            .await
            .map_err(|error: RedisError| self.link.failed(&error))?;
        Ok(LogId(id))
    }

    /// Processing lists of other workers.
    async fn others(&self) -> Result<Vec<String>, TransportError> {
        let mut connection = self.link.connection().await?;
        let mut lists = scan(&mut connection, &self.keys.every_processing())
            .await
            .map_err(|error| self.link.failed(&error))?;
        lists.retain(|list| *list != self.processing);
        Ok(lists)
    }
}

/// Splits the number at the head from the items.
fn headed(mut found: Vec<Bytes>) -> Numbered {
    if found.is_empty() {
        return (0, found);
    }
    let head = found.remove(0);
    let number = std::str::from_utf8(&head)
        .ok()
        .and_then(|text| text.parse().ok());
    (number.unwrap_or(0), found)
}
