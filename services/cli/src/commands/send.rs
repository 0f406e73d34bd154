//! `millrace send`: one event from the command line, or many as lines of JSON.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::args;
use crate::client::{Connection, call};
use crate::home::Home;
use crate::output;

/// Events in one request.
const BATCH: usize = 500;

pub(super) async fn run(home: &Home, options: &args::Send) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let mut sender = Sender {
        url: format!("{}/capture", connection.capture_url()?),
        key: connection.write_key()?,
        connection,
        accepted: 0,
        rejected: Vec::new(),
        sent: 0,
    };
    match (&options.event, &options.file) {
        (Some(name), None) => sender.send(vec![event_of(name, options)?]).await?,
        (None, Some(file)) => sender.send_lines(file).await?,
        _ => bail!(
            "what is to be sent? give an event's name, or --file with one JSON object a line (- for standard input)"
        ),
    }
    if options.json {
        output::json(&json!({"accepted": sender.accepted, "rejected": sender.rejected}))?;
    } else {
        output::data(format_args!(
            "{} accepted, {} rejected",
            sender.accepted,
            sender.rejected.len()
        ));
        for rejected in &sender.rejected {
            output::note(format_args!(
                "  event {}: {}",
                rejected["index"],
                rejected["detail"].as_str().unwrap_or_default()
            ));
        }
    }
    Ok(if sender.rejected.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn event_of(name: &str, options: &args::Send) -> anyhow::Result<Value> {
    let mut properties = Map::new();
    for assignment in &options.properties {
        let (key, text) = assignment
            .split_once('=')
            .with_context(|| format!("{assignment:?} has no ="))?;
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        properties.insert(key.to_owned(), value);
    }
    let mut event = json!({
        "event": name,
        "distinct_id": options.distinct_id,
        "uuid": options.uuid.unwrap_or_else(uuid::Uuid::now_v7),
        "properties": properties,
    });
    if let Some(timestamp) = &options.timestamp {
        event["timestamp"] = json!(timestamp);
    }
    Ok(event)
}

struct Sender {
    connection: Connection,
    url: String,
    key: String,
    accepted: u64,
    rejected: Vec<Value>,
    sent: u64,
}

impl Sender {
    async fn send_lines(&mut self, file: &str) -> anyhow::Result<()> {
        let reader: Box<dyn BufRead> = if file == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(BufReader::new(
                File::open(file).with_context(|| format!("opening {file}"))?,
            ))
        };
        let progress = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} events, {per_sec}") {
            progress.set_style(style);
        }
        let mut batch = Vec::with_capacity(BATCH);
        for (number, line) in reader.lines().enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            batch.push(
                serde_json::from_str(&line)
                    .with_context(|| format!("line {} is no JSON", number + 1))?,
            );
            if batch.len() == BATCH {
                self.send(std::mem::take(&mut batch)).await?;
                progress.set_position(self.sent);
            }
        }
        if !batch.is_empty() {
            self.send(batch).await?;
        }
        progress.finish_and_clear();
        Ok(())
    }

    async fn send(&mut self, batch: Vec<Value>) -> anyhow::Result<()> {
        let count = u64::try_from(batch.len())?;
        let request = self
            .connection
            .http
            .post(&self.url)
            .header("X-API-Key", &self.key);
        let answer = match call(request.json(&json!({"batch": batch}))).await {
            Ok(answer) => answer,
            Err(error) if self.sent > 0 => {
                return Err(error.context(format!("after {} events", self.sent)));
            }
            Err(error) => return Err(error),
        };
        self.accepted += answer["accepted"].as_u64().unwrap_or(0);
        for rejected in answer["rejected"].as_array().into_iter().flatten() {
            let mut rejected = rejected.clone();
            if let Some(index) = rejected["index"].as_u64() {
                rejected["index"] = json!(index + self.sent);
            }
            self.rejected.push(rejected);
        }
        self.sent += count;
        Ok(())
    }
}
