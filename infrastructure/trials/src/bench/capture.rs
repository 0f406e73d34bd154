//! Capture under load: batches, single events, a steady rate.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::Figure;
use super::cpu::{pid_of, seconds_of};
use crate::http;
use crate::stack::Status;

const BATCH: u64 = 100;

/// A page view of about 500 bytes.
fn event(number: u64) -> serde_json::Value {
    json!({
        "event": "$pageview",
        "distinct_id": format!("person-{}", number % 20_000),
        "timestamp": "2026-01-31T12:00:00.000Z",
        "properties": {
            "$current_url": format!("https://shop.example/products/{}?utm_source=letter&utm_medium=email", number % 500),
            "$referrer": "https://www.example.org/search?q=shoes", "$session_id": format!("session-{}", number / 20),
            "$lib": "web", "$lib_version": "1.2.3", "plan": "team", "price": 19.9, "seats": 3, "is_member": true,
            "title": "A pair of shoes that one would walk in for a thousand miles and more",
            "tags": ["red", "leather"], "number": number,
        },
    })
}

/// Events in batches of 100, eight connections.
pub(super) async fn batches(status: &Status, events: u64) -> Result<Vec<Figure>> {
    let bodies: Vec<String> = (0..50)
        .map(|body| json!({"batch": (0..BATCH).map(|number| event(body * BATCH + number)).collect::<Vec<_>>()}).to_string())
        .collect();
    let run = Run::of(
        &status.capture_url,
        &status.write_key,
        bodies,
        8,
        events / BATCH,
    );
    let pid = pid_of(status, "capture-api")?;
    let measured = run.measure(pid).await?;
    let count = (events / BATCH * BATCH) as f64;
    Ok(vec![
        Figure::plain(
            "capture, batches of 100: processor time an event",
            measured.cpu_seconds / count * 1e6,
            "µs",
        ),
        Figure::plain(
            "capture, batches of 100: events",
            count / measured.seconds,
            "/s",
        ),
    ])
}

/// One event a request, 64 connections, beside a handler that does nothing.
pub(super) async fn singles(status: &Status, events: u64) -> Result<Vec<Figure>> {
    let bodies: Vec<String> = (0..1_000).map(|number| event(number).to_string()).collect();
    let run = Run::of(&status.capture_url, &status.write_key, bodies, 64, events);
    let ours = run.measure(pid_of(status, "capture-api")?).await?;
    let limit = beside_an_idle_server(&run).await?;
    let each = |measured: &Measured| measured.cpu_seconds / events as f64 * 1e6;
    Ok(vec![
        Figure::beside(
            "capture, single: processor time an event",
            each(&ours),
            "µs",
            each(&limit),
            "a handler that does nothing",
        ),
        Figure::plain(
            "capture, single: requests",
            events as f64 / ours.seconds,
            "/s",
        ),
        Figure::beside(
            "capture, single: p50",
            ours.quantile(0.5),
            "ms",
            limit.quantile(0.5),
            "a handler that does nothing",
        ),
        Figure::beside(
            "capture, single: p99",
            ours.quantile(0.99),
            "ms",
            limit.quantile(0.99),
            "a handler that does nothing",
        ),
    ])
}

async fn beside_an_idle_server(run: &Run) -> Result<Measured> {
    let mut server = Command::new(std::env::current_exe()?)
        .arg("--idle-server")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pid = server.id().context("a process id")?;
    let mut lines = BufReader::new(server.stdout.take().context("its output")?).lines();
    let port = lines.next_line().await?.context("its port")?;
    let run = Run {
        url: format!("http://127.0.0.1:{port}/capture"),
        ..run.clone()
    };
    run.measure(pid).await
}

/// Events at a steady rate, ten batches a second.
pub(super) async fn steady(status: &Status, rate: u64, time: Duration) -> Result<()> {
    let http = http::client(Duration::from_secs(10))?;
    let (begun, url) = (Instant::now(), format!("{}/capture", status.capture_url));
    let mut part = 0;
    while begun.elapsed() < time {
        let events: Vec<_> = (0..rate / 10)
            .map(|number| event(part * rate / 10 + number))
            .collect();
        let answer = http
            .post(&url)
            .header("X-API-Key", &status.write_key)
            .json(&json!({"batch": events}))
            .send()
            .await?;
        if answer.status() != StatusCode::ACCEPTED {
            bail!("capture answered {}", answer.status());
        }
        part += 1;
        let due = Duration::from_millis(100).saturating_mul(u32::try_from(part)?);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
    }
    Ok(())
}

/// Requests to send, as bytes that are ready.
#[derive(Clone)]
struct Run {
    url: String,
    key: String,
    bodies: Arc<Vec<String>>,
    connections: usize,
    requests: u64,
}

/// What a run took.
struct Measured {
    seconds: f64,
    cpu_seconds: f64,
    /// Of each request, sorted, in milliseconds.
    latencies: Vec<f64>,
}

impl Measured {
    fn quantile(&self, share: f64) -> f64 {
        let index = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(index).copied().unwrap_or(f64::NAN)
    }
}

impl Run {
    fn of(url: &str, key: &str, bodies: Vec<String>, connections: usize, requests: u64) -> Self {
        let url = format!("{url}/capture");
        Self {
            url,
            key: key.to_owned(),
            bodies: Arc::new(bodies),
            connections,
            requests,
        }
    }

    /// Sends everything; the processor time is that of process `pid`.
    async fn measure(&self, pid: u32) -> Result<Measured> {
        self.send(self.requests / 20).await?;
        let (begun, cpu) = (Instant::now(), seconds_of(pid)?);
        let mut latencies = self.send(self.requests).await?;
        latencies.sort_by(f64::total_cmp);
        Ok(Measured {
            seconds: begun.elapsed().as_secs_f64(),
            cpu_seconds: seconds_of(pid)? - cpu,
            latencies,
        })
    }

    async fn send(&self, requests: u64) -> Result<Vec<f64>> {
        let http = http::client(Duration::from_secs(10))?;
        let left = Arc::new(AtomicU64::new(requests));
        let connections: Vec<_> = (0..self.connections)
            .map(|_| tokio::spawn(self.clone().connection(http.clone(), Arc::clone(&left))))
            .collect();
        let mut latencies = Vec::new();
        for connection in connections {
            latencies.extend(connection.await??);
        }
        Ok(latencies)
    }

    async fn connection(self, http: Client, left: Arc<AtomicU64>) -> Result<Vec<f64>> {
        let mut latencies = Vec::new();
        while let Ok(number) = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        }) {
            let index = usize::try_from(number)? % self.bodies.len().max(1);
            let body = self.bodies.get(index).context("a body")?.clone();
            let begun = Instant::now();
            let answer = http
                .post(&self.url)
                .header("X-API-Key", &self.key)
                .body(body)
                .send()
                .await?;
            let status = answer.status();
            answer.bytes().await?;
            if status != StatusCode::ACCEPTED {
                bail!("capture answered {status}");
            }
            latencies.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        Ok(latencies)
    }
}
