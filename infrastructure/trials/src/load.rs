//! Clients that never give up: they send what they have until it is answered
//! with success, and some send what was acknowledged once more on purpose.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::events::Sequence;
use crate::http;

/// How a load is made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where events go: a client that is refused tries the next one.
    pub capture_urls: Vec<String>,
    /// The key.
    pub write_key: String,
    /// Clients at once.
    pub clients: usize,
    /// Events a second, of all clients together.
    pub rate: u64,
    /// Seed of every choice.
    pub seed: u64,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Tally {
    next: AtomicU64,
    /// Numbers of the events that were answered with success.
    acknowledged: Mutex<Vec<std::ops::Range<u64>>>,
    /// Requests answered with anything but success, by what it was.
    refusals: Mutex<BTreeMap<String, u64>>,
    /// Batches sent again although they had been acknowledged.
    pub repeated: AtomicU64,
    /// The longest that events waited until they were accepted, in
    /// milliseconds: of the whole run, and since it was last taken.
    longest_outage_ms: AtomicU64,
    longest_wait_ms: AtomicU64,
}

impl Tally {
    /// Numbers of all events that were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<u64> {
        let ranges = self
            .acknowledged
            .lock()
            .map(|ranges| ranges.clone())
            .unwrap_or_default();
        ranges.into_iter().flatten().collect()
    }

    /// How many events were made up; every number below has been sent or
    /// was about to be.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.next.load(Ordering::SeqCst)
    }

    /// The longest that any client's events waited until they were accepted.
    #[must_use]
    pub fn longest_outage(&self) -> Duration {
        Duration::from_millis(self.longest_outage_ms.load(Ordering::SeqCst))
    }

    /// The same since this was asked last.
    pub fn take_longest_wait(&self) -> Duration {
        Duration::from_millis(self.longest_wait_ms.swap(0, Ordering::SeqCst))
    }

    /// Requests answered with anything but success, by what it was.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<String, u64> {
        self.refusals
            .lock()
            .map(|refusals| refusals.clone())
            .unwrap_or_default()
    }

    fn note_refusal(&self, what: String) {
        if let Ok(mut refusals) = self.refusals.lock() {
            *refusals.entry(what).or_default() += 1;
        }
    }

    fn note_success(&self, numbers: std::ops::Range<u64>, waited: Duration) {
        if let Ok(mut acknowledged) = self.acknowledged.lock() {
            acknowledged.push(numbers);
        }
        let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.longest_outage_ms.fetch_max(waited, Ordering::SeqCst);
        self.longest_wait_ms.fetch_max(waited, Ordering::SeqCst);
    }
}

/// Sends until `stop`, then until what is begun is acknowledged or `patience`
/// ends.
///
/// # Errors
/// When the HTTP client cannot be made.
pub async fn run(
    plan: &Plan,
    sequence: Sequence,
    tally: Arc<Tally>,
    stop: Arc<AtomicBool>,
    patience: Duration,
) -> Result<()> {
    let http = http::client(Duration::from_secs(8))?;
    let clients = (0..plan.clients).map(|index| {
        let client = LoadClient {
            http: http.clone(),
            plan: plan.clone(),
            sequence,
            tally: Arc::clone(&tally),
            random: SmallRng::seed_from_u64(plan.seed.wrapping_add(index as u64)),
            repeats_on_purpose: index.is_multiple_of(4),
            capture: index,
            recent: VecDeque::new(),
        };
        tokio::spawn(client.run(Arc::clone(&stop), patience))
    });
    for client in clients.collect::<Vec<_>>() {
        if client.await.is_err() {
            tally.note_refusal("a client of the trial panicked".to_owned());
        }
    }
    Ok(())
}

struct LoadClient {
    http: Client,
    plan: Plan,
    sequence: Sequence,
    tally: Arc<Tally>,
    random: SmallRng,
    repeats_on_purpose: bool,
    /// Which capture is asked now.
    capture: usize,
    /// Acknowledged batches that may be sent again.
    recent: VecDeque<Value>,
}

impl LoadClient {
    async fn run(mut self, stop: Arc<AtomicBool>, patience: Duration) {
        while !stop.load(Ordering::SeqCst) {
            let begun = Instant::now();
            let count = self.random.random_range(1..=60);
            let first = self.tally.next.fetch_add(count, Ordering::SeqCst);
            let batch = self.batch(first, count);
            if self.send_until_acknowledged(&batch, &stop, patience).await {
                self.tally
                    .note_success(first..first + count, begun.elapsed());
                self.maybe_repeat(batch).await;
            }
            let share = self.plan.rate.max(1) as f64 / self.plan.clients as f64;
            let pace = Duration::from_secs_f64(count as f64 / share);
            tokio::time::sleep(pace.saturating_sub(begun.elapsed())).await;
        }
    }

    fn batch(&self, first: u64, count: u64) -> Value {
        let now = Utc::now();
        let events: Vec<Value> = (first..first + count)
            .map(|number| self.sequence.event(number, now))
            .collect();
        json!({ "batch": events })
    }

    /// The same bytes again until they are answered with 202.
    async fn send_until_acknowledged(
        &mut self,
        batch: &Value,
        stop: &AtomicBool,
        patience: Duration,
    ) -> bool {
        let mut stopping: Option<Instant> = None;
        let mut pause = Duration::from_millis(50);
        loop {
            match self.send(batch).await {
                Ok(()) => return true,
                Err(what) => {
                    self.tally.note_refusal(what);
                    self.capture += 1;
                }
            }
            if stop.load(Ordering::SeqCst)
                && stopping.get_or_insert_with(Instant::now).elapsed() > patience
            {
                return false;
            }
            let jitter = self.random.random_range(0.5..1.5);
            tokio::time::sleep(pause.mul_f64(jitter)).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    async fn send(&self, batch: &Value) -> Result<(), String> {
        let captures = &self.plan.capture_urls;
        let capture = captures.get(self.capture % captures.len().max(1));
        let url = format!("{}/capture", capture.ok_or("no capture")?);
        let sent = self
            .http
            .post(url)
            .header("X-API-Key", &self.plan.write_key)
            .json(batch)
            .send()
            .await;
        let response = sent.map_err(|error| match () {
            () if error.is_timeout() => "time-out".to_owned(),
            () if error.is_connect() => "connection refused".to_owned(),
            () => "connection broken".to_owned(),
        })?;
        match response.status() {
            StatusCode::ACCEPTED => {
                let answer: Value = response
                    .json()
                    .await
                    .map_err(|_| "answer cut off".to_owned())?;
                let expected = batch["batch"].as_array().map_or(0, Vec::len);
                if answer["accepted"].as_u64() == u64::try_from(expected).ok() {
                    Ok(())
                } else {
                    Err(format!("202 for {} of {expected}", answer["accepted"]))
                }
            }
            status => Err(status.as_u16().to_string()),
        }
    }

    /// One in ten acknowledged batches goes out again, at once or later.
    async fn maybe_repeat(&mut self, batch: Value) {
        if !self.repeats_on_purpose {
            return;
        }
        self.recent.push_back(batch);
        if self.recent.len() > 50 || self.random.random_bool(0.1) {
            let index = self.random.random_range(0..self.recent.len());
            if let Some(again) = self.recent.remove(index) {
                self.tally.repeated.fetch_add(1, Ordering::SeqCst);
                if let Err(what) = self.send(&again).await {
                    self.tally.note_refusal(what);
                }
            }
        }
    }
}
