//! The connection to the engine or server, and the few ways in which this
//! crate talks to it.

use std::time::Duration;

use clickhouse::{Client, Compression, RowOwned, RowRead};
use serde::Serialize;
use service_kit::config::ClickhouseConfig;
use tokio::time::timeout;

use crate::WarehouseError;

/// How long a statement about our own books may take.
const STATEMENT_TIME: Duration = Duration::from_secs(60);

/// A database of the warehouse. Cheap to clone; connects when first used and
/// again whenever it has to.
#[derive(Clone)]
pub struct Warehouse {
    client: Client,
    database: String,
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warehouse")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Warehouse {
    /// The database that `config` names. Nothing is sent yet.
    #[must_use]
    pub fn connect(config: &ClickhouseConfig) -> Self {
        let mut client = Client::default()
            .with_url(&config.url)
            .with_user(&config.user)
            .with_compression(Compression::None)
            .with_product_info("millrace", env!("CARGO_PKG_VERSION"));
        if !config.password.is_empty() {
            client = client.with_password(config.password.expose());
        }
        Self {
            client: client.with_database(&config.database),
            database: config.database.clone(),
        }
    }

    /// The database's name.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The client, bound to the database.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Asks for an answer that only a working engine gives, and whether our
    /// tables are there.
    ///
    /// # Errors
    /// Why it is not usable, or [`WarehouseError::Deadline`].
    pub async fn probe(&self, within: Duration) -> Result<(), WarehouseError> {
        let probe = Statement::new(self, "SELECT count() FROM claims LIMIT 1").number();
        timeout(within, probe)
            .await
            .map_err(|_| WarehouseError::Deadline(within))?
            .map(drop)
    }

    /// The same server without a database: for what must work before there is
    /// one.
    pub(crate) fn without_database(mut self) -> Self {
        // The engine's own database is always there.
        self.client = self.client.with_database("system");
        self
    }

    /// A statement to be given its parameters and run.
    pub(crate) fn statement(&self, text: &str) -> Statement {
        Statement::new(self, text)
    }
}

/// A statement about our own books. Values go in as server-side parameters
/// only.
pub(crate) struct Statement {
    query: clickhouse::query::Query,
    time: Duration,
}

impl Statement {
    fn new(warehouse: &Warehouse, text: &str) -> Self {
        let query = warehouse
            .client
            .query_raw(text)
            .with_setting("async_insert", "0");
        Self {
            query,
            time: STATEMENT_TIME,
        }
    }

    /// Binds a value to `{name:Type}`.
    pub(crate) fn bind(mut self, name: &str, value: impl Serialize) -> Self {
        self.query = self.query.param(name, value);
        self
    }

    /// Chooses a setting of the engine.
    pub(crate) fn setting(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query = self.query.with_setting(name, value);
        self
    }

    /// Allows it another time than a minute.
    pub(crate) fn within(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Runs it for its effect.
    pub(crate) async fn run(self) -> Result<(), WarehouseError> {
        timeout(self.time, self.query.execute())
            .await
            .map_err(|_| WarehouseError::Deadline(self.time))?
            .map_err(WarehouseError::from)
    }

    /// All its rows.
    pub(crate) async fn rows<T: RowOwned + RowRead>(self) -> Result<Vec<T>, WarehouseError> {
        timeout(self.time, self.query.fetch_all())
            .await
            .map_err(|_| WarehouseError::Deadline(self.time))?
            .map_err(WarehouseError::from)
    }

    /// Its one unsigned number (a `UInt64`), 0 without a row.
    pub(crate) async fn number(self) -> Result<u64, WarehouseError> {
        Ok(self.rows::<u64>().await?.first().copied().unwrap_or(0))
    }
}
