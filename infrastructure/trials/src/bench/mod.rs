//! What each microsecond buys: every figure beside its limit, measured in the
//! same run on the same machine. Ratios travel between machines, times do not.

mod capture;
mod decoding;
mod engine;
mod figure;
mod idle_server;
mod limits;
mod long_run;
mod overload;
mod process;
mod queries;
mod steady;
mod storing;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::stack::{Setup, Stack, Status};
use crate::watch::Watch;
use engine::Engine;

pub use figure::{Figure, Target};
pub use idle_server::serve as serve_idle;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Bench {
    /// How often each is measured; the middle value counts.
    pub rounds: u64,
    /// Events sent in batches of 100, in all rounds together.
    pub batched: u64,
    /// Events sent one a request, in all rounds together, for each number of
    /// connections.
    pub single: u64,
    /// Events whose bytes on disk are measured.
    pub on_disk: u64,
    /// How long 2,000 events a second are sent.
    pub steady: Duration,
    /// How long capture is flooded.
    pub overload: Duration,
    /// Only this, for so long.
    pub long_run: Option<Duration>,
    /// Only queries, over so many events that are kept for the next run.
    pub queries: Option<u64>,
    /// Only these sections; empty: all.
    pub only: Vec<String>,
    /// State folder of the stack; must not exist, but for queries.
    pub home: PathBuf,
    /// Added to every port.
    pub port_offset: u16,
}

/// Figures that belong together.
#[derive(Debug, Serialize)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// The stack that is measured.
struct Subject {
    stack: Stack,
    status: Status,
    watch: Watch,
    engine: Engine,
}

impl Subject {
    fn start(bench: &Bench) -> Result<Self> {
        // One key sends everything here, more than one key usually may.
        let no_limit = ("MILLRACE_CAPTURE__LIMITS__EVENTS_PER_SECOND_MAX", u32::MAX);
        let mut environment = vec![(no_limit.0.to_owned(), no_limit.1.to_string())];
        if bench.queries.is_some() {
            environment.extend(queries::environment());
        }
        let stack = Stack::start_with(&Setup {
            home: bench.home.clone(),
            port_offset: bench.port_offset,
            environment,
            ..Setup::default()
        })?;
        let status = stack.status()?;
        Ok(Self {
            watch: Watch::new(&status)?,
            engine: Engine::of(&stack)?,
            status,
            stack,
        })
    }

    fn status_now(&self) -> Result<Status> {
        self.stack.status()
    }

    /// Where the log is.
    fn kafka(&self) -> Result<&str> {
        let services = &self.status.services;
        let kafka = services.iter().find(|one| one.name == "kafka");
        Ok(&kafka.context("a broker")?.address)
    }

    /// Records that the log has taken so far.
    fn accepted(&self) -> Result<f64> {
        let (_, reconciliation) = self.stack.ask(&["reconcile"])?;
        let count = |name: &str| reconciliation[name].as_f64().unwrap_or_default();
        Ok(count("accepted"))
    }

    /// Bytes of the log's files.
    fn log_bytes(&self) -> Result<f64> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.stack.home().join("data/kafka"))? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with("events-") {
                continue;
            }
            for file in std::fs::read_dir(entry.path())? {
                let file = file?;
                if file.file_name().to_string_lossy().ends_with(".log") {
                    bytes += file.metadata()?.len();
                }
            }
        }
        Ok(bytes as f64)
    }
}

/// Measures a stack of its own from idle to overload; `done` sees each section
/// as soon as it is there.
///
/// # Errors
/// When the stack does not start or does not answer.
pub async fn run(bench: &Bench, mut done: impl FnMut(&Section)) -> Result<Vec<Section>> {
    let subject = Subject::start(bench)?;
    let mut sections = Vec::new();
    let mut add = |title, figures| {
        let section = Section { title, figures };
        done(&section);
        sections.push(section);
    };
    if let Some(time) = bench.long_run {
        add("long run", long_run::figures(&subject, time).await?);
        return Ok(sections);
    }
    if let Some(events) = bench.queries {
        let figures = queries::figures(&subject, events, bench.rounds).await?;
        add("queries, processor time of engine and query API", figures);
        return Ok(sections);
    }
    let wanted = |title: &str| bench.only.is_empty() || bench.only.iter().any(|one| one == title);
    if wanted("idle") {
        add("idle", idle(&subject).await?);
    }
    // What capture takes is measured without a consumer beside it.
    subject.stack.run(&["stop", "consumer"])?;
    if wanted("capture") {
        add("capture", capture::figures(&subject, bench).await?);
    }
    if wanted("decoding") {
        add("decoding", decoding::figures(&subject, bench).await?);
    }
    if wanted("storing") {
        add("storing", storing::backlog(&subject, bench).await?);
    } else {
        subject.stack.run(&["start", "consumer"])?;
    }
    if wanted("live") {
        add("live", steady::figures(&subject, bench.steady).await?);
    }
    if wanted("disk") {
        add("disk", storing::disk(&subject, bench).await?);
    }
    if wanted("overload") {
        add(
            "overload",
            overload::figures(&subject, bench.overload).await?,
        );
    }
    Ok(sections)
}

async fn idle(subject: &Subject) -> Result<Vec<Figure>> {
    // Until what a start allocates has been given back.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let memory = process::memory(&subject.stack.look().await?);
    Ok(vec![
        Figure::new("memory of the whole stack, idle", memory, "MB").at_most(1_000.0),
    ])
}
