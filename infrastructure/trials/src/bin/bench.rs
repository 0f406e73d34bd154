//! `make bench`: every figure beside its limit, as a table and as JSON.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use trials::bench::{self, Bench, Section};
use trials::duration;

/// Measures a stack of its own.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each is measured; the middle value counts
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// Events sent in batches of 100
    #[arg(long, default_value_t = 600_000)]
    batched: u64,
    /// Events sent one a request, for each number of connections
    #[arg(long, default_value_t = 240_000)]
    single: u64,
    /// Events whose bytes on disk are measured
    #[arg(long, default_value_t = 500_000)]
    on_disk: u64,
    /// How long 2,000 events a second are sent
    #[arg(long, default_value = "60s", value_parser = duration::parse)]
    steady: Duration,
    /// How long capture is flooded
    #[arg(long, default_value = "120s", value_parser = duration::parse)]
    overload: Duration,
    /// Only send 2,000 events a second for so long, with queries beside
    #[arg(long, value_parser = duration::parse)]
    long_run: Option<Duration>,
    /// Only compare queries with hand-written SQL over so many events, which are
    /// made in the state folder and stay there for the next run
    #[arg(long)]
    queries: Option<u64>,
    /// Only these sections (comma-separated): idle, capture, decoding, storing, live,
    /// disk, overload
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// State folder of the stack; what is there is removed, but for queries
    #[arg(long, default_value = ".millrace-bench")]
    home: PathBuf,
    /// Added to every port
    #[arg(long, default_value_t = 11_000)]
    port_offset: u16,
    /// File that the figures are written to as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Runs the server that does nothing; used by the benchmark itself
    #[arg(long, hide = true)]
    idle_server: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.idle_server {
        return bench::serve_idle().await;
    }
    if arguments.home.exists() && arguments.queries.is_none() {
        std::fs::remove_dir_all(&arguments.home)?;
    }
    let given: Vec<String> = std::env::args().skip(1).collect();
    let command = match given.as_slice() {
        [] => "make bench".to_owned(),
        some => format!("make bench ARGS=\"{}\"", some.join(" ")),
    };
    let (date, machine) = (chrono::Utc::now(), machine());
    head(&command, date, &machine);
    let sections = bench::run(
        &Bench {
            rounds: arguments.rounds.max(1),
            batched: arguments.batched,
            single: arguments.single,
            on_disk: arguments.on_disk,
            steady: arguments.steady,
            overload: arguments.overload,
            long_run: arguments.long_run,
            queries: arguments.queries,
            only: arguments.only,
            home: arguments.home,
            port_offset: arguments.port_offset,
        },
        print,
    )
    .await?;
    if let Some(file) = arguments.json {
        let told = serde_json::json!({
            "command": command, "date": date, "machine": machine, "sections": sections,
        });
        std::fs::write(file, serde_json::to_string_pretty(&told)? + "\n")?;
    }
    Ok(())
}

/// Cores, processor and load of this machine.
fn machine() -> String {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    format!(
        "{cores} cores, {}, load before {}",
        model.unwrap_or_else(|| "processor unknown".to_owned()),
        load.split(' ').next().unwrap_or_default()
    )
}

#[expect(clippy::print_stdout, reason = "the table is the program's purpose")]
fn head(command: &str, date: chrono::DateTime<chrono::Utc>, machine: &str) {
    println!(
        "$ {command}\n{}, {machine}",
        date.format("%Y-%m-%d %H:%M UTC")
    );
}

#[expect(clippy::print_stdout, reason = "the table is the program's purpose")]
fn print(section: &Section) {
    println!("\n{}", section.title);
    for figure in &section.figures {
        println!("{}", figure.to_string().trim_end());
    }
}
