use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::Utc;
use deadpool_redis::redis::{self, RedisError};
use metrics::Gauge;
use parking_lot::Mutex;
use service_kit::config::RedisConfig;
use tokio::sync::Notify;

use super::{
    ListTuning,
    keys::Keys,
    link::Link,
    queued_event::{encode, with_headers},
    scripts::Scripts,
};
use crate::{Position, Producer, Record, Topic, TransportError, metrics as m};

/// Adds to the list. Confirmed = written, and on disk where Redis runs with
/// `appendfsync always`.
///
/// Refuses at once when too much is in flight, when the queue has reached its
/// depth, or when Redis is near its memory limit. Dead letters go to the failed
/// list, what capture refused to a list of its own; there is no control topic.
#[derive(Clone)]
pub struct RedisProducer {
    inner: Arc<Inner>,
}

struct Inner {
    link: Link,
    keys: Keys,
    scripts: Scripts,
    tuning: ListTuning,
    records: AtomicUsize,
    bytes: AtomicUsize,
    idle: Notify,
    memory: Mutex<MemoryCheck>,
    is_memory_short: AtomicBool,
    depth: Gauge,
}

#[derive(Default)]
struct MemoryCheck {
    last: Option<Instant>,
}

type Answer = Result<Position, TransportError>;

/// Bytes that may be under way at once.
const IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Items, and bytes, in one request to Redis: a script blocks it.
const ITEMS_AT_ONCE: usize = 1_000;
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;
/// How often the memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);
/// What is kept of what capture refused: so many, so long (s).
const REFUSED_MAX: isize = 10_000;
const REFUSED_SECONDS: i64 = 7 * 24 * 60 * 60;

impl RedisProducer {
    /// A producer that connects when it is used.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the URL is not valid.
    pub fn start(config: &RedisConfig, tuning: &ListTuning) -> Result<Self, TransportError> {
        let inner = Inner {
            link: Link::new(config, tuning.request_timeout)?,
            keys: Keys::new(&tuning.key_prefix),
            scripts: Scripts::default(),
            tuning: tuning.clone(),
            records: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            idle: Notify::new(),
            memory: Mutex::default(),
            is_memory_short: AtomicBool::new(false),
            depth: m::LIST_DEPTH.level(&[]),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

#[async_trait]
impl Producer for RedisProducer {
    async fn publish(&self, records: Vec<Record>) -> Vec<Result<Position, TransportError>> {
        if records.is_empty() {
            return Vec::new();
        }
        let inner = &self.inner;
        let started = Instant::now();
        let count = records.len();
        let bytes: usize = records.iter().map(Record::size).sum();
        let _load = match Load::take(inner, count, bytes) {
            Ok(load) => load,
            Err(error) => return vec![Err(error); count],
        };
        let limit = inner.tuning.request_timeout;
        let answers = match tokio::time::timeout(limit, inner.publish(records)).await {
            Ok(answers) => answers,
            Err(_elapsed) => {
                vec![
                    Err(TransportError::Unconfirmed(format!(
                        "no answer within {limit:?}"
                    )));
                    count
                ]
            }
        };
        for answer in &answers {
            let outcome = answer.as_ref().err().map_or("stored", TransportError::kind);
            m::PUBLISHED.count(&[outcome]).increment(1);
        }
        m::PUBLISH_SECONDS
            .distribution(&[])
            .record(started.elapsed().as_secs_f64());
        answers
    }

    async fn flush(&self, within: Duration) -> Result<(), TransportError> {
        let idle = async {
            loop {
                let notified = self.inner.idle.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                if self.in_flight() == 0 {
                    return;
                }
                notified.await;
            }
        };
        tokio::time::timeout(within, idle)
            .await
            .map_err(|_| TransportError::Deadline(within))
    }

    fn in_flight(&self) -> usize {
        self.inner.records.load(Ordering::Relaxed)
    }

    fn partition_count(&self) -> u32 {
        1
    }

    async fn probe(&self, within: Duration) -> Result<(), TransportError> {
        let asked = tokio::time::timeout(within, self.inner.probe()).await;
        asked.unwrap_or(Err(TransportError::Deadline(within)))
    }
}

impl Inner {
    async fn publish(&self, records: Vec<Record>) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = vec![None; records.len()];
        let mut items: Vec<(usize, Vec<u8>)> = Vec::with_capacity(records.len());
        let mut bytes = 0;
        let mut failed: Option<TransportError> = self.memory_error().await;
        let now = Utc::now();
        for (index, record) in records.into_iter().enumerate() {
            let size = record.size();
            let limit = record.topic.size_limit();
            if size > limit {
                answers[index] = Some(Err(TransportError::TooLarge { size, limit }));
                continue;
            }
            if record.topic != Topic::Events {
                answers[index] = Some(self.publish_beside(record).await);
                continue;
            }
            match encode(&record.payload, now) {
                Ok(item) => {
                    bytes += item.len();
                    items.push((index, item));
                }
                Err(error) => answers[index] = Some(Err(error)),
            }
            if items.len() >= ITEMS_AT_ONCE || bytes >= BYTES_AT_ONCE {
                self.push(&mut items, &mut failed, &mut answers).await;
                bytes = 0;
            }
        }
        self.push(&mut items, &mut failed, &mut answers).await;
        let missing = || Err(TransportError::Unconfirmed("no answer".into()));
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(missing))
            .collect()
    }

    /// Adds items in one piece. After a failure the rest is not tried, so that
    /// keys keep their order.
    async fn push(
        &self,
        items: &mut Vec<(usize, Vec<u8>)>,
        failed: &mut Option<TransportError>,
        answers: &mut [Option<Answer>],
    ) {
        let items = std::mem::take(items);
        if items.is_empty() {
            return;
        }
        let pushed = match failed.clone() {
            Some(error) => Err(error),
            None => self.push_all(&items).await,
        };
        match pushed {
            Ok(last) => {
                let first = last + 1 - items.len() as u64;
                for ((index, _), offset) in items.iter().zip(first..) {
                    answers[*index] = Some(Ok(Position::new(0, offset)));
                }
            }
            Err(error) => {
                for (index, _) in &items {
                    answers[*index] = Some(Err(error.clone()));
                }
                // What follows was never sent.
                *failed = Some(TransportError::Unavailable(error.to_string()));
            }
        }
    }

    async fn push_all(&self, items: &[(usize, Vec<u8>)]) -> Result<u64, TransportError> {
        let mut connection = self.link.connection().await?;
        let mut call = self.scripts.push.prepare_invoke();
        call.key(&self.keys.queue)
            .key(&self.keys.added)
            .arg(self.tuning.depth_limit);
        for (_, item) in items {
            call.arg(item.as_slice());
        }
        let pushed: Result<(i64, u64), RedisError> = call.invoke_async(&mut connection).await;
        let (last, depth) = pushed.map_err(|error| self.link.failed(&error))?;
        self.depth.set(depth as f64);
        u64::try_from(last)
            .map_err(|_negative| TransportError::Full(format!("{depth} items in the queue")))
    }

    /// Records that are no events.
    async fn publish_beside(&self, record: Record) -> Answer {
        let mut connection = self.link.connection().await?;
        let mut pipe = redis::pipe();
        let payload = record.payload.as_ref();
        match record.topic {
            Topic::DeadLetters => {
                let item = with_headers(&record.payload, &record.headers);
                pipe.lpush(&self.keys.failed, item.as_ref())
            }
            Topic::Refused => pipe
                .atomic()
                .lpush(&self.keys.refused, payload)
                .ltrim(&self.keys.refused, 0, REFUSED_MAX - 1)
                .ignore()
                .expire(&self.keys.refused, REFUSED_SECONDS)
                .ignore(),
            Topic::Events | Topic::Control => {
                return Err(TransportError::Unsupported("a control topic"));
            }
        };
        let (length,): (u64,) = pipe
            .query_async(&mut connection)
            .await
            .map_err(|error: RedisError| self.link.failed(&error))?;
        Ok(Position::new(0, length.saturating_sub(1)))
    }

    /// Why nothing is taken, when Redis is short of memory.
    async fn memory_error(&self) -> Option<TransportError> {
        let due = {
            let mut check = self.memory.lock();
            let due = check
                .last
                .is_none_or(|last| last.elapsed() >= MEMORY_INTERVAL);
            if due {
                check.last = Some(Instant::now());
            }
            due
        };
        if due {
            match self.read_memory().await {
                Ok(percent) => {
                    let short = percent >= self.tuning.memory_limit_percent;
                    self.is_memory_short.store(short, Ordering::Relaxed);
                }
                Err(error) => return Some(error),
            }
        }
        let short = self.is_memory_short.load(Ordering::Relaxed);
        short.then(|| TransportError::Full("Redis is near its memory limit".into()))
    }

    /// How much of Redis' memory limit is used, in percent; 0 without a limit.
    async fn read_memory(&self) -> Result<u64, TransportError> {
        let mut connection = self.link.connection().await?;
        let text: String = redis::cmd("INFO")
            .arg("memory")
            .query_async(&mut connection)
            .await
            .map_err(|error| match self.link.failed(&error) {
                // Nothing of ours was sent.
                TransportError::Unconfirmed(text) => TransportError::Unavailable(text),
                other => other,
            })?;
        Ok(used_percent(&text))
    }

    async fn probe(&self) -> Result<(), TransportError> {
        if self.read_memory().await? >= self.tuning.memory_limit_percent {
            return Err(TransportError::Full(
                "Redis is near its memory limit".into(),
            ));
        }
        let mut connection = self.link.connection().await?;
        let depth: u64 = redis::cmd("LLEN")
            .arg(&self.keys.queue)
            .query_async(&mut connection)
            .await
            .map_err(|error| self.link.failed(&error))?;
        self.depth.set(depth as f64);
        if depth >= self.tuning.depth_limit {
            return Err(TransportError::Full(format!("{depth} items in the queue")));
        }
        Ok(())
    }
}

fn used_percent(info: &str) -> u64 {
    let field = |name: &str| {
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|value| value.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    field("used_memory")
        .saturating_mul(100)
        .checked_div(field("maxmemory"))
        .unwrap_or(0)
}

/// What one request has in flight.
struct Load<'a> {
    inner: &'a Inner,
    records: usize,
    bytes: usize,
}

impl<'a> Load<'a> {
    fn take(inner: &'a Inner, records: usize, bytes: usize) -> Result<Self, TransportError> {
        let before = inner.bytes.fetch_add(bytes, Ordering::Relaxed);
        inner.records.fetch_add(records, Ordering::Relaxed);
        let load = Self {
            inner,
            records,
            bytes,
        };
        if before > 0 && before + bytes > IN_FLIGHT_BYTES_MAX {
            return Err(TransportError::Full(format!("{before} bytes in flight")));
        }
        Ok(load)
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        self.inner.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        if self
            .inner
            .records
            .fetch_sub(self.records, Ordering::Relaxed)
            == self.records
        {
            self.inner.idle.notify_waiters();
        }
    }
}

impl fmt::Debug for RedisProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisProducer")
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::used_percent;

    #[test]
    fn memory_is_read_from_the_report() {
        assert_eq!(
            used_percent("# Memory\r\nused_memory:50\r\nmaxmemory:200\r\n"),
            25
        );
        assert_eq!(used_percent("used_memory:50\r\nmaxmemory:0\r\n"), 0);
        assert_eq!(used_percent(""), 0);
    }
}
