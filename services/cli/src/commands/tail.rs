//! `millrace tail`: the latest events, and those that come.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::args;
use crate::client::Connection;
use crate::home::Home;
use crate::output;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events read at each look.
const PAGE: usize = 500;

pub(super) async fn run(home: &Home, options: &args::Tail) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let first = latest(&connection, options).await?;
    for event in first.iter().take(options.lines).rev() {
        print(event, options.json)?;
    }
    let mut known: HashSet<String> = first.iter().map(identity).collect();
    if options.no_follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        sleep(LOOK_EVERY).await;
        let page = latest(&connection, options).await?;
        for event in page
            .iter()
            .rev()
            .filter(|event| !known.contains(&identity(event)))
        {
            print(event, options.json)?;
        }
        known = page.iter().map(identity).collect();
    }
}

/// The newest events, newest first.
async fn latest(connection: &Connection, options: &args::Tail) -> anyhow::Result<Vec<Value>> {
    let mut params = json!({"limit": PAGE, "refresh": true});
    if let Some(event) = &options.event {
        params["event"] = json!(event);
    }
    if let Some(distinct_id) = &options.distinct_id {
        params["distinct_id"] = json!(distinct_id);
    }
    let mut answer = connection
        .query(&json!({"type": "events", "params": params}))
        .await?;
    match answer["result"]["events"].take() {
        Value::Array(events) => Ok(events),
        _ => Ok(Vec::new()),
    }
}

fn identity(event: &Value) -> String {
    format!(
        "{}/{}",
        event["uuid"].as_str().unwrap_or_default(),
        event["distinct_id"].as_str().unwrap_or_default()
    )
}

fn print(event: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        output::data(serde_json::to_string(event)?);
        return Ok(());
    }
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let properties = event["properties"].to_string();
    let properties: String = properties.chars().take(160).collect();
    output::data(format_args!(
        "{}  {:<24} {:<24} {properties}",
        text("timestamp"),
        text("event"),
        text("distinct_id")
    ));
    Ok(())
}
