//! `make chaos`: faults under load, then an independent count.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use trials::chaos::{self, Chaos};
use trials::duration;

/// Kills, freezes, cuts, fills and misdates a stack of its own under load, and
/// counts afterwards what clients were told against what is stored.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long faults are injected: 120, 120s, 30m
    #[arg(long, default_value = "120s", value_parser = duration::parse)]
    duration: Duration,
    /// Faults at most
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    faults: usize,
    /// Seed of every choice; the same seed makes the same faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at once
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Events a second
    #[arg(long, default_value_t = 500)]
    rate: u64,
    /// Brokers: 1 or 3
    #[arg(long, default_value_t = 1)]
    brokers: u16,
    /// A second capture and a second consumer share the work
    #[arg(long)]
    pairs: bool,
    /// State folder of the stack; what is there is removed
    #[arg(long, default_value = ".millrace-chaos")]
    home: PathBuf,
    /// Added to every port
    #[arg(long, default_value_t = 10_000)]
    port_offset: u16,
    /// File that the report is written to as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Passed on to `millrace up`
    #[arg(last = true)]
    up: Vec<String>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let given: Vec<String> = std::env::args().skip(1).collect();
    let report = chaos::run(&Chaos {
        command: format!("make chaos ARGS=\"{}\"", given.join(" ")),
        seconds: arguments.duration.as_secs(),
        faults_max: arguments.faults,
        seed: arguments.seed,
        clients: arguments.clients,
        rate: arguments.rate,
        brokers: arguments.brokers,
        pairs: arguments.pairs,
        home: arguments.home,
        port_offset: arguments.port_offset,
        up: arguments.up,
    })
    .await?;
    if let Some(file) = arguments.json {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    print(&report);
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, reason = "the report is the program's purpose")]
fn print(report: &chaos::Report) {
    println!("{report}");
}
