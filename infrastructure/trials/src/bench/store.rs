//! Storing: consumer and engine beside the engine's bare insert of the same rows.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use reqwest::Client;

use super::Figure;
use super::cpu::{pid_of, seconds_of};
use crate::http;
use crate::stack::{Stack, Status};

/// Rows of one bare insert, and how many inserts are measured.
const ROWS: u64 = 50_000;
const INSERTS: u64 = 4;

/// Processor time of those who store.
pub(super) struct Cpu {
    consumer: f64,
    engine: f64,
}

impl Cpu {
    pub(super) fn now(status: &Status) -> Result<Self> {
        Ok(Self {
            consumer: seconds_of(pid_of(status, "consumer")?)?,
            engine: seconds_of(pid_of(status, "clickhouse")?)?,
        })
    }
}

pub(super) async fn figures(
    stack: &Stack,
    before: &Cpu,
    after: &Cpu,
    events: u64,
) -> Result<Vec<Figure>> {
    let engine = Engine::of(stack)?;
    let each = |seconds: f64| seconds / events as f64 * 1e6;
    let (consumer, stored) = (
        each(after.consumer - before.consumer),
        each(after.engine - before.engine),
    );
    let bare = engine.bare_insert(&stack.status()?).await?;
    Ok(vec![
        Figure::plain("consumer: processor time an event", consumer, "µs"),
        Figure::plain("engine: processor time an event", stored, "µs"),
        Figure::beside(
            "consumer and engine: processor time an event",
            consumer + stored,
            "µs",
            bare,
            "the bare insert of the same rows",
        ),
        Figure::plain(
            "disk, merged: an event",
            engine.bytes_a_row().await?,
            "bytes",
        ),
    ])
}

/// The engine, asked directly.
struct Engine {
    http: Client,
    url: String,
    token: String,
}

impl Engine {
    fn of(stack: &Stack) -> Result<Self> {
        let (_, status) = stack.ask(&["status"])?;
        let url = status["servers"]["clickhouse_url"]
            .as_str()
            .context("the engine's address")?
            .to_owned();
        let token = std::fs::read_to_string(stack.home().join("secrets/clickhouse"))?
            .trim()
            .to_owned();
        Ok(Self {
            http: http::client(Duration::from_secs(300))?,
            url,
            token,
        })
    }

    async fn run(&self, query: &str, body: Bytes) -> Result<Bytes> {
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

    /// Processor time of the engine for each row of a Native insert of rows
    /// that the consumer has stored, in microseconds.
    async fn bare_insert(&self, status: &Status) -> Result<f64> {
        let pid = pid_of(status, "clickhouse")?;
        self.run("DROP TABLE IF EXISTS millrace.bare", Bytes::new())
            .await?;
        self.run(
            "CREATE TABLE millrace.bare AS millrace.events",
            Bytes::new(),
        )
        .await?;
        self.run("SYSTEM STOP MERGES millrace.bare", Bytes::new())
            .await?;
        let mut blocks = Vec::new();
        for number in 0..INSERTS {
            let offset = number * ROWS;
            let rows =
                format!("SELECT * FROM millrace.events LIMIT {ROWS} OFFSET {offset} FORMAT Native");
            blocks.push(self.run(&rows, Bytes::new()).await?);
        }
        let before = seconds_of(pid)?;
        for block in blocks {
            self.run("INSERT INTO millrace.bare FORMAT Native", block)
                .await?;
        }
        let spent = seconds_of(pid)? - before;
        let count = self
            .run("SELECT count() FROM millrace.bare FORMAT TSV", Bytes::new())
            .await?;
        let rows: f64 = String::from_utf8_lossy(&count).trim().parse()?;
        self.run("DROP TABLE millrace.bare", Bytes::new()).await?;
        Ok(spent / rows * 1e6)
    }

    async fn bytes_a_row(&self) -> Result<f64> {
        self.run("OPTIMIZE TABLE millrace.events FINAL", Bytes::new())
            .await?;
        let sizes = "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts \
            WHERE active AND database = 'millrace' AND table = 'events' FORMAT TSV";
        let answer = self.run(sizes, Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&answer).trim().parse()?)
    }
}
