//! `millrace tail`: the latest events, and those that come.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::args;
use crate::client::{Connection, EventLine, event_params};
use crate::home::Home;
use crate::output;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events of a page.
const PAGE: usize = 500;
/// Pages of one look: more than came in a second is told, not shown.
const PAGES: usize = 20;

pub(super) async fn run(home: &Home, options: &args::Tail) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let mut params = event_params(&options.chosen)?;
    params.insert("refresh".to_owned(), json!(true));
    params.insert("limit".to_owned(), json!(PAGE.max(options.lines)));
    let line = EventLine::new(options.color);
    let (first, _) = page(&connection, &params, None).await?;
    for event in first.iter().take(options.lines).rev() {
        print(event, options.json, line)?;
    }
    if options.no_follow {
        return Ok(ExitCode::SUCCESS);
    }
    let mut known: HashSet<String> = first.iter().map(identity).collect();
    loop {
        sleep(LOOK_EVERY).await;
        let (events, is_all) = match look(&connection, &params, &known).await {
            Ok(seen) => seen,
            // A server that is restarted is no reason to end; one that refuses is.
            Err(error) if output::exit_code_of(&error) == output::UNREACHABLE => continue,
            Err(error) => return Err(error),
        };
        if !is_all {
            output::note("… more events came than are shown");
        }
        for event in events.iter().rev() {
            if !known.contains(&identity(event)) {
                print(event, options.json, line)?;
            }
        }
        known = events.iter().map(identity).collect();
    }
}

/// The newest events, newest first, at least until one that is known; whether nothing
/// between was left out.
async fn look(
    connection: &Connection,
    params: &Map<String, Value>,
    known: &HashSet<String>,
) -> anyhow::Result<(Vec<Value>, bool)> {
    let mut events = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let (page, next) = page(connection, params, cursor).await?;
        let meets_known = page.iter().any(|event| known.contains(&identity(event)));
        events.extend(page);
        if meets_known || next.is_none() {
            return Ok((events, true));
        }
        cursor = next;
    }
    Ok((events, known.is_empty()))
}

/// A page of events, newest first, and where the next one begins.
async fn page(
    connection: &Connection,
    params: &Map<String, Value>,
    cursor: Option<String>,
) -> anyhow::Result<(Vec<Value>, Option<String>)> {
    let mut params = params.clone();
    if let Some(cursor) = cursor {
        params.insert("cursor".to_owned(), json!(cursor));
    }
    let mut answer = connection
        .query(&json!({"type": "events", "params": params}))
        .await?;
    let next = answer["result"]["next"].as_str().map(str::to_owned);
    match answer["result"]["events"].take() {
        Value::Array(events) => Ok((events, next)),
        _ => Ok((Vec::new(), next)),
    }
}

fn identity(event: &Value) -> String {
    format!(
        "{}/{}",
        event["uuid"].as_str().unwrap_or_default(),
        event["distinct_id"].as_str().unwrap_or_default()
    )
}

fn print(event: &Value, as_json: bool, line: EventLine) -> anyhow::Result<()> {
    if as_json {
        output::data(serde_json::to_string(event)?);
    } else {
        output::data(line.text(event));
    }
    Ok(())
}
