//! `millrace dlq`: records that could never be stored, and what to do about them.

use std::process::ExitCode;

use anyhow::{Context, bail};
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use warehouse::Warehouse;

use crate::args::{self, DlqCommand, DlqFilter};
use crate::client::{Letter, Stores, give_up, read_letters, send_again};
use crate::home::Home;
use crate::output;

/// Characters of a reason and of the content in a table.
const SHORT: usize = 60;

pub(super) async fn run(home: &Home, options: &args::Dlq) -> anyhow::Result<ExitCode> {
    let stores = Stores::of(home)?;
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
            send_again(&stores, &warehouse, &chosen).await?;
            output::note(format_args!(
                "{} dead letters are on their way again",
                chosen.len()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Some(DlqCommand::Drop { filter, dry_run }) => {
            let chosen = choose(&letters, filter)?;
            if *dry_run {
                return list(&letters, filter, false, options.json);
            }
            give_up(&stores, &warehouse, &chosen).await?;
            output::note(format_args!("{} dead letters are given up", chosen.len()));
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
            letter.name.clone(),
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
        .find(|letter| letter.name == position)
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
        ("log", log_of(letter).to_owned()),
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
    let is_named = filter.positions.is_empty() || filter.positions.contains(&letter.name);
    let is_kind = filter
        .kind
        .as_ref()
        .is_none_or(|kind| *kind == letter.content.error_kind);
    let project = letter.content.project_id.map(|project| project.0);
    is_named && is_kind && filter.project.is_none_or(|wanted| project == Some(wanted))
}

/// The log it stood in; none for an item that is not of ours.
fn log_of(letter: &Letter) -> &str {
    letter.origin.as_ref().map_or("", |(log, _)| log)
}

fn to_json(letter: &Letter) -> Value {
    json!({
        "position": letter.name,
        "log_id": log_of(letter),
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
