//! The open sessions in Redis, where the query API and foreign dashboards look:
//! a sorted set a project, scored by the last activity.

use std::collections::BTreeSet;
use std::time::Duration;

use deadpool_redis::redis::{self, RedisError};
use deadpool_redis::{Config, CreatePoolError, Pool, PoolError, Runtime};
use event_schema::ids::ProjectId;
use service_kit::Clock;
use service_kit::config::RedisConfig;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::Change;
use crate::feed::Hub;

/// How often changes are written.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// How often sessions that fell silent are removed, in writes.
const SWEEP_EVERY: u32 = 10;
/// How long Redis may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The open sessions in Redis. Without Redis nothing is shared.
#[derive(Clone, Debug)]
pub struct SharedSessions {
    pool: Option<Pool>,
    timeout_ms: i64,
    clock: Clock,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("no answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

impl SharedSessions {
    /// The sessions in the Redis of `config`, or none when it names none.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn new(
        config: &RedisConfig,
        session_timeout: Duration,
        clock: Clock,
    ) -> Result<Self, CreatePoolError> {
        let pool = if config.url.is_empty() {
            None
        } else {
            Some(Config::from_url(config.url.expose()).create_pool(Some(Runtime::Tokio1))?)
        };
        Ok(Self {
            pool,
            timeout_ms: i64::try_from(session_timeout.as_millis()).unwrap_or(i64::MAX),
            clock,
        })
    }

    /// How many sessions of `project` are open; `None` when Redis does not say.
    pub async fn count(&self, project: ProjectId) -> Option<u64> {
        let mut command = redis::cmd("ZCOUNT");
        command
            .arg(key(project))
            .arg(self.clock.now_ms() - self.timeout_ms)
            .arg("+inf");
        let pool = self.pool.as_ref()?;
        let asked = timeout(PATIENCE, async {
            let mut connection = pool.get().await?;
            Ok::<u64, Failure>(command.query_async(&mut connection).await?)
        });
        match asked.await.map_err(Failure::from).flatten() {
            Ok(count) => Some(count),
            Err(error) => {
                tracing::debug!(%error, "open sessions are not known to all");
                None
            }
        }
    }

    /// Writes what changes in `hub` until `stop`.
    pub async fn follow(self, hub: Hub, stop: CancellationToken) {
        let mut ticks = interval(WRITE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = BTreeSet::new();
        let mut writes = 0_u32;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            writes = writes.wrapping_add(1);
            let is_sweep = writes.is_multiple_of(SWEEP_EVERY);
            if is_sweep {
                hub.forget();
            }
            let changes = hub.session_changes();
            known.extend(changes.iter().map(|(project, _)| *project));
            if self.pool.is_none() {
                continue;
            }
            let swept = if is_sweep {
                known.clone()
            } else {
                BTreeSet::new()
            };
            match self.write(&changes, &swept).await {
                // A project without open sessions needs no sweep any more.
                Ok(left) => {
                    let is_empty = |project: &ProjectId| {
                        let at = swept.iter().position(|one| one == project);
                        at.and_then(|at| left.get(at))
                            .is_some_and(|left| *left == 0)
                    };
                    known.retain(|project| !is_empty(project));
                }
                Err(error) => tracing::debug!(%error, "open sessions are not shared"),
            }
        }
    }

    /// Writes changes; gives how many sessions are left in each swept project.
    async fn write(
        &self,
        changes: &[(ProjectId, Vec<Change>)],
        swept: &BTreeSet<ProjectId>,
    ) -> Result<Vec<u64>, Failure> {
        let Some(pool) = self.pool.as_ref() else {
            return Ok(Vec::new());
        };
        let mut pipe = redis::pipe();
        for (project, changes) in changes {
            let key = key(*project);
            for change in changes {
                match change {
                    Change::Active(session, at) => {
                        // Another instance may know of later activity.
                        pipe.cmd("ZADD")
                            .arg(&key)
                            .arg("GT")
                            .arg(*at)
                            .arg(&**session)
                    }
                    Change::Ended(session) => pipe.cmd("ZREM").arg(&key).arg(&**session),
                }
                .ignore();
            }
            pipe.cmd("PEXPIRE")
                .arg(&key)
                .arg(2 * self.timeout_ms)
                .ignore();
        }
        let silent_since = self.clock.now_ms() - self.timeout_ms;
        for project in swept {
            let key = key(*project);
            pipe.cmd("ZREMRANGEBYSCORE")
                .arg(&key)
                .arg("-inf")
                .arg(format!("({silent_since}"))
                .ignore();
            pipe.cmd("ZCARD").arg(&key);
        }
        if pipe.is_empty() {
            return Ok(Vec::new());
        }
        timeout(PATIENCE, async {
            let mut connection = pool.get().await?;
            Ok::<Vec<u64>, Failure>(pipe.query_async(&mut connection).await?)
        })
        .await?
    }
}

/// The name that Bklit's dashboards and our query API look under.
fn key(project: ProjectId) -> String {
    format!("live:sessions:{project}")
}
