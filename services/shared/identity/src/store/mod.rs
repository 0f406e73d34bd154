//! The accounts in PostgreSQL.
//!
//! One file a table (or two that change together). Every method takes its ids
//! and times from the caller, finds nothing as `None`, and uses one connection
//! or one transaction.

mod error;

mod row;

mod users;

mod sessions;

mod projects;

mod members;

mod names;

mod deletions;

mod keys;

pub mod migrations;

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use service_kit::config::PostgresConfig;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};

pub use deletions::AccountDeletion;
pub use error::{StoreError, on_constraint};
pub use keys::{KeyRow, NewKey};
pub use members::{MemberChange, MemberRow};
pub use projects::{Membership, NewProject, ProjectChange, ProjectRow};
pub use sessions::{Rotation, SessionEnd};
pub use users::{Credentials, NewUser, UserRow};

/// How long a statement may run before PostgreSQL ends it.
const STATEMENT_TIMEOUT: &str = "5s";

/// For how long after a failed attempt to get a connection further ones fail
/// at once.
const DOWN_PAUSE: Duration = Duration::from_millis(500);

/// The accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    started: Instant,
    /// Milliseconds since `started` until when the database counts as down.
    down_until: Arc<AtomicI64>,
}

impl Store {
    /// A store that connects when it is first used.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn new(config: &PostgresConfig) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(config.url.expose())?
            .application_name("millrace-accounts")
            .options([
                ("search_path", "accounts"),
                ("statement_timeout", STATEMENT_TIMEOUT),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(config.connections_max.max(1))
            .acquire_timeout(config.acquire_timeout)
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            started: Instant::now(),
            down_until: Arc::default(),
        })
    }

    /// Succeeds when the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("SELECT 1").execute(&mut *connection).await?;
        self.down_until.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection. While the database is down only one attempt in
    /// [`DOWN_PAUSE`] waits for it; the others fail at once.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        let now = self.elapsed_ms();
        let down_until = self.down_until.load(Ordering::Relaxed);
        if now < down_until {
            return Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut));
        }
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                let pause = i64::try_from(DOWN_PAUSE.as_millis()).unwrap_or_default();
                self.down_until
                    .store(self.elapsed_ms() + pause, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let connection = self.connection().await?;
        Ok(Transaction::begin(connection, None).await?)
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
