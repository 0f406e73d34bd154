//! Queries: every type over HTTP beside hand-written SQL for the same answer,
//! sent straight to the same engine, and beside reading its columns alone.

mod cases;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::Value;

use super::Subject;
use super::engine::Engine;
use super::figure::Figure;
use super::process::{pid_of, seconds_of};
use super::wire::quantile;
use crate::http;
use cases::{CASES, Case};

/// Events of one insert: one block, which the engine of a small machine holds.
const BATCH: u64 = 250_000;
/// Events of a person, on average.
const EVENTS_A_PERSON: u64 = 20;
/// 2025-01-01, where the 90 days of events begin.
const FROM_MS: u64 = 1_735_689_600_000;
/// How long each is asked again and again: processor time is told in steps of
/// 10 ms.
const MEASURED: Duration = Duration::from_millis(500);
/// Hits of the cache that are timed.
const HITS: u64 = 500;

/// Room and time for both sides, whatever else the machine does.
pub(super) fn environment() -> [(String, String); 3] {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    [
        set("MILLRACE_ENGINE__MEMORY", "5GB"),
        set("MILLRACE_QUERY__INTERACTIVE__TIME", "10m"),
        // Groups of either go to disk beyond the same memory.
        set("MILLRACE_QUERY__INTERACTIVE__MEMORY", "4GB"),
    ]
}

/// Asks everything by turns, so that a machine that grows slower is slower for
/// all; the least of each counts.
pub(super) async fn figures(subject: &Subject, events: u64, rounds: u64) -> Result<Vec<Figure>> {
    load(&subject.engine, &subject.status.project_id, events).await?;
    let asked = Asked {
        subject,
        http: http::client(Duration::from_secs(120))?,
        processes: [
            pid_of(&subject.status, "clickhouse")?,
            pid_of(&subject.status, "query-api")?,
        ],
    };
    let mut figures = Vec::new();
    for case in CASES {
        figures.extend(asked.compare(case, rounds).await?);
    }
    figures.extend(asked.hits().await?);
    Ok(figures)
}

/// Makes the events in the engine, as far as they are not there yet.
async fn load(engine: &Engine, project: &str, events: u64) -> Result<()> {
    let count = format!("SELECT count() FROM millrace.events WHERE project_id = '{project}'");
    let there = engine.number(&count).await? as u64;
    let code: Vec<&str> = include_str!("events.sql")
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    for first in (there..events).step_by(usize::try_from(BATCH)?) {
        let text = code
            .join("\n")
            .replace("{persons}", &(events / EVENTS_A_PERSON).max(1).to_string())
            .replace("{from_ms}", &FROM_MS.to_string())
            .replace("{project}", project)
            .replace("{first}", &first.to_string())
            .replace("{count}", &BATCH.min(events - first).to_string());
        engine.command(&text).await?;
    }
    if there < events {
        // As merges would leave it after a while.
        engine
            .command("OPTIMIZE TABLE millrace.events FINAL")
            .await?;
    }
    Ok(())
}

/// Where questions are asked.
struct Asked<'s> {
    subject: &'s Subject,
    http: Client,
    /// Those whose time counts: the engine and the query API.
    processes: [u32; 2],
}

impl Asked<'_> {
    async fn compare(&self, case: &Case, rounds: u64) -> Result<Vec<Figure>> {
        let project = &self.subject.status.project_id;
        let (request, by_hand, scan) = (case.request(), case.by_hand(project), case.scan(project));
        let (answer, told) = tokio::try_join!(self.query(&request), self.sql(&by_hand))?;
        let (ours, theirs) = ((case.figures)(&answer["result"]), last_column(&told)?);
        ensure!(
            rounded(ours) == rounded(theirs),
            "{}: the two answers differ",
            case.name
        );
        let [mut compiled, mut hand, mut floor] = [f64::MAX; 3];
        for _ in 0..rounds {
            compiled = compiled.min(
                self.cost(async || self.query(&request).await.map(drop))
                    .await?,
            );
            hand = hand.min(
                self.cost(async || self.sql(&by_hand).await.map(drop))
                    .await?,
            );
            floor = floor.min(self.cost(async || self.sql(&scan).await.map(drop)).await?);
        }
        Ok(vec![
            Figure::new(case.name, compiled, "ms")
                .beside(hand, "hand-written SQL")
                .at_most_times(1.2),
            Figure::new("  the same beside the scan", compiled, "ms")
                .beside(floor, "reading its columns alone"),
        ])
    }

    /// Processor time of one call, in milliseconds.
    async fn cost(&self, call: impl AsyncFn() -> Result<()>) -> Result<f64> {
        let (begun, before) = (Instant::now(), self.spent()?);
        let mut calls = 0.0;
        while begun.elapsed() < MEASURED {
            call().await?;
            calls += 1.0;
        }
        Ok((self.spent()? - before) / calls * 1e3)
    }

    fn spent(&self) -> Result<f64> {
        let each = self
            .processes
            .iter()
            .map(|pid| anyhow::Ok(seconds_of(*pid)?));
        each.sum()
    }

    async fn query(&self, body: &Value) -> Result<Value> {
        let status = &self.subject.status;
        let request = self.http.post(format!("{}/api/query", status.query_url));
        let request = request.header("X-API-Key", &status.read_key).json(body);
        let answer = request.send().await?;
        let (code, text) = (answer.status(), answer.text().await?);
        ensure!(code.is_success(), "{body}: {code} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn sql(&self, text: &str) -> Result<String> {
        let answer = self.subject.engine.run(text, bytes::Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// What an answer from the cache takes.
    async fn hits(&self) -> Result<Vec<Figure>> {
        let mut request = CASES.first().context("a case")?.request();
        request["params"]["max_age"] = 120.into();
        self.query(&request).await?;
        let mut times = Vec::new();
        for _ in 0..HITS {
            let begun = Instant::now();
            let answer = self.query(&request).await?;
            ensure!(answer["cached"] == true, "an answer that was not cached");
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        Ok(vec![
            Figure::new(
                "an answer from the cache takes, p50",
                quantile(&times, 0.5),
                "ms",
            ),
            Figure::new(
                "an answer from the cache takes, p99",
                quantile(&times, 0.99),
                "ms",
            )
            .at_most(10.0),
        ])
    }
}

/// The numbers of the last column.
fn last_column(lines: &str) -> Result<Vec<f64>> {
    let last = |line: &str| line.rsplit('\t').next().unwrap_or_default().parse();
    Ok(lines.lines().map(last).collect::<Result<_, _>>()?)
}

/// Those that are not zero, in order, to the sixth digit.
fn rounded(mut numbers: Vec<f64>) -> Vec<String> {
    numbers.retain(|number| *number != 0.0);
    numbers.sort_by(f64::total_cmp);
    numbers
        .iter()
        .map(|number| format!("{number:.6}"))
        .collect()
}
