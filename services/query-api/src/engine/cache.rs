//! Answers kept in Redis for a while. Without Redis every query is computed.

use super::Envelope;
use deadpool_redis::redis::AsyncCommands;
use deadpool_redis::{Config, Pool, Runtime};
use service_kit::config::RedisConfig;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer is kept.
const KEPT_SECONDS: u64 = 120;
/// How long Redis is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Larger answers are not kept.
const BYTES_MAX: usize = 4 << 20;

/// Answers kept in Redis.
#[derive(Debug)]
pub struct Cache {
    pool: Option<Pool>,
    patience: Duration,
    resting_until: Mutex<Option<Instant>>,
}

impl Cache {
    /// The cache in the Redis of `config`, or none when it names none. Redis may
    /// take `patience` to answer.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn connect(
        config: &RedisConfig,
        patience: Duration,
    ) -> Result<Self, deadpool_redis::CreatePoolError> {
        let pool = if config.url.is_empty() {
            None
        } else {
            Some(Config::from_url(config.url.expose()).create_pool(Some(Runtime::Tokio1))?)
        };
        Ok(Self {
            pool,
            patience,
            resting_until: Mutex::new(None),
        })
    }

    /// The connections, for what else lives in the same Redis.
    pub fn pool(&self) -> Option<&Pool> {
        self.pool.as_ref()
    }

    /// The answer under `key` that was computed after `since_ms`.
    pub async fn get(&self, key: &str, since_ms: i64) -> Option<Envelope> {
        let text: Option<Option<String>> = self
            .ask(async |connection| connection.get(name(key)).await)
            .await;
        let text = text?;
        let envelope: Envelope = serde_json::from_str(&text?).ok()?;
        (envelope.computed_at_ms >= since_ms).then_some(envelope)
    }

    /// Keeps an answer. An older one that was slower to compute may take the
    /// place of a fresher one: both know their age, and none is served beyond
    /// what its asker allows.
    pub async fn put(&self, key: &str, envelope: &Envelope) {
        let Ok(text) = serde_json::to_string(envelope) else {
            return;
        };
        if text.len() > BYTES_MAX {
            return;
        }
        let _kept: Option<()> = self
            .ask(async |connection| connection.set_ex(name(key), text, KEPT_SECONDS).await)
            .await;
    }

    /// The members of the sorted set `name`; `None` when there is no such set.
    pub async fn count(&self, name: &str) -> Option<u64> {
        let (exists, count): (bool, u64) = self
            .ask(async |connection| {
                Ok((
                    connection.exists(name).await?,
                    connection.zcard(name).await?,
                ))
            })
            .await?;
        exists.then_some(count)
    }

    /// The fields of the hash `name`; `None` when Redis does not answer.
    pub async fn hash(&self, name: &str) -> Option<HashMap<String, String>> {
        self.ask(async |connection| connection.hgetall(name).await)
            .await
    }

    async fn ask<T>(
        &self,
        command: impl AsyncFnOnce(
            &mut deadpool_redis::Connection,
        ) -> deadpool_redis::redis::RedisResult<T>,
    ) -> Option<T> {
        let pool = self.pool.as_ref()?;
        if self.is_resting() {
            return None;
        }
        let asked = async {
            let mut connection = pool.get().await.map_err(|error| error.to_string())?;
            command(&mut connection)
                .await
                .map_err(|error| error.to_string())
        };
        let error = match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error,
            Err(_) => format!("no answer within {} ms", self.patience.as_millis()),
        };
        tracing::warn!(error, "the result cache is left alone for a while");
        let mut resting = self
            .resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *resting = Some(Instant::now() + PAUSE);
        None
    }

    fn is_resting(&self) -> bool {
        let resting = self
            .resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        resting.is_some_and(|until| Instant::now() < until)
    }
}

fn name(key: &str) -> String {
    format!("query_cache:{key}")
}
