//! Events of a window, newest first, a page at a time.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use crate::client::root_of;
use crate::output::Failure;

use super::event::Exported;
use super::window::Window;

/// Events of the first page.
const PAGE: usize = 1_000;
/// Most events of a page: what the query API allows.
const PAGE_MAX: usize = 10_000;
/// Bytes of an answer above which pages get smaller; below a quarter of it they get larger.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Longest wait between two tries when the server does not say how long.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Longest time that one request may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Reads all events of a window: the largest page is what is in memory at a time.
#[derive(Debug)]
pub(crate) struct Pages {
    http: Client,
    url: String,
    key: String,
    patience: Duration,
    params: Map<String, Value>,
    /// What is left, the newest last.
    windows: Vec<Window>,
    cursor: Option<String>,
    limit: usize,
    /// All events that capture had accepted before are in the export; told by the first page.
    pub(crate) complete_until: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    result: Page,
    complete_until: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Exported>,
    next: Option<String>,
}

/// What the server made of a request.
enum Outcome {
    Page(Answer, usize),
    /// The window is too much at once.
    TooMuch(String),
    /// Try again, after so long when the server says it.
    Busy(Option<Duration>, String),
}

impl Pages {
    /// The events of `window` that `params` choose, asked at `url` (`…/api/query`).
    pub(crate) fn new(
        http: Client,
        url: String,
        key: String,
        patience: Duration,
        params: Map<String, Value>,
        window: Window,
    ) -> Self {
        Self {
            http,
            url,
            key,
            patience,
            params,
            windows: vec![window],
            cursor: None,
            limit: PAGE,
            complete_until: None,
        }
    }

    /// The next page; `None` after the last. A page may be empty.
    ///
    /// # Errors
    /// When the server stays away for longer than the patience, or refuses.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<Exported>>> {
        let mut tries = 0;
        let mut began = Instant::now();
        loop {
            let Some(window) = self.windows.last().copied() else {
                return Ok(None);
            };
            let (after, why) = match self.ask(window).await? {
                Outcome::Page(answer, bytes) => return Ok(Some(self.take(answer, bytes))),
                Outcome::TooMuch(why) if self.cursor.is_none() => {
                    let Some((later, earlier)) = window.halves() else {
                        bail!("the server finds an hour of events too much: {why}");
                    };
                    self.windows.pop();
                    self.windows.extend([earlier, later]);
                    (tries, began) = (0, Instant::now());
                    continue;
                }
                // It was not too much before: the server has a bad moment.
                Outcome::TooMuch(why) => {
                    self.limit = (self.limit / 2).max(1);
                    (None, why)
                }
                Outcome::Busy(after, why) => (after, why),
            };
            let pause = after.unwrap_or_else(|| {
                Duration::from_millis(500)
                    .saturating_mul(2_u32.saturating_pow(tries))
                    .min(PAUSE_MAX)
            });
            if began.elapsed() + pause > self.patience {
                return Err(Failure::unreachable(format!("{}: {why}", self.url)));
            }
            sleep(pause).await;
            tries += 1;
        }
    }

    fn take(&mut self, answer: Answer, bytes: usize) -> Vec<Exported> {
        if self.complete_until.is_none() {
            self.complete_until = answer.complete_until;
        }
        self.cursor = answer.result.next;
        if self.cursor.is_none() {
            self.windows.pop();
        }
        if bytes > ANSWER_BYTES {
            self.limit = (self.limit / 2).max(1);
        } else if bytes < ANSWER_BYTES / 4 && answer.result.events.len() == self.limit {
            self.limit = (self.limit * 2).min(PAGE_MAX);
        }
        answer.result.events
    }

    async fn ask(&self, window: Window) -> anyhow::Result<Outcome> {
        let (from, to) = window.ends();
        let mut params = self.params.clone();
        params.insert("date_from".to_owned(), json!(from));
        params.insert("date_to".to_owned(), json!(to));
        params.insert("limit".to_owned(), json!(self.limit));
        params.insert("refresh".to_owned(), json!(true));
        if let Some(cursor) = &self.cursor {
            params.insert("cursor".to_owned(), json!(cursor));
        }
        let request = self
            .http
            .post(&self.url)
            .header("X-API-Key", &self.key)
            .timeout(ANSWER_WITHIN)
            .json(&json!({"type": "events", "params": params}));
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_builder() => return Err(error.into()),
            Err(error) => return Ok(Outcome::Busy(None, root_of(&error))),
        };
        let status = response.status();
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Ok(Outcome::Busy(None, root_of(&error))),
        };
        if status.is_success() {
            let answer = serde_json::from_slice(&body).context("reading the server's answer")?;
            return Ok(Outcome::Page(answer, body.len()));
        }
        refusal(status, after, &body)
    }
}

fn refusal(status: StatusCode, after: Option<Duration>, body: &[u8]) -> anyhow::Result<Outcome> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = answer["detail"].as_str().unwrap_or_default();
    let told = format!("{} {detail}", status.as_u16());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::refused(format!(
            "the server refuses the key: {told}"
        ))),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::GATEWAY_TIMEOUT => {
            Ok(Outcome::TooMuch(told))
        }
        StatusCode::TOO_MANY_REQUESTS => Ok(Outcome::Busy(after, told)),
        _ if status.is_server_error() => Ok(Outcome::Busy(after, told)),
        _ => Err(Failure::usage(format!(
            "the server refuses the question: {told} {}",
            answer["errors"]
        ))),
    }
}
