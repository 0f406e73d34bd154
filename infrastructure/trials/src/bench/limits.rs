//! Limits that the measuring programs of our crates know: the bench itself sees
//! a stack only from outside.

use anyhow::{Context, Result};
use chrono::Utc;
use serde_json::json;
use testing::Shape;
use tokio::process::Command;

use super::Subject;
use super::figure::median;
use crate::stack;

/// Envelopes as capture publishes them.
fn envelopes() -> Vec<String> {
    let mut shape = Shape::new(1);
    let now = Utc::now();
    let envelope = |number: u64| {
        let event = shape.event(number, now);
        json!({
            "version": 1, "project_id": uuid::Uuid::new_v4(), "uuid": uuid::Uuid::new_v4(),
            "event": event["event"], "distinct_id": event["distinct_id"],
            "timestamp": event["timestamp"], "received_at": now, "ip": "127.0.0.1",
            "properties": event["properties"],
        })
        .to_string()
    };
    (0..5_000).map(envelope).collect()
}

/// Processor time of the bare client for each message of the same payload, in
/// microseconds: transport's own measuring program, on the stack's broker.
pub(super) async fn producing(subject: &Subject) -> Result<f64> {
    let printed = measured(subject, "producer_limit", &["300000"]).await?;
    let costs: Vec<f64> = printed
        .lines()
        .filter(|line| line.starts_with("library"))
        .filter_map(|line| line.split_whitespace().nth(3)?.parse().ok())
        .collect();
    anyhow::ensure!(!costs.is_empty(), "producer_limit: {printed}");
    Ok(median(costs))
}

/// Processor time of encoding such an event as a row, in microseconds: the
/// client's half of a bare insert, by the warehouse crate's own measuring program.
pub(super) async fn encoding(subject: &Subject) -> Result<f64> {
    let printed = measured(subject, "encoding_limit", &[]).await?;
    printed.trim().parse().context(printed)
}

/// What the measuring program of one of our crates prints, given a file of
/// envelopes as capture publishes them.
async fn measured(subject: &Subject, program: &str, arguments: &[&str]) -> Result<String> {
    let file = std::env::temp_dir().join(format!("millrace-payloads-{}", std::process::id()));
    std::fs::write(&file, envelopes().join("\n"))?;
    let output = Command::new(stack::program(&format!("examples/{program}"))?)
        .args(arguments)
        .arg(&file)
        .env("MILLRACE_TEST_KAFKA", subject.kafka()?)
        .output()
        .await
        .with_context(|| format!("running {program}"))?;
    std::fs::remove_file(&file)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{program}: {printed}{complaint}");
    Ok(printed)
}
