//! Seeing from outside when the stack works again.

use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use reqwest::Client;
use serde_json::{Value, json};

use crate::http;
use crate::stack::Status;

/// How long one answer may take, on a machine that does much else.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Asks the query API how complete its answers are.
#[derive(Clone, Debug)]
pub struct Watch {
    http: Client,
    query_url: String,
    read_key: String,
}

impl Watch {
    /// Watches the stack that `status` describes.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(status: &Status) -> Result<Self> {
        Ok(Self {
            http: http::client(ANSWER_WITHIN)?,
            query_url: status.query_url.clone(),
            read_key: status.read_key.clone(),
        })
    }

    /// Until when answers are complete, if the stack answers at all.
    pub async fn complete_until(&self) -> Option<DateTime<Utc>> {
        let body = json!({"type": "live", "params": {"refresh": true}});
        let request = self
            .http
            .post(format!("{}/api/query", self.query_url))
            .header("X-API-Key", &self.read_key);
        let answer: Value = request.json(&body).send().await.ok()?.json().await.ok()?;
        answer["complete_until"].as_str()?.parse().ok()
    }

    /// Waits until every event accepted before `moment` is in an answer;
    /// how long that took, or `None` when `patience` ended first.
    pub async fn caught_up_to(
        &self,
        moment: DateTime<Utc>,
        patience: Duration,
    ) -> Option<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if self
                .complete_until()
                .await
                .is_some_and(|until| until >= moment)
            {
                return Some(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }
}
