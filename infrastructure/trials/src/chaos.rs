//! Faults under load, then three counts made independently of each other.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::Utc;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;
use serde_json::Value;

use crate::events::Sequence;
use crate::faults::Fault;
use crate::load::{self, Plan, Tally};
use crate::stack::Stack;
use crate::verdict::{self, Verdict};
use crate::watch::Watch;

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// How long faults are injected, in seconds.
    pub seconds: u64,
    /// Seed of every choice; the same seed makes the same run.
    pub seed: u64,
    /// Clients at once.
    pub clients: usize,
    /// Events a second.
    pub rate: u64,
    /// State folder of the stack; must not exist or be left from a run.
    pub home: PathBuf,
    /// Added to every port.
    pub port_offset: u16,
    /// Passed on to `millrace up`.
    pub up: Vec<String>,
}

/// A fault that was injected, and how the stack came back.
#[derive(Debug, Serialize)]
pub struct Injected {
    /// What was done.
    pub fault: Fault,
    /// When, since the start of the run.
    pub at_seconds: f64,
    /// Until answers were complete up to the fault again.
    pub recovery_seconds: Option<f64>,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Seed of the run.
    pub seed: u64,
    /// How long faults were injected.
    pub seconds: u64,
    /// The faults.
    pub faults: Vec<Injected>,
    /// What was acknowledged against what is stored.
    pub verdict: Verdict,
    /// Batches sent again although acknowledged.
    pub repeated_on_purpose: u64,
    /// Answers that were no success, by kind.
    pub refusals: BTreeMap<String, u64>,
    /// Longest time a client waited between two successes.
    pub longest_outage_seconds: f64,
    /// Whether the ledger's own count agrees.
    pub reconciliation_is_exact: bool,
    /// The ledger's own count.
    pub reconciliation: Value,
}

impl Report {
    /// Whether nothing was lost, doubled or invented, the ledger agrees, and
    /// every fault was survived.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean()
            && self.reconciliation_is_exact
            && self.faults.iter().all(|one| one.recovery_seconds.is_some())
    }
}

/// Starts a stack of its own, hurts it under load, and counts.
///
/// # Errors
/// When the stack does not start, does not catch up, or cannot be asked.
pub async fn run(arguments: &Chaos) -> Result<Report> {
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

async fn inject_all(arguments: &Chaos, stack: &Stack, watch: &Watch) -> Result<Vec<Injected>> {
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
