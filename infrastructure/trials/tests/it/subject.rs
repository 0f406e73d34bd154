//! The stack under test and what a user does with it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::eventually;
use tokio::sync::{Mutex, MutexGuard};
use trials::http;
use trials::stack::{Stack, Status};
use uuid::Uuid;

/// Added to every port: 4,000, beside `make up` (0), `make chaos` (10,000) and
/// the test servers (14,600), unless TRIALS_PORT_OFFSET says otherwise.
pub(crate) fn port_offset() -> u16 {
    let chosen = std::env::var("TRIALS_PORT_OFFSET").ok();
    chosen.and_then(|text| text.parse().ok()).unwrap_or(4_000)
}

/// How long anything may take before it counts as never: a busy machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// One stack at a time: two would share the ports and the processor.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Waits for its turn.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().await
}

/// A running stack with a client.
pub(crate) struct Subject {
    pub(crate) stack: Stack,
    pub(crate) status: Status,
    pub(crate) http: Client,
    home: TempDir,
}

/// Lines of a log that are told when a trial fails.
const LAST_LINES: usize = 60;

/// The stack's files go with it: what a failed trial needs is told before.
impl Drop for Subject {
    #[expect(clippy::print_stderr, reason = "told beside the failure")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for service in ["kafka", "capture-api", "consumer", "query-api"] {
            let path = self.home.path().join("logs").join(service);
            let text = fs::read_to_string(path.with_extension("log")).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let first = lines.len().saturating_sub(LAST_LINES);
            eprintln!(
                "--- the end of {service}.log\n{}",
                lines[first..].join("\n")
            );
        }
    }
}

impl Subject {
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// A stack that is started with these arguments besides.
    pub(crate) fn start_with(up: &[&str]) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let up: Vec<String> = up.iter().map(ToString::to_string).collect();
        let stack = Stack::start(home.path(), port_offset(), &up)?;
        let status = stack.status()?;
        Ok(Self {
            stack,
            status,
            http: http::client(PATIENCE)?,
            home,
        })
    }

    /// Sends one event of this name until it is accepted.
    pub(crate) async fn send(&self, event: &str) {
        let body = json!({"event": event, "distinct_id": "ada", "uuid": Uuid::now_v7()});
        self.send_all(&body).await;
    }

    /// Sends the same body, as a client does, until it is accepted. Its events
    /// need uuids: what was not acknowledged may be stored all the same.
    pub(crate) async fn send_all(&self, body: &Value) {
        eventually(PATIENCE, || async {
            match self.post(body).await {
                Ok(answer) if answer.status() == StatusCode::ACCEPTED => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    pub(crate) async fn post(&self, body: &Value) -> reqwest::Result<Response> {
        let url = format!("{}/capture", self.status.capture_url);
        self.http
            .post(url)
            .header("X-API-Key", &self.status.write_key)
            .json(body)
            .send()
            .await
    }

    /// Asks the query API.
    pub(crate) async fn ask(&self, body: &Value) -> Result<Value> {
        let url = format!("{}/api/query", self.status.query_url);
        let answer = self
            .http
            .post(url)
            .header("X-API-Key", &self.status.read_key)
            .json(body)
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Asks the query API until it answers.
    pub(crate) async fn answer(&self, body: &Value) -> Value {
        eventually(PATIENCE, || self.ask(body)).await
    }

    /// How many events of this name are stored.
    pub(crate) async fn count(&self, event: &str) -> Result<u64> {
        let params =
            json!({"series": [{"event": event}], "display": "total_value", "refresh": true});
        let answer = self
            .ask(&json!({"type": "trends", "params": params}))
            .await?;
        answer["result"]["series"][0]["data"]
            .as_u64()
            .context("a number")
    }

    /// Waits until an event of this name is stored.
    pub(crate) async fn wait_for_any(&self, event: &str) {
        eventually(PATIENCE, || async {
            match self.count(event).await {
                Ok(1..) => Ok(()),
                other => Err(format!("{event}: {other:?}")),
            }
        })
        .await;
    }

    /// Asks the warehouse itself.
    pub(crate) async fn sql(&self, statement: &str) -> Result<String> {
        let (_, status) = self.stack.ask(&["status"])?;
        let url = status["servers"]["clickhouse_url"].as_str();
        let answer = self
            .http
            .post(url.context("a warehouse")?)
            .body(statement.to_owned())
            .send()
            .await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// The first project as its owner sees it.
    pub(crate) async fn project(&self) -> Result<Value> {
        let (url, token) = self.owner().await?;
        let answer = self.http.get(url).bearer_auth(token).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Gives the first project other names.
    pub(crate) async fn set_aliases(&self, aliases: &[&str]) -> Result<()> {
        let (url, token) = self.owner().await?;
        let body = json!({ "aliases": aliases });
        let request = self.http.patch(url).bearer_auth(token).json(&body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// The first project's URL and its owner's token.
    async fn owner(&self) -> Result<(String, String)> {
        let (_, status) = self.stack.ask(&["status"])?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("text");
        let auth = text(&status["auth_url"])?;
        let password = fs::read_to_string(text(&status["account"]["password_file"])?)?;
        let body = json!({"username": status["account"]["email"], "password": password.trim()});
        let answer = self
            .http
            .post(format!("{auth}/api/login"))
            .json(&body)
            .send();
        let answer: Value = answer.await?.error_for_status()?.json().await?;
        let url = format!("{auth}/api/projects/{}", self.status.project_id);
        Ok((url, text(&answer["access_token"])?))
    }

    /// Waits until exactly `expected` events of this name are stored.
    pub(crate) async fn wait_for_count(&self, event: &str, expected: u64) {
        eventually(PATIENCE, || async {
            match self.count(event).await {
                Ok(count) if count == expected => Ok(()),
                other => Err(format!("{event}: {other:?}, expected {expected}")),
            }
        })
        .await;
    }

    /// Waits until everything is ready again.
    pub(crate) async fn wait_until_ready(&self) {
        eventually(PATIENCE, || async {
            let status = self.stack.status().map_err(|error| error.to_string())?;
            match status.services.iter().find(|one| one.state != "ready") {
                Some(one) => Err(format!("{} is {}", one.name, one.state)),
                None => Ok(()),
            }
        })
        .await;
    }
}
