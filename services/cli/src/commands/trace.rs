//! `millrace trace`: the way of one event.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::args;
use crate::client::Connection;
use crate::home::Home;
use crate::output;

pub(super) async fn run(home: &Home, options: &args::Trace) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let mut params = json!({"uuid": options.uuid});
    if let Some(distinct_id) = &options.distinct_id {
        params["distinct_id"] = json!(distinct_id);
    }
    let answer = connection
        .query(&json!({"type": "trace", "params": params}))
        .await?;
    let events = answer["result"]["events"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if options.json {
        output::json(&answer["result"])?;
    } else {
        events.iter().for_each(show);
    }
    if events.is_empty() {
        output::note(format_args!(
            "nothing is known of {} in this project",
            options.uuid
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(event: &Value) {
    let position = &event["position"];
    output::data(format_args!(
        "{} of {}, at {}/{} of {}",
        event["outcome"].as_str().unwrap_or_default(),
        event["distinct_id"].as_str().unwrap_or_default(),
        position["partition"],
        position["offset"],
        position["topic"].as_str().unwrap_or_default(),
    ));
    if let Some(first) = event.get("first_position").filter(|first| !first.is_null()) {
        output::data(format_args!(
            "  the first copy is at {}/{}",
            first["partition"], first["offset"]
        ));
    }
    for stage in event["stages"].as_array().into_iter().flatten() {
        let after = stage["ms"]
            .as_i64()
            .map(|ms| format!("+{ms} ms"))
            .unwrap_or_default();
        output::data(format_args!(
            "  {:<10} {}  {after:>10}",
            stage["stage"].as_str().unwrap_or_default(),
            stage["at"].as_str().unwrap_or_default(),
        ));
    }
}
