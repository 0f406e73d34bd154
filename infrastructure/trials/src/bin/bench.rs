//! `make bench`: every figure beside its limit, as a table and as JSON.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use trials::bench::{self, Bench, Figure};

/// Measures a stack of its own.
#[derive(Debug, Parser)]
struct Arguments {
    /// Events sent in batches of 100.
    #[arg(long, default_value_t = 500_000)]
    batched: u64,
    /// Events sent one a request.
    #[arg(long, default_value_t = 100_000)]
    single: u64,
    /// State folder of the stack.
    #[arg(long, default_value = ".millrace-bench")]
    home: PathBuf,
    /// Added to every port.
    #[arg(long, default_value_t = 11_000)]
    port_offset: u16,
    /// File that the figures are written to as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Runs the server that does nothing; used by the benchmark itself.
    #[arg(long, hide = true)]
    idle_server: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.idle_server {
        return bench::serve_idle().await;
    }
    if arguments.home.exists() {
        std::fs::remove_dir_all(&arguments.home)?;
    }
    let figures = bench::run(&Bench {
        batched: arguments.batched,
        single: arguments.single,
        home: arguments.home,
        port_offset: arguments.port_offset,
    })
    .await?;
    if let Some(file) = arguments.json {
        let told = serde_json::json!({"date": chrono::Utc::now(), "cores": std::thread::available_parallelism()?, "figures": figures});
        std::fs::write(file, serde_json::to_string_pretty(&told)?)?;
    }
    print(&figures);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the program's purpose")]
fn print(figures: &[Figure]) {
    for figure in figures {
        let value = format!("{:.1} {}", figure.value, figure.unit);
        match figure.limit {
            Some(limit) => {
                let ratio = figure.value / limit;
                println!(
                    "{:<58} {value:>14}   {ratio:.2} times {limit:.1} {} ({})",
                    figure.name, figure.unit, figure.limit_name
                );
            }
            None => println!("{:<58} {value:>14}", figure.name),
        }
    }
}
