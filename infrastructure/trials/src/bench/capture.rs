//! Capture's processor time, beside a handler that does nothing and beside the
//! log's bare client.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result};
use chrono::Utc;
use testing::{Shape, thread_seconds};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::figure::{Figure, median};
use super::process::{pid_of, seconds_of};
use super::wire::{Requests, Sent};
use super::{Bench, Subject, limits};

/// Events of a batch.
const BATCH: u64 = 100;
/// Connections that send batches.
const BATCH_LINES: usize = 8;
/// Connections that send single events.
const LINES: [usize; 2] = [64, 256];
/// The threads on which a JVM compiles what it runs often.
const COMPILERS: [&str; 2] = ["C1 Compiler", "C2 Compiler"];
/// The share of a core that they take once all of that is compiled.
const COMPILED: f64 = 0.05;
/// Events sent between two looks at them, and at most so often.
const WARM_UP: (u64, usize) = (30_000, 40);

/// One measured run.
struct Run {
    sent: Sent,
    /// Processor time a request, in microseconds.
    each_us: f64,
}

impl Run {
    async fn of(requests: &Requests, lines: usize, count: u64, pid: u32) -> Result<Self> {
        requests.closed(lines, count / 20 + 1).await?;
        let before = seconds_of(pid)?;
        let sent = requests.closed(lines, count).await?;
        let spent = seconds_of(pid)? - before;
        Ok(Self {
            each_us: spent / sent.count() * 1e6,
            sent,
        })
    }

    fn rate(&self) -> f64 {
        self.sent.count() / self.sent.seconds
    }
}

/// Batches of 100 and single events.
pub(super) async fn figures(subject: &Subject, bench: &Bench) -> Result<Vec<Figure>> {
    let pid = pid_of(&subject.status, "capture-api")?;
    let mut shape = Shape::new(1);
    let now = Utc::now();
    let batches = shape.bodies(0, 200, BATCH, |_| now);
    let batches = Requests::new(
        &subject.status.capture_url,
        &subject.status.write_key,
        &batches,
    );
    let singles: Vec<String> = (0..5_000)
        .map(|number| shape.event(number, now).to_string())
        .collect();
    let singles = Requests::new(
        &subject.status.capture_url,
        &subject.status.write_key,
        &singles,
    );
    let nothing = Nothing::start().await?;
    let idle = singles.at(nothing.address.clone());
    warm_up(&singles, pid_of(&subject.status, "kafka")?).await?;

    let (mut batch_us, mut batch_rates) = (Vec::new(), Vec::new());
    let mut single = [const { Vec::new() }; LINES.len()];
    let mut limits = [const { Vec::new() }; LINES.len()];
    for _ in 0..bench.rounds {
        let requests = bench.batched / BATCH / bench.rounds;
        let run = Run::of(&batches, BATCH_LINES, requests, pid).await?;
        batch_us.push(run.each_us / BATCH as f64);
        batch_rates.push(run.rate() * BATCH as f64);
        for (index, lines) in LINES.into_iter().enumerate() {
            let count = bench.single / bench.rounds;
            single[index].push(Run::of(&singles, lines, count, pid).await?);
            limits[index].push(Run::of(&idle, lines, count, nothing.pid).await?);
        }
    }
    let mut figures = vec![
        Figure::new(
            "capture, batches of 100: processor time an event",
            median(batch_us),
            "µs",
        )
        .beside(
            limits::producing(subject).await?,
            "the bare rdkafka producer, same payload",
        )
        .at_most(2.7),
        Figure::new(
            "capture, batches of 100, 8 connections: events",
            median(batch_rates),
            "/s",
        ),
    ];
    for (index, lines) in LINES.into_iter().enumerate() {
        let (ours, limit) = (&single[index], &limits[index]);
        let each = |runs: &[Run]| median(runs.iter().map(|run| run.each_us).collect());
        let rate = |runs: &[Run]| median(runs.iter().map(Run::rate).collect());
        let at =
            |runs: &[Run], share| median(runs.iter().map(|run| run.sent.quantile(share)).collect());
        const NOTHING: &str = "an axum handler that does nothing";
        figures.push(
            Figure::new(
                format!("capture, single, {lines} connections: processor time"),
                each(ours),
                "µs",
            )
            .beside(each(limit), NOTHING)
            .at_most(18.0),
        );
        figures.push(
            Figure::new(
                format!("capture, single, {lines} connections: requests"),
                rate(ours),
                "/s",
            )
            .beside(rate(limit), NOTHING),
        );
        for (share, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
            let name = format!("capture, single, {lines} connections, full load: {name}");
            figures
                .push(Figure::new(name, at(ours, share), "ms").beside(at(limit, share), NOTHING));
        }
    }
    for (runs, lines) in single.iter().zip(LINES) {
        let full = median(runs.iter().map(Run::rate).collect());
        figures.extend(at_sixty_percent(&singles, lines, full, bench.rounds).await?);
    }
    Ok(figures)
}

/// Sends until the broker has compiled what that makes it run. It takes up to a
/// core for half a minute after its start, and the caches of whoever is measured
/// beside it; a broker is started once in months.
async fn warm_up(singles: &Requests, broker: u32) -> Result<()> {
    let (events, rounds) = WARM_UP;
    for _ in 0..rounds {
        let (begun, before) = (Instant::now(), thread_seconds(broker, &COMPILERS)?);
        singles.closed(LINES[0], events).await?;
        let spent = thread_seconds(broker, &COMPILERS)? - before;
        if spent < COMPILED * begun.elapsed().as_secs_f64() {
            break;
        }
    }
    Ok(())
}

/// Leaves so many events in the log.
pub(super) async fn send_batches(subject: &Subject, events: u64) -> Result<()> {
    let now = Utc::now();
    let bodies = Shape::new(1).bodies(0, 200, BATCH, |_| now);
    let (url, key) = (&subject.status.capture_url, &subject.status.write_key);
    let requests = Requests::new(url, key, &bodies);
    requests.closed(BATCH_LINES, events / BATCH).await.map(drop)
}

/// What a client waits when capture does six tenths of what it can.
async fn at_sixty_percent(
    singles: &Requests,
    lines: usize,
    full: f64,
    rounds: u64,
) -> Result<Vec<Figure>> {
    let time = std::time::Duration::from_secs(10);
    let mut runs = Vec::new();
    for _ in 0..rounds {
        runs.push(singles.open(lines, full * 0.6, time).await?);
    }
    let figure = |share: f64| {
        let percent = share * 100.0;
        let name = format!("capture, single, {lines} connections, 60 % load: p{percent:.0}");
        let waited = runs.iter().map(|sent| sent.quantile(share));
        Figure::new(name, median(waited.collect()), "ms")
    };
    Ok(vec![figure(0.5), figure(0.95), figure(0.99).at_most(50.0)])
}

/// The server that does nothing, in a process of its own.
struct Nothing {
    _server: Child,
    pid: u32,
    address: String,
}

impl Nothing {
    async fn start() -> Result<Self> {
        let mut server = Command::new(std::env::current_exe()?)
            .arg("--idle-server")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pid = server.id().context("a process id")?;
        let mut lines = BufReader::new(server.stdout.take().context("its output")?).lines();
        let port = lines.next_line().await?.context("its port")?;
        Ok(Self {
            _server: server,
            pid,
            address: format!("127.0.0.1:{port}"),
        })
    }
}
