//! `make chaos`: faults under load, then an independent count.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use trials::chaos::{self, Chaos, Report};

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

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.home.exists() {
        // Rows of an earlier run would count as rows that nobody sent.
        std::fs::remove_dir_all(&arguments.home)?;
    }
    let report = chaos::run(&Chaos {
        seconds: arguments.seconds,
        seed: arguments.seed,
        clients: arguments.clients,
        rate: arguments.rate,
        home: arguments.home,
        port_offset: arguments.port_offset,
        up: arguments.up,
    })
    .await?;
    print(&report)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, reason = "the report is the program's purpose")]
fn print(report: &Report) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(report)?);
    Ok(())
}
