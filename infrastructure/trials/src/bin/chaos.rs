//! `make chaos`: faults under load, then an independent count.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::Utc;
use clap::Parser;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;
use serde_json::Value;
use trials::events::Sequence;
use trials::faults::Fault;
use trials::load::{self, Plan, Tally};
use trials::stack::Stack;
use trials::verdict::{self, Verdict};
use trials::watch::Watch;

/// Kills and freezes the processes of a stack of its own under load, and
/// counts afterwards what clients were told against what is stored.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long faults are injected, in seconds.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Seed of every choice; the same seed makes the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at once.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Events a second.
    #[arg(long, default_value_t = 500)]
    rate: u64,
    /// State folder of the stack.
    #[arg(long, default_value = ".millrace-chaos")]
    home: PathBuf,
    /// Added to every port.
    #[arg(long, default_value_t = 10_000)]
    port_offset: u16,
    /// Passed on to `millrace up`.
    #[arg(last = true)]
    up: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Injected {
    fault: Fault,
    at_seconds: f64,
    /// Until answers were complete up to the fault again.
    recovery_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    seed: u64,
    seconds: u64,
    faults: Vec<Injected>,
    verdict: Verdict,
    repeated_on_purpose: u64,
    refusals: std::collections::BTreeMap<String, u64>,
    longest_outage_seconds: f64,
    reconciliation_is_exact: bool,
    reconciliation: Value,
}

impl Report {
    fn is_clean(&self) -> bool {
        self.verdict.is_clean()
            && self.reconciliation_is_exact
            && self.faults.iter().all(|one| one.recovery_seconds.is_some())
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let report = run(&Arguments::parse()).await?;
    print(&report)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run(arguments: &Arguments) -> Result<Report> {
    let stack = Stack::start(&arguments.home, arguments.port_offset, &arguments.up)?;
    let status = stack.status()?;
    let started = Utc::now();
    let sequence = Sequence::new(arguments.seed, started);
    let plan = Plan {
        capture_url: status.capture_url.clone(),
        write_key: status.write_key.clone(),
        clients: arguments.clients,
        rate: arguments.rate,
        seed: arguments.seed,
    };
    let (tally, stop) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let load = tokio::spawn({
        let (tally, stop) = (Arc::clone(&tally), Arc::clone(&stop));
        async move { load::run(&plan, sequence, tally, stop, Duration::from_secs(60)).await }
    });
    let watch = Watch::new(&status)?;
    let faults = inject_all(arguments, &stack, &watch).await?;
    stop.store(true, Ordering::SeqCst);
    load.await??;
    watch
        .caught_up_to(Utc::now(), Duration::from_secs(60))
        .await
        .context("the pipeline did not catch up")?;
    let day = |offset| {
        (started + chrono::Duration::days(offset))
            .format("%Y-%m-%d")
            .to_string()
    };
    let stored =
        verdict::stored_uuids(&status.query_url, &status.read_key, &day(-1), &day(1)).await?;
    let (reconciliation_is_exact, reconciliation) = stack.ask(&["reconcile"])?;
    Ok(Report {
        seed: arguments.seed,
        seconds: arguments.seconds,
        faults,
        verdict: verdict::compare(sequence, tally.sent(), &tally.acknowledged(), &stored),
        repeated_on_purpose: tally.repeated.load(Ordering::SeqCst),
        refusals: tally
            .refusals
            .lock()
            .map(|refusals| refusals.clone())
            .unwrap_or_default(),
        longest_outage_seconds: tally.longest_outage().as_secs_f64(),
        reconciliation_is_exact,
        reconciliation,
    })
}

async fn inject_all(arguments: &Arguments, stack: &Stack, watch: &Watch) -> Result<Vec<Injected>> {
    let mut random = SmallRng::seed_from_u64(arguments.seed);
    let services: Vec<String> = stack
        .status()?
        .services
        .into_iter()
        .filter(|one| one.pid.is_some())
        .map(|one| one.name)
        .collect();
    let begun = Instant::now();
    let mut faults = Vec::new();
    while begun.elapsed() < Duration::from_secs(arguments.seconds) {
        let fault = Fault::choose(faults.len(), &services, &mut random);
        let at_seconds = begun.elapsed().as_secs_f64();
        fault.inject(stack).await?;
        let recovery = watch
            .caught_up_to(Utc::now(), Duration::from_secs(60))
            .await;
        progress(&fault, recovery);
        faults.push(Injected {
            fault,
            at_seconds,
            recovery_seconds: recovery.map(|took| took.as_secs_f64()),
        });
    }
    Ok(faults)
}

#[expect(clippy::print_stderr, reason = "progress of a command-line program")]
fn progress(fault: &Fault, recovery: Option<Duration>) {
    match recovery {
        Some(took) => eprintln!(
            "{fault:?}: complete again after {:.1} s",
            took.as_secs_f64()
        ),
        None => eprintln!("{fault:?}: NOT complete again within 60 s"),
    }
}

#[expect(clippy::print_stdout, reason = "the report is the program's purpose")]
fn print(report: &Report) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(report)?);
    Ok(())
}
