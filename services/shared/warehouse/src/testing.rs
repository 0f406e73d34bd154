//! A database of its own for each test, on the engine that
//! `MILLRACE_TEST_CLICKHOUSE_URL` names. Without that variable a test fails:
//! nothing is skipped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use event_schema::ids::ProjectId;
use serde_json::Value;
use service_kit::config::{ClickhouseConfig, Secret};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::{EventRow, LogPosition, Warehouse, migrations};

/// Names the engine's HTTP address.
const URL: &str = "MILLRACE_TEST_CLICKHOUSE_URL";
/// Its password or token, when it wants one.
const PASSWORD: &str = "MILLRACE_TEST_CLICKHOUSE_PASSWORD";
/// The claim that fixtures write under.
const CLAIM: u64 = 1;

/// A migrated database that is dropped with this value, or with the last one
/// that shares it.
#[derive(Debug)]
pub struct TestWarehouse {
    warehouse: Warehouse,
    database: Arc<Database>,
    next_offset: AtomicU64,
}

/// A migrated database.
#[derive(Debug)]
struct Database {
    config: ClickhouseConfig,
}

/// An event as a test states it.
#[derive(Debug, Clone)]
pub struct TestEvent {
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub event: String,
    /// The person.
    pub distinct_id: String,
    /// Its own time, ms since the epoch.
    pub timestamp: i64,
    /// Its id; a fresh one when there is none.
    pub uuid: Option<Uuid>,
    /// A JSON object.
    pub properties: Value,
    /// What the consumer would have derived, by property name.
    pub derived: Vec<(&'static str, String)>,
}

impl TestEvent {
    /// An event without properties. `timestamp` is RFC 3339.
    ///
    /// # Panics
    /// When `timestamp` cannot be read.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a fixture with a wrong time is a wrong test"
    )]
    pub fn new(project: ProjectId, event: &str, distinct_id: &str, timestamp: &str) -> Self {
        let timestamp = chrono::DateTime::parse_from_rfc3339(timestamp).expect("an RFC 3339 time");
        Self {
            project,
            event: event.to_owned(),
            distinct_id: distinct_id.to_owned(),
            timestamp: timestamp.timestamp_millis(),
            uuid: None,
            properties: Value::Object(serde_json::Map::new()),
            derived: Vec::new(),
        }
    }

    /// The same event with these properties.
    #[must_use]
    pub fn with(mut self, properties: Value) -> Self {
        self.properties = properties;
        self
    }

    /// The same event with this id.
    #[must_use]
    pub fn with_uuid(mut self, uuid: Uuid) -> Self {
        self.uuid = Some(uuid);
        self
    }

    /// The same event with a property that the consumer derived.
    #[must_use]
    pub fn derived(mut self, property: &'static str, text: &str) -> Self {
        self.derived.push((property, text.to_owned()));
        self
    }

    /// The row that the consumer would store.
    ///
    /// # Panics
    /// When the properties are no object.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a fixture without an object is a wrong test"
    )]
    pub fn row(&self) -> EventRow {
        let uuid = self.uuid.unwrap_or_else(Uuid::now_v7);
        let mut row = EventRow::new(
            self.project,
            uuid,
            &self.event,
            &self.distinct_id,
            self.timestamp,
        );
        row.set_properties(&self.properties.to_string())
            .expect("an object");
        for (property, text) in &self.derived {
            let index = event_schema::hot::index_of(property).expect("a hot property");
            row.derive_hot(index, text);
        }
        row.received_at = self.timestamp;
        row.arrived_at = chrono::Utc::now().timestamp_millis();
        row.claim = CLAIM;
        row
    }
}

/// A database that is not there yet.
#[expect(clippy::panic, reason = "a missing engine fails the test")]
fn fresh() -> ClickhouseConfig {
    let Ok(url) = std::env::var(URL) else {
        panic!("{URL} is not set: these tests need the engine");
    };
    ClickhouseConfig {
        url,
        database: format!("millrace_test_{:016x}", rand::random::<u64>()),
        password: Secret::new(std::env::var(PASSWORD).unwrap_or_default()),
        ..ClickhouseConfig::default()
    }
}

impl TestWarehouse {
    /// A fresh database `millrace_test_<random>` with all tables.
    ///
    /// # Panics
    /// When no engine is named or it does not answer: a test without its
    /// warehouse is a failed test.
    pub async fn create() -> Self {
        Self::create_in(fresh()).await
    }

    /// A database that other tests of this process use at the same time: for
    /// those that keep to projects of their own. Most of what such a test costs
    /// is making the tables.
    ///
    /// # Panics
    /// As [`TestWarehouse::create`].
    pub async fn shared() -> Self {
        static SHARED: Mutex<Weak<Database>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        let Some(database) = shared.upgrade() else {
            let created = Self::create().await;
            *shared = Arc::downgrade(&created.database);
            return created;
        };
        Self::over(database)
    }

    /// The same in the database that `config` names.
    ///
    /// # Panics
    /// As [`TestWarehouse::create`].
    #[expect(clippy::panic, reason = "a failing dependency fails the test")]
    pub async fn create_in(config: ClickhouseConfig) -> Self {
        let warehouse = Warehouse::connect(&config);
        if let Err(error) = migrations::run(&warehouse).await {
            panic!("cannot migrate {}: {error}", config.database);
        }
        Self::over(Arc::new(Database { config }))
    }

    /// Connections of its own: they are driven by the runtime of the test that
    /// makes them.
    fn over(database: Arc<Database>) -> Self {
        Self {
            warehouse: Warehouse::connect(&database.config),
            database,
            next_offset: AtomicU64::new(0),
        }
    }

    /// The database.
    #[must_use]
    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// How to reach it.
    #[must_use]
    pub fn config(&self) -> &ClickhouseConfig {
        &self.database.config
    }

    /// Stores events, at positions of their own in a log called `test`.
    ///
    /// # Panics
    /// When the engine does not take them.
    pub async fn insert(&self, events: &[TestEvent]) {
        let rows: Vec<EventRow> = events
            .iter()
            .map(|event| {
                let mut row = event.row();
                row.log_id = Arc::from("test");
                row.position = LogPosition {
                    partition: 0,
                    offset: self.next_offset.fetch_add(1, Ordering::Relaxed),
                };
                row
            })
            .collect();
        self.insert_rows(&rows).await;
    }

    /// Stores rows as they are.
    ///
    /// # Panics
    /// When the engine does not take them.
    pub async fn insert_rows(&self, rows: &[EventRow]) {
        let name = InsertName::new([CLAIM]);
        let outcome = self
            .warehouse
            .insert_events(rows.iter(), &name, Duration::from_secs(60))
            .await;
        assert_eq!(outcome, InsertOutcome::Stored);
    }

    /// Runs a statement of a test for its effect; a mutation is waited for.
    ///
    /// # Panics
    /// When the engine refuses it.
    #[expect(clippy::panic, reason = "a failing dependency fails the test")]
    pub async fn execute(&self, text: &str) {
        let statement = self
            .warehouse
            .statement(text)
            .setting("mutations_sync", "1");
        if let Err(error) = statement.run().await {
            panic!("{text}: {error}");
        }
    }

    /// The one `UInt64` that a statement of a test answers.
    ///
    /// # Panics
    /// When the engine refuses it.
    #[expect(clippy::panic, reason = "a failing dependency fails the test")]
    pub async fn number(&self, text: &str) -> u64 {
        match self.warehouse.statement(text).number().await {
            Ok(number) => number,
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// The one `String` column that a statement of a test answers.
    ///
    /// # Panics
    /// When the engine refuses it.
    #[expect(clippy::panic, reason = "a failing dependency fails the test")]
    pub async fn texts(&self, text: &str) -> Vec<String> {
        match self.warehouse.statement(text).rows().await {
            Ok(rows) => rows,
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Connections of its own: those of the test are driven by its runtime,
        // which may be gone or stand still here.
        let warehouse = Warehouse::connect(&self.config).without_database();
        let text = format!("DROP DATABASE IF EXISTS {} SYNC", self.config.database);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(
                    warehouse
                        .statement(&text)
                        .within(Duration::from_secs(10))
                        .run(),
                );
            }
        });
        let _ = dropped.join();
    }
}
