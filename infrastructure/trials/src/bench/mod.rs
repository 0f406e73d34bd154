//! What each microsecond buys: every figure beside its limit, measured in the
//! same run on the same machine. Ratios travel between machines, times do not.

mod capture;

mod cpu;

mod idle_server;

mod store;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::Utc;
use serde::Serialize;

use crate::stack::{Stack, Status};
use crate::watch::Watch;

pub use idle_server::serve as serve_idle;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Bench {
    /// Events sent in batches of 100.
    pub batched: u64,
    /// Events sent one a request.
    pub single: u64,
    /// State folder of the stack; must not exist.
    pub home: PathBuf,
    /// Added to every port.
    pub port_offset: u16,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The limit measured beside it, in the same unit.
    pub limit: Option<f64>,
    /// What that limit is.
    pub limit_name: &'static str,
}

impl Figure {
    fn plain(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value,
            unit,
            limit: None,
            limit_name: "",
        }
    }

    fn beside(
        name: &'static str,
        value: f64,
        unit: &'static str,
        limit: f64,
        limit_name: &'static str,
    ) -> Self {
        Self {
            name,
            value,
            unit,
            limit: Some(limit),
            limit_name,
        }
    }
}

/// Measures a stack of its own from idle to full load.
///
/// # Errors
/// When the stack does not start or does not answer.
pub async fn run(bench: &Bench) -> Result<Vec<Figure>> {
    let stack = Stack::start(&bench.home, bench.port_offset, &[])?;
    let status = stack.status()?;
    let watch = Watch::new(&status)?;
    let mut figures = vec![Figure::plain("memory, idle", memory(&status), "MB")];
    let before = store::Cpu::now(&status)?;
    figures.extend(capture::batches(&status, bench.batched).await?);
    figures.extend(capture::singles(&status, bench.single).await?);
    let caught_up = watch
        .caught_up_to(Utc::now(), Duration::from_secs(300))
        .await;
    caught_up.context("the consumer did not catch up")?;
    let after = store::Cpu::now(&stack.status()?)?;
    figures.push(Figure::plain(
        "memory, after the load",
        memory(&stack.status()?),
        "MB",
    ));
    figures.extend(store::figures(&stack, &before, &after, bench.batched + bench.single).await?);
    figures.extend(freshness(&status, &watch).await?);
    figures.push(Figure::plain(
        "memory, at 2,000 events/s",
        memory(&stack.status()?),
        "MB",
    ));
    Ok(figures)
}

/// Unshared memory of all processes, in megabytes.
fn memory(status: &Status) -> f64 {
    let bytes: u64 = status
        .services
        .iter()
        .filter_map(|one| one.memory_bytes)
        .sum();
    bytes as f64 / 1e6
}

/// How old the answers' `complete_until` is under a steady load: an upper
/// bound of the time from capture to queryable, for every event.
async fn freshness(status: &Status, watch: &Watch) -> Result<Vec<Figure>> {
    let load = capture::steady(status, 2_000, Duration::from_secs(20));
    let sample = async {
        let mut ages = Vec::new();
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            if let Some(until) = watch.complete_until().await {
                ages.push((Utc::now() - until).as_seconds_f64() * 1e3);
            }
        }
        ages
    };
    let (sent, mut ages) = tokio::join!(load, sample);
    sent?;
    ages.sort_by(f64::total_cmp);
    let at = |share: f64| {
        ages.get((ages.len() as f64 * share) as usize)
            .copied()
            .unwrap_or(f64::NAN)
    };
    Ok(vec![
        Figure::plain(
            "capture to queryable at 2,000 events/s, p50 at most",
            at(0.5),
            "ms",
        ),
        Figure::plain(
            "capture to queryable at 2,000 events/s, p99 at most",
            at(0.99),
            "ms",
        ),
    ])
}
