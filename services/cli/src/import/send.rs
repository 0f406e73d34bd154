//! Sends batches through `POST /capture`: patient with a server that is busy or away,
//! smaller where a batch is too large for it.

use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use rand::RngExt;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::output::Failure;

use super::batch::{Batch, Item};
use super::report::Rejected;
use super::row::Rejection;

/// Longest wait between two tries when the server does not say how long.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Longest time that one request may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Bodies below this are not worth packing.
const PACK_FROM: usize = 1024;

/// Where events go.
#[derive(Debug)]
pub(crate) struct Sender {
    /// For all requests.
    pub(crate) http: Client,
    /// `…/capture`.
    pub(crate) url: String,
    /// Of the project.
    pub(crate) key: String,
    /// How long one batch is tried.
    pub(crate) patience: Duration,
    /// Where waiting is told.
    pub(crate) progress: ProgressBar,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Rows it was made of.
    pub(crate) rows: u64,
    /// Events that are durable now.
    pub(crate) accepted: u64,
    /// Rows that were no events, and events that the server rejected, in the order of rows.
    pub(crate) rejected: Vec<Rejected>,
}

/// What the server made of a request.
enum Answer {
    /// All events are durable, but for these.
    Taken(Vec<(usize, Rejection)>),
    /// It carries too much.
    TooLarge,
    /// Try again, after so long when the server says it.
    Busy(Option<Duration>, String),
}

impl Sender {
    /// Sends a batch; returns when every event of it is durable or rejected.
    ///
    /// # Errors
    /// When the server stays away for longer than the patience, or refuses the key or the request.
    pub(crate) async fn send(&self, batch: Batch) -> anyhow::Result<Sent> {
        let mut sent = Sent {
            rows: batch.rows,
            accepted: 0,
            rejected: batch.rejected,
        };
        let mut parts = vec![batch.items];
        while let Some(mut part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let Some(rejected) = self.deliver(&part).await? else {
                if part.len() > 1 {
                    let second = part.split_off(part.len() / 2);
                    parts.push(second);
                    parts.push(part);
                    continue;
                }
                let rejection = Rejection::new(
                    "event_too_large",
                    "the server refuses it alone as too large",
                );
                sent.rejected
                    .extend(part.into_iter().map(|item| reject(item, rejection.clone())));
                continue;
            };
            sent.accepted += u64::try_from(part.len() - rejected.len())?;
            let mut part: Vec<Option<Item>> = part.into_iter().map(Some).collect();
            for (index, rejection) in rejected {
                if let Some(item) = part.get_mut(index).and_then(Option::take) {
                    sent.rejected.push(reject(item, rejection));
                }
            }
        }
        sent.rejected.sort_by_key(|rejected| rejected.row);
        Ok(sent)
    }

    /// The events that were rejected; `None` when the request is too large.
    async fn deliver(&self, items: &[Item]) -> anyhow::Result<Option<Vec<(usize, Rejection)>>> {
        let body = body_of(items)?;
        let mut tries = 0;
        let began = Instant::now();
        loop {
            let (after, why) = match self.ask(&body, items.len()).await? {
                Answer::Taken(rejected) => return Ok(Some(rejected)),
                Answer::TooLarge => return Ok(None),
                Answer::Busy(after, why) => (after, why),
            };
            let pause = after.unwrap_or_else(|| backoff(tries));
            if began.elapsed() + pause > self.patience {
                return Err(Failure::unreachable(format!(
                    "{} takes nothing: {why}; run the same command again to go on from here",
                    self.url
                )));
            }
            self.progress
                .set_message(format!("waiting {} s: {why}", pause.as_secs().max(1)));
            sleep(pause).await;
            self.progress.set_message("");
            tries += 1;
        }
    }

    async fn ask(&self, body: &Body, events: usize) -> anyhow::Result<Answer> {
        let mut request = self
            .http
            .post(&self.url)
            .header("X-API-Key", &self.key)
            .header(CONTENT_TYPE, "application/json")
            .timeout(ANSWER_WITHIN);
        if body.is_packed {
            request = request.header(CONTENT_ENCODING, "zstd");
        }
        match request.body(body.bytes.clone()).send().await {
            Ok(response) => judge(response, events).await,
            Err(error) if error.is_builder() => Err(error.into()),
            Err(error) => Ok(Answer::Busy(None, crate::client::root_of(&error))),
        }
    }
}

/// The bytes of a request.
struct Body {
    bytes: Vec<u8>,
    is_packed: bool,
}

fn body_of(items: &[Item]) -> anyhow::Result<Body> {
    let length: usize = items.iter().map(|item| item.json.len() + 1).sum();
    let mut text = String::with_capacity(length + 64);
    // What happened long ago did not happen where the import runs.
    text.push_str("{\"historical_migration\":true,\"batch\":[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&item.json);
    }
    text.push_str("]}");
    let is_packed = text.len() >= PACK_FROM;
    let bytes = if is_packed {
        zstd::bulk::compress(text.as_bytes(), 1).context("packing a batch")?
    } else {
        text.into_bytes()
    };
    Ok(Body { bytes, is_packed })
}

async fn judge(response: Response, events: usize) -> anyhow::Result<Answer> {
    let status = response.status();
    let after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let text = match response.text().await {
        Ok(text) => text,
        // The answer was lost on its way: the same uuids make the second try safe.
        Err(error) => return Ok(Answer::Busy(None, crate::client::root_of(&error))),
    };
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    let detail = answer["detail"].as_str().unwrap_or(&text);
    let told: String = format!("{} {detail}", status.as_u16())
        .chars()
        .take(300)
        .collect();
    match status {
        _ if status.is_success() => Ok(Answer::Taken(rejections(&answer["rejected"]))),
        StatusCode::BAD_REQUEST => {
            let rejected = rejections(&answer["errors"]);
            if rejected.len() != events {
                bail!("the server refuses a batch: {told}");
            }
            Ok(Answer::Taken(rejected))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::refused(format!(
            "the server refuses the key: {told}"
        ))),
        StatusCode::PAYLOAD_TOO_LARGE => Ok(Answer::TooLarge),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Ok(Answer::Busy(after, told))
        }
        _ if status.is_server_error() => Ok(Answer::Busy(after, told)),
        _ => bail!("the server refuses a batch: {told}"),
    }
}

/// The entries of `rejected` or `errors`: index and reason, each index once.
fn rejections(list: &Value) -> Vec<(usize, Rejection)> {
    let mut rejections: Vec<(usize, Rejection)> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let index = usize::try_from(entry["index"].as_u64()?).ok()?;
            let text = |key: &str| entry[key].as_str().unwrap_or("unknown");
            Some((index, Rejection::new(text("code"), text("detail"))))
        })
        .collect();
    rejections.dedup_by_key(|(index, _)| *index);
    rejections
}

fn reject(item: Item, rejection: Rejection) -> Rejected {
    Rejected {
        row: item.row,
        line: item.line,
        rejection,
        raw: item.raw,
    }
}

/// Half a second, doubled each time, up to [`PAUSE_MAX`], less up to a quarter by chance.
fn backoff(tries: u32) -> Duration {
    let pause = Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(tries));
    pause
        .min(PAUSE_MAX)
        .mul_f64(rand::rng().random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_growing() {
        assert!(backoff(0) <= Duration::from_millis(500));
        assert!(backoff(3) >= Duration::from_secs(3));
        assert!(backoff(40) <= PAUSE_MAX);
        assert!(backoff(40) >= PAUSE_MAX.mul_f64(0.7));
    }

    #[test]
    fn an_event_that_is_wrong_twice_is_rejected_once() {
        let list = serde_json::json!([
            {"index": 1, "code": "a", "detail": "x"},
            {"index": 1, "code": "b", "detail": "y"},
            {"path": "batch"},
            {"index": 4, "code": "c", "detail": "z"},
        ]);
        let found = rejections(&list);
        assert_eq!(found[0], (1, Rejection::new("a", "x")));
        assert_eq!(found.len(), 2);
    }
}
