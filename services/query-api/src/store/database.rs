//! Connections to the schema and its migrations.

use service_kit::config::PostgresConfig;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;

/// The schema that all tables of this service are in.
const SCHEMA: &str = "insights";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../schemas/postgres/insights");

/// Why PostgreSQL did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or has no connection to give.
    #[error("the store of jobs and dashboards is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// It refused a statement. A fault of ours.
    #[error("the store refused a statement")]
    Refused(#[source] sqlx::Error),
    /// A migration failed.
    #[error("failed to migrate the store")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            // Classes 08 (connection), 53 (resources) and 57 (shutdown).
            sqlx::Error::Database(database)
                if database.code().is_some_and(|code| {
                    ["08", "53", "57"]
                        .iter()
                        .any(|class| code.starts_with(class))
                }) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Refused(error),
        }
    }
}

/// A pool that connects when it is first used: the service starts, and answers
/// queries, while PostgreSQL is away.
///
/// # Errors
/// When the URL is malformed.
pub fn connect(config: &PostgresConfig) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(config.url.expose())?
        .options([("search_path", SCHEMA)])
        .application_name("query-api");
    Ok(PgPoolOptions::new()
        .max_connections(config.connections_max)
        .acquire_timeout(config.acquire_timeout)
        .connect_lazy_with(options))
}

/// Creates the schema when it is missing, and brings it to this version. Several
/// processes may do so at once.
///
/// # Errors
/// When the store is away, or a migration does not apply.
pub async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    // Creating needs a right that the owner of an existing schema lacks, so it
    // is only attempted when there is something to create.
    let is_there: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(SCHEMA)
        .fetch_one(pool)
        .await?;
    if !is_there {
        sqlx::query("CREATE SCHEMA IF NOT EXISTS insights")
            .execute(pool)
            .await?;
    }
    Ok(MIGRATIONS.run(pool).await?)
}
