//! `millrace import`: events from files.

use std::process::ExitCode;

use anyhow::Context;
use event_schema::ids::ProjectId;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::args;
use crate::client::Connection;
use crate::home::Home;
use crate::import::{
    Bookmark, Mapping, Named, Outcome, Progress, Reading, STANDARD_INPUT, Sender, find, import,
    rehearse,
};
use crate::output::{self, Failure};

pub(super) async fn run(home: &Home, options: &args::Import) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let reading = reading(options, &connection)?;
    let files = find(&options.files)?;
    let outcomes = if options.dry_run {
        rehearsal(options, &reading, &files)?
    } else {
        transfer(home, options, &connection, &reading, &files).await?
    };
    let is_complete = outcomes
        .iter()
        .all(|(_, outcome)| outcome.tally.rejected == 0);
    if options.json {
        output::json(&to_json(options, &outcomes))?;
    } else {
        outcomes
            .iter()
            .for_each(|(file, outcome)| show(options, file, outcome));
    }
    Ok(if is_complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A file and what became of it.
type Done<'a> = (&'a Named, Outcome);

fn rehearsal<'a>(
    options: &args::Import,
    reading: &Reading,
    files: &'a [Named],
) -> anyhow::Result<Vec<Done<'a>>> {
    files
        .iter()
        .map(|file| Ok((file, rehearse(&file.path, reading, options.show)?)))
        .collect()
}

async fn transfer<'a>(
    home: &Home,
    options: &args::Import,
    connection: &Connection,
    reading: &Reading,
    files: &'a [Named],
) -> anyhow::Result<Vec<Done<'a>>> {
    let mut sender = Sender {
        http: connection.http.clone(),
        url: format!("{}/capture", connection.capture_url()?),
        key: connection.write_key()?,
        patience: options.patience,
        progress: ProgressBar::hidden(),
    };
    // What decides what becomes of a row, and where it goes.
    let rules = serde_json::to_string(&reading.mapping)?;
    let details = format!(
        "{:?} {:?} {}",
        reading.table, reading.project, reading.with_derived
    );
    let circumstances = [sender.url.clone(), sender.key.clone(), rules, details];
    let circumstances: Vec<&str> = circumstances.iter().map(String::as_str).collect();
    let mut outcomes = Vec::new();
    for file in files {
        let is_file = file.path.as_os_str() != STANDARD_INPUT;
        let bookmark = is_file
            .then(|| Bookmark::of(&home.imports(), &file.path, &circumstances))
            .transpose()?;
        if let Some(bookmark) = bookmark.as_ref().filter(|_| options.restart) {
            bookmark.forget()?;
        }
        sender.progress = bar(file, is_file);
        let outcome = import(
            file,
            reading,
            &sender,
            bookmark.as_ref(),
            &options.rejected,
            &Progress::default(),
        )
        .await;
        sender.progress.finish_and_clear();
        outcomes.push((
            file,
            outcome.with_context(|| format!("importing {}", file.name))?,
        ));
    }
    Ok(outcomes)
}

fn reading(options: &args::Import, connection: &Connection) -> anyhow::Result<Reading> {
    let mapping = mapping(options).map_err(|error| Failure::usage(format!("{error:#}")))?;
    let of_stack = || {
        // Another key may be another project's.
        let is_own_key = options.target.api_key.is_none();
        let project = connection.default_project().filter(|_| is_own_key)?;
        project.parse().ok()
    };
    Ok(Reading {
        mapping,
        table: options.mapping.table,
        project: options.mapping.project.map(ProjectId).or_else(of_stack),
        with_derived: options.mapping.with_derived,
        batch_events: usize::try_from(options.batch)?,
        rows_max: options.limit.unwrap_or(u64::MAX),
    })
}

/// The mapping file, overruled by the flags.
fn mapping(options: &args::Import) -> anyhow::Result<Mapping> {
    let flags = &options.mapping;
    let mut mapping = match &flags.mapping {
        Some(path) => Mapping::read(path)?,
        None => Mapping::default(),
    };
    let mut assignments = flags.map.clone();
    assignments.extend(
        flags
            .timestamp_column
            .iter()
            .map(|column| format!("timestamp={column}")),
    );
    mapping.map_all(&assignments)?;
    for assignment in &flags.set {
        mapping.set(assignment)?;
    }
    if let Some(name) = &flags.event_name {
        mapping.name_all(name);
    }
    mapping.from = options.from.or(mapping.from);
    mapping.format = options.format.or(mapping.format);
    mapping.delimiter = flags.delimiter.clone().or(mapping.delimiter);
    mapping.timestamp_format = flags.timestamp_format.clone().or(mapping.timestamp_format);
    mapping.timezone = flags.timezone.or(mapping.timezone);
    mapping.all_text |= flags.all_text;
    mapping.drop.extend(flags.drop.iter().cloned());
    mapping.json.extend(flags.json_columns.iter().cloned());
    Ok(mapping)
}

fn bar(file: &Named, is_file: bool) -> ProgressBar {
    let length = std::fs::metadata(&file.path)
        .ok()
        .map(|metadata| metadata.len());
    let (bar, template) = match length.filter(|_| is_file) {
        Some(length) => (
            ProgressBar::new(length),
            "{prefix} {wide_bar} {percent:>3} %, {eta} left {msg}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{prefix} {spinner} {bytes} read {msg}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(file.name.clone());
    bar
}

fn show(options: &args::Import, file: &Named, outcome: &Outcome) {
    let kind = match outcome.kind {
        Some((format, origin)) => format!("{format}, {origin}"),
        None => "imported before; --restart sends it again".to_owned(),
    };
    output::data(format_args!("{} ({kind})", file.path.display()));
    let sent = if options.dry_run {
        "would be sent"
    } else {
        "sent"
    };
    for line in outcome.tally.lines(sent) {
        output::data(line);
    }
    if outcome.resumed > 0 && outcome.kind.is_some() {
        output::data(format_args!(
            "  {} rows were done by an earlier run",
            outcome.resumed
        ));
    }
    if let Some(list) = &outcome.rejected_list {
        output::data(format_args!("  rejected rows: {}", list.display()));
    }
    if !outcome.first.is_empty() {
        output::data("  the first events:");
    }
    for event in &outcome.first {
        output::data(format_args!("  {event}"));
    }
}

fn to_json(options: &args::Import, outcomes: &[Done<'_>]) -> Value {
    let files: Vec<Value> = outcomes
        .iter()
        .map(|(file, outcome)| {
            let first: Vec<Value> = outcome
                .first
                .iter()
                .filter_map(|event| serde_json::from_str(event).ok())
                .collect();
            json!({
                "file": file.path,
                "format": outcome.kind.map(|(format, _)| format),
                "from": outcome.kind.map(|(_, origin)| origin),
                "rows": outcome.tally.rows,
                "sent": outcome.tally.sent,
                "rejected": outcome.tally.rejected,
                "reasons": outcome.tally.reasons,
                "resumed_rows": outcome.resumed,
                "rejected_list": outcome.rejected_list,
                "first_events": first,
            })
        })
        .collect();
    json!({"dry_run": options.dry_run, "files": files})
}
