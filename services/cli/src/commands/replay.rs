//! `millrace replay`: a range of the log again. The consumer's own program does
//! it, with the settings that the running one has.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::args;
use crate::client::{Stores, consumer_environment};
use crate::home::{Home, service_binary};
use crate::output;

/// What `consumer replay` answers.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    read: u64,
    present: Present,
    missing: u64,
    stored: u64,
    repeats: u64,
    dead: u64,
    gone: u64,
    doubles_repaired: u64,
    applied: bool,
    positions: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Present {
    stored: u64,
    duplicate: u64,
    quarantined: u64,
    removed: u64,
}

/// Positions that are named to people.
const NAMED: usize = 8;

pub(super) fn run(home: &Home, options: &args::Replay) -> anyhow::Result<ExitCode> {
    if Stores::of(home)?.transport_is_redis() {
        bail!("events go through a Redis list, which keeps nothing that could be read again");
    }
    let report = ask(home, options)?;
    if options.json {
        output::json(&report)?;
    } else {
        show(&report);
    }
    let is_open = report.missing > 0 && !report.applied;
    if is_open && !options.json {
        output::note("nothing was changed: `--apply` stores what is missing");
    }
    Ok(if is_open {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn ask(home: &Home, options: &args::Replay) -> anyhow::Result<Report> {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut consumer = Command::new(service_binary("consumer")?);
    consumer
        .args(["replay", "--from", &time(options.from)])
        .envs(consumer_environment(home)?)
        .env("MILLRACE_TELEMETRY__LOG_FILTER", "warn")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if let Some(to) = options.to {
        consumer.args(["--to", &time(to)]);
    }
    if let Some(partition) = options.partition {
        consumer.args(["--partition", &partition.to_string()]);
    }
    if options.apply {
        consumer.arg("--apply");
    }
    let answer = consumer.output().context("running consumer replay")?;
    if !answer.status.success() {
        bail!("the replay ended early; what it stored is stored, run it again");
    }
    serde_json::from_slice(&answer.stdout).context("reading what consumer replay answered")
}

fn show(report: &Report) {
    let row = |name: &str, count: u64| {
        output::data(format_args!("{name:<24}{count:>10}"));
    };
    row("records read again", report.read);
    row("  stored", report.present.stored);
    row("  repeats", report.present.duplicate);
    row("  dead letters", report.present.quarantined);
    row("  removed on purpose", report.present.removed);
    row("  missing", report.missing);
    if report.gone > 0 {
        row("not in the log any more", report.gone);
    }
    if report.missing > 0 {
        let verb = if report.applied { "were" } else { "would be" };
        output::data(format_args!(
            "of the missing {} {verb} stored, {} {verb} repeats, {} {verb} dead letters",
            report.stored, report.repeats, report.dead
        ));
        let named = report.positions.get(..NAMED).unwrap_or(&report.positions);
        let more = report.missing.saturating_sub(named.len() as u64);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        output::data(format_args!("at {}{more}", named.join(", ")));
    }
    if report.doubles_repaired > 0 {
        output::data(format_args!(
            "{} came in a second time meanwhile and are repeats now",
            report.doubles_repaired
        ));
    }
}
