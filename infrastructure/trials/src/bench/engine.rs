//! The engine, asked directly.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use reqwest::Client;

use super::process::{pid_of, seconds_of};
use crate::http;
use crate::stack::{Stack, Status};

/// Rows of one bare insert, and how many inserts are measured.
const ROWS: u64 = 50_000;
const INSERTS: u64 = 4;
/// How often it is asked what is stored. A question costs it some milliseconds.
const LOOK: Duration = Duration::from_millis(500);
/// How long everything that was sent may take until it is stored.
const PATIENCE: Duration = Duration::from_secs(600);

/// The engine's own HTTP interface.
#[derive(Debug)]
pub(super) struct Engine {
    http: Client,
    url: String,
    token: String,
}

/// How the parts of a bare insert lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// As those of the events table.
    AsEvents,
    /// As the engine's defaults have it, which was so when the targets were set.
    FileForEachColumn,
}

impl Engine {
    pub(super) fn of(stack: &Stack) -> Result<Self> {
        let status = stack.status()?;
        let engine = status.services.iter().find(|one| one.name == "clickhouse");
        let token = std::fs::read_to_string(stack.home().join("secrets/clickhouse"))?
            .trim()
            .to_owned();
        Ok(Self {
            http: http::client(Duration::from_secs(300))?,
            url: engine.context("an engine")?.address.clone(),
            token,
        })
    }

    pub(super) async fn run(&self, query: &str, body: Bytes) -> Result<Bytes> {
        let request = self
            .http
            .post(&self.url)
            .query(&[("query", query), ("optimize_on_insert", "0")]);
        let request = request
            .header("X-ClickHouse-User", "default")
            .header("X-ClickHouse-Key", &self.token);
        let answer = request.body(body).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if !status.is_success() {
            bail!("{query}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }

    pub(super) async fn command(&self, query: &str) -> Result<()> {
        self.run(query, Bytes::new()).await.map(drop)
    }

    /// The numbers of the first row.
    pub(super) async fn numbers(&self, query: &str) -> Result<Vec<f64>> {
        let answer = self
            .run(&format!("{query} FORMAT TSV"), Bytes::new())
            .await?;
        let text = String::from_utf8_lossy(&answer);
        let line = text.lines().next().unwrap_or_default();
        let number = |field: &str| field.parse().with_context(|| format!("{query}: {field}"));
        line.split('\t').map(number).collect()
    }

    pub(super) async fn number(&self, query: &str) -> Result<f64> {
        let numbers = self.numbers(query).await?;
        numbers.first().copied().context("a number")
    }

    /// How many events are stored.
    pub(super) async fn stored(&self) -> Result<f64> {
        self.number("SELECT sum(stored) FROM millrace.ingest_batches")
            .await
    }

    /// Waits until so many events are stored.
    pub(super) async fn until_stored(&self, events: f64) -> Result<()> {
        let waiting = async {
            while self.stored().await? < events {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .with_context(|| format!("{events} events were not stored in time"))?
    }

    /// Processor time of the engine for each row of a Native insert of rows
    /// that the consumer has stored, in the order of the log, in microseconds;
    /// nothing merges meanwhile.
    pub(super) async fn bare_insert(&self, status: &Status, parts: Parts) -> Result<f64> {
        let pid = pid_of(status, "clickhouse")?;
        for command in [
            "DROP TABLE IF EXISTS millrace.bare",
            "CREATE TABLE millrace.bare AS millrace.events",
            "SYSTEM STOP MERGES millrace.bare",
        ] {
            self.command(command).await?;
        }
        if parts == Parts::FileForEachColumn {
            self.command(
                "ALTER TABLE millrace.bare \
                 MODIFY SETTING min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0",
            )
            .await?;
        }
        let mut blocks = Vec::new();
        for number in 0..INSERTS {
            let rows = format!(
                "SELECT * FROM millrace.events \
                 ORDER BY arrived_at DESC, kafka_partition, kafka_offset LIMIT {ROWS} OFFSET {} \
                 SETTINGS low_cardinality_allow_in_native_format = 0 FORMAT Native",
                number * ROWS
            );
            blocks.push(self.run(&rows, Bytes::new()).await?);
        }
        let before = seconds_of(pid)?;
        for block in blocks {
            self.run("INSERT INTO millrace.bare FORMAT Native", block)
                .await?;
        }
        let spent = seconds_of(pid)? - before;
        let rows = self.number("SELECT count() FROM millrace.bare").await?;
        self.command("DROP TABLE millrace.bare").await?;
        Ok(spent / rows * 1e6)
    }
}
