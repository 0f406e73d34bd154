//! Faults under load, then three counts made independently of each other.

mod fault;

mod disk;

mod wall_clock;

mod field;

mod report;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::Utc;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::task::spawn_blocking;

use crate::events::Sequence;
use crate::load::{self, Plan, Tally};
use crate::stack::{Setup, Stack};
use crate::verdict;
use crate::watch::Watch;
use wall_clock::WallClock;

pub use fault::{Disturbance, Fault, Targets};
pub use field::Field;
pub use report::{Injected, Report};

/// How long the stack may take to come back before it is given up.
const PATIENCE: Duration = Duration::from_secs(300);

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// How it was asked for, for the report.
    pub command: String,
    /// How long faults are injected, in seconds.
    pub seconds: u64,
    /// Faults at most.
    pub faults_max: usize,
    /// Seed of every choice; the same seed makes the same faults.
    pub seed: u64,
    /// Clients at once.
    pub clients: usize,
    /// Events a second.
    pub rate: u64,
    /// Brokers: 1 or 3.
    pub brokers: u16,
    /// Whether a second capture and a second consumer share the work.
    pub pairs: bool,
    /// State folder of the stack; what is there is removed.
    pub home: PathBuf,
    /// Added to every port.
    pub port_offset: u16,
    /// Passed on to `millrace up`.
    pub up: Vec<String>,
}

/// Starts a stack of its own, hurts it under load, and counts. Needs a runtime
/// of several threads: the proxies run while the stack is waited for.
///
/// # Errors
/// When the stack does not start, does not catch up, or cannot be asked.
pub async fn run(arguments: &Chaos) -> Result<Report> {
    clear(&arguments.home)?;
    let field = Field::prepare(&arguments.home, arguments.port_offset, arguments.brokers).await?;
    let stack = start(arguments, &field).await?;
    let outcome = hurt(arguments, &stack, &field).await;
    // It stops while its proxies still run.
    spawn_blocking(move || drop(stack)).await?;
    outcome
}

/// Removes what a run before left, rows that would count as rows nobody sent.
fn clear(home: &std::path::Path) -> Result<()> {
    if !home.exists() {
        return Ok(());
    }
    for mount in ["data/kafka", "data/clickhouse"] {
        let _none = Command::new("umount")
            .args(["--quiet", "--lazy"])
            .arg(home.join(mount))
            .status();
    }
    std::fs::remove_dir_all(home).with_context(|| format!("removing {}", home.display()))
}

async fn start(arguments: &Chaos, field: &Field) -> Result<Arc<Stack>> {
    let mut up = arguments.up.clone();
    up.extend(field.detours());
    up.extend(field.clock().into_iter().flat_map(WallClock::options));
    if arguments.brokers > 1 {
        up.extend(["--brokers".to_owned(), arguments.brokers.to_string()]);
    }
    if arguments.pairs {
        up.extend(["--second".to_owned(), "capture-api,consumer".to_owned()]);
    }
    let setup = Setup {
        home: arguments.home.clone(),
        port_offset: arguments.port_offset,
        up,
        environment: field
            .clock()
            .map(WallClock::environment)
            .unwrap_or_default(),
    };
    Ok(Arc::new(
        spawn_blocking(move || Stack::start_with(&setup)).await??,
    ))
}

async fn hurt(arguments: &Chaos, stack: &Arc<Stack>, field: &Field) -> Result<Report> {
    let status = stack.look().await?;
    let started = Utc::now();
    let sequence = Sequence::new(arguments.seed, started);
    let plan = Plan {
        capture_urls: status.capture_urls(),
        write_key: status.write_key.clone(),
        clients: arguments.clients,
        rate: arguments.rate,
        seed: arguments.seed,
    };
    let (tally, stop) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let load = tokio::spawn({
        let (tally, stop) = (Arc::clone(&tally), Arc::clone(&stop));
        async move { load::run(&plan, sequence, tally, stop, PATIENCE).await }
    });
    let watch = Watch::new(&status)?;
    let begun = Instant::now();
    let processes: Vec<String> = status.services.into_iter().map(|one| one.name).collect();
    let targets = Targets {
        services: processes.clone(),
        lines: field.lines(),
        disks: field.disks(),
        clock: field.clock().is_some(),
    };
    let faults = inject_all(arguments, stack, field, &targets, &watch, &tally).await?;
    let seconds = begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::SeqCst);
    load.await??;
    watch
        .caught_up_to(Utc::now(), PATIENCE)
        .await
        .context("the pipeline did not catch up")?;
    let day = |offset| {
        (started + chrono::Duration::days(offset))
            .format("%Y-%m-%d")
            .to_string()
    };
    let stored = verdict::stored_uuids(&status.query_url, &status.read_key, &day(-1), &day(1))
        .await
        .context("reading the events back")?;
    let (reconciliation_is_exact, reconciliation) = {
        let stack = Arc::clone(stack);
        spawn_blocking(move || stack.ask(&["reconcile"])).await??
    };
    Ok(Report {
        command: arguments.command.clone(),
        date: started,
        cores: std::thread::available_parallelism()?.get(),
        load_average: load_average()?,
        is_debug_build: cfg!(debug_assertions),
        seed: arguments.seed,
        seconds,
        processes,
        not_possible: field.not_possible.clone(),
        faults,
        verdict: verdict::compare(sequence, tally.sent(), &tally.acknowledged(), &stored),
        repeated_on_purpose: tally.repeated.load(Ordering::SeqCst),
        refusals: tally.refusals(),
        longest_outage_seconds: tally.longest_outage().as_secs_f64(),
        reconciliation_is_exact,
        reconciliation,
    })
}

/// Of the last 15 minutes.
fn load_average() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").context("the machine's load")?;
    let fifteen = text
        .split_whitespace()
        .nth(2)
        .context("the machine's load")?;
    Ok(fifteen.parse()?)
}

async fn inject_all(
    arguments: &Chaos,
    stack: &Stack,
    field: &Field,
    targets: &Targets,
    watch: &Watch,
    tally: &Tally,
) -> Result<Vec<Injected>> {
    let mut random = SmallRng::seed_from_u64(arguments.seed);
    let mut first = targets.first_round(&mut random).into_iter();
    let begun = Instant::now();
    let mut faults = Vec::new();
    while begun.elapsed() < Duration::from_secs(arguments.seconds)
        && faults.len() < arguments.faults_max
    {
        let fault = first.next().unwrap_or_else(|| targets.any(&mut random));
        let at_seconds = begun.elapsed().as_secs_f64();
        tally.take_longest_wait();
        fault
            .inject(stack, field)
            .await
            .with_context(|| format!("{fault:?}"))?;
        let recovery = watch.caught_up_to(Utc::now(), PATIENCE).await;
        let waited = tally.take_longest_wait();
        progress(&fault, recovery, waited);
        faults.push(Injected {
            fault,
            at_seconds,
            recovery_seconds: recovery.map(|took| took.as_secs_f64()),
            client_waited_seconds: waited.as_secs_f64(),
        });
    }
    Ok(faults)
}

#[expect(clippy::print_stderr, reason = "progress of a command-line program")]
fn progress(fault: &Fault, recovery: Option<Duration>, waited: Duration) {
    let back = match recovery {
        Some(took) => format!("complete again after {:.1} s", took.as_secs_f64()),
        None => format!("NOT complete again within {} s", PATIENCE.as_secs()),
    };
    eprintln!(
        "{} {fault:?}: {back}, a client waited {:.1} s",
        Utc::now().format("%H:%M:%S"),
        waited.as_secs_f64()
    );
}
