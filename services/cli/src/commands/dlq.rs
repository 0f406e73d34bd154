//! `millrace dlq`: records that could never be stored, and what to do about them.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use transport::kafka::{KafkaProducer, ProducerTuning};
use transport::{Producer, Record, Topic};
use warehouse::Warehouse;
use warehouse::quarantine::Resolution;

use crate::args::{self, DlqCommand, DlqFilter};
use crate::client::{Letter, Stores, read_letters};
use crate::home::Home;
use crate::output::{self, Failure};

/// Characters of a reason and of the content in a table.
const SHORT: usize = 60;
/// How long the brokers may take to be found.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// Records published at once.
const BATCH: usize = 500;

pub(super) async fn run(home: &Home, options: &args::Dlq) -> anyhow::Result<ExitCode> {
    let stores = Stores::of(home)?;
    if stores.transport_is_redis() {
        bail!(
            "the Redis transport has no dead-letter topic: its failed items are in the list analytics:queue:failed"
        );
    }
    let warehouse = Warehouse::connect(&stores.clickhouse);
    let letters = read_letters(&stores, &warehouse).await?;
    match &options.command {
        None => list(&letters, &DlqFilter::default(), false, options.json),
        Some(DlqCommand::List { filter, all }) => list(&letters, filter, *all, options.json),
        Some(DlqCommand::Show { position }) => show(&letters, position, options.json),
        Some(DlqCommand::Replay { filter, dry_run }) => {
            let chosen = choose(&letters, filter)?;
            if *dry_run {
                return list(&letters, filter, false, options.json);
            }
            replay(&stores, &warehouse, &chosen).await
        }
        Some(DlqCommand::Drop { filter, dry_run }) => {
            let chosen = choose(&letters, filter)?;
            if *dry_run {
                return list(&letters, filter, false, options.json);
            }
            settle(&warehouse, &chosen, Resolution::Dropped).await?;
            output::note(format_args!(
                "{} dead letters are given up; they stay in the topic",
                chosen.len()
            ));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn list(
    letters: &[Letter],
    filter: &DlqFilter,
    all: bool,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let chosen: Vec<&Letter> = letters
        .iter()
        .filter(|letter| (all || !letter.is_settled) && matches(letter, filter))
        .collect();
    if as_json {
        output::json(
            &chosen
                .iter()
                .map(|letter| to_json(letter))
                .collect::<Vec<Value>>(),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["position", "at", "reason", "", "content"]);
    for letter in &chosen {
        let settled = if letter.is_settled { " (settled)" } else { "" };
        table.add_row([
            letter.position_text(),
            letter.content.dlq_ts.clone(),
            format!("{}{settled}", letter.content.error_kind),
            shorten(&letter.content.error_message),
            shorten(&letter.content.raw),
        ]);
    }
    output::data(table.trim_fmt());
    output::note(format_args!("{} dead letters", chosen.len()));
    Ok(ExitCode::SUCCESS)
}

fn show(letters: &[Letter], position: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let letter = letters
        .iter()
        .rev()
        .find(|letter| letter.position_text() == position)
        .with_context(|| {
            format!("there is no dead letter {position}: see `millrace dlq list --all`")
        })?;
    if as_json {
        output::json(&to_json(letter))?;
        return Ok(ExitCode::SUCCESS);
    }
    let content = &letter.content;
    for (name, value) in [
        ("position", position.to_owned()),
        ("log", letter.log_id.clone()),
        ("at", content.dlq_ts.clone()),
        (
            "reason",
            format!("{}: {}", content.error_kind, content.error_message),
        ),
        (
            "project",
            content
                .project_id
                .map(|project| project.0.to_string())
                .unwrap_or_default(),
        ),
        (
            "uuid",
            content
                .uuid
                .map(|uuid| uuid.to_string())
                .unwrap_or_default(),
        ),
        ("settled", letter.is_settled.to_string()),
    ] {
        output::data(format_args!("{name:<10}{value}"));
    }
    output::data("");
    output::data(&content.raw);
    Ok(ExitCode::SUCCESS)
}

/// Open ones that the filter names; all when it names none.
fn choose<'a>(letters: &'a [Letter], filter: &DlqFilter) -> anyhow::Result<Vec<&'a Letter>> {
    let chosen: Vec<&Letter> = letters
        .iter()
        .filter(|letter| !letter.is_settled && matches(letter, filter))
        .collect();
    if chosen.is_empty() {
        bail!("no open dead letter is meant: see `millrace dlq list`");
    }
    Ok(chosen)
}

fn matches(letter: &Letter, filter: &DlqFilter) -> bool {
    let is_named =
        filter.positions.is_empty() || filter.positions.contains(&letter.position_text());
    let is_kind = filter
        .kind
        .as_ref()
        .is_none_or(|kind| *kind == letter.content.error_kind);
    let project = letter.content.project_id.map(|project| project.0);
    is_named && is_kind && filter.project.is_none_or(|wanted| project == Some(wanted))
}

/// Sends them to the events again, then notes that. Cut off in between they are
/// sent once more, which their uuids make harmless.
async fn replay(
    stores: &Stores,
    warehouse: &Warehouse,
    chosen: &[&Letter],
) -> anyhow::Result<ExitCode> {
    let producer = KafkaProducer::start(&stores.kafka, &ProducerTuning::default())?;
    until_ready(&producer).await?;
    let mut sent = 0;
    for batch in chosen.chunks(BATCH) {
        let mut records = Vec::new();
        for letter in batch {
            let payload = letter
                .content
                .payload()
                .with_context(|| format!("decoding {}", letter.position_text()))?;
            records.push(Record::new(Topic::Events, letter.key.clone(), payload));
        }
        for answer in producer.publish(records).await {
            answer.context("the log did not take a record; those before it are sent")?;
        }
        settle(warehouse, batch, Resolution::Replayed).await?;
        sent += batch.len();
    }
    producer.flush(Duration::from_secs(10)).await?;
    tokio::task::spawn_blocking(move || drop(producer)).await?;
    output::note(format_args!("{sent} dead letters are on their way again"));
    Ok(ExitCode::SUCCESS)
}

/// A new producer learns first how many partitions there are.
async fn until_ready(producer: &KafkaProducer) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        match producer.probe(READY_WITHIN).await {
            Ok(()) => return Ok(()),
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
            Err(error) => {
                return Err(Failure::unreachable(format!(
                    "the brokers do not answer: {error}"
                )));
            }
        }
    }
}

async fn settle(warehouse: &Warehouse, letters: &[&Letter], how: Resolution) -> anyhow::Result<()> {
    let mut logs: Vec<&str> = letters
        .iter()
        .map(|letter| letter.log_id.as_str())
        .collect();
    logs.sort_unstable();
    logs.dedup();
    for log in logs {
        let positions: Vec<_> = letters
            .iter()
            .filter(|letter| letter.log_id == log)
            .map(|letter| letter.position)
            .collect();
        warehouse.resolve_dead_letters(log, &positions, how).await?;
    }
    Ok(())
}

fn to_json(letter: &Letter) -> Value {
    json!({
        "position": letter.position_text(),
        "log_id": letter.log_id,
        "settled": letter.is_settled,
        "dead_letter": letter.content,
    })
}

fn shorten(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(SHORT)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if text.chars().nth(SHORT).is_some() {
        short.push('…');
    }
    short
}
