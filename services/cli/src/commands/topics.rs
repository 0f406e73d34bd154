//! `millrace topics`: the log as it is, and larger.

use std::process::ExitCode;

use anyhow::bail;
use comfy_table::{CellAlignment, Table, presets};
use event_schema::topics::CONSUMER_GROUP;
use serde_json::{Value, json};
use transport::Topic;
use transport::kafka::{Admin, GroupReport, TopicReport};

use crate::args;
use crate::client::Stores;
use crate::home::Home;
use crate::output::{self, Failure};

use super::{grow, list_report};

pub(super) async fn run(home: &Home, options: &args::Topics) -> anyhow::Result<ExitCode> {
    let stores = Stores::of(home)?;
    if stores.transport_is_redis() {
        return match options.command {
            None | Some(args::TopicCommand::List) => list_report::show(&stores, options.json).await,
            Some(args::TopicCommand::Reap) => list_report::reap(&stores, options.json).await,
            Some(args::TopicCommand::Grow { .. }) => {
                bail!("events go through a Redis list, which has no partitions")
            }
        };
    }
    let admin = Admin::new(&stores.kafka)?;
    match options.command {
        None | Some(args::TopicCommand::List) => list(&admin, options.json).await,
        Some(args::TopicCommand::Grow { partitions }) => {
            grow::run(&stores, &admin, partitions, options.json).await
        }
        Some(args::TopicCommand::Reap) => {
            bail!("events go through Kafka, where nobody holds what a dead consumer has read")
        }
    }
}

async fn list(admin: &Admin, as_json: bool) -> anyhow::Result<ExitCode> {
    let unreachable = |error: transport::TransportError| {
        Failure::unreachable(format!("the brokers do not answer: {error}"))
    };
    let topics = admin.describe().await.map_err(unreachable)?;
    let group = admin.group(CONSUMER_GROUP).await.map_err(unreachable)?;
    if as_json {
        output::json(&to_json(&topics, &group))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "topic",
        "partitions",
        "records kept",
        "records ever",
        "behind",
        "in sync",
    ]);
    for topic in &topics {
        let kept: u64 = topic
            .partitions
            .iter()
            .map(|partition| partition.end - partition.low)
            .sum();
        let ever: u64 = topic.partitions.iter().map(|partition| partition.end).sum();
        let behind = if topic.topic == Topic::Events {
            lag(&group).to_string()
        } else {
            String::new()
        };
        let healthy = topic
            .partitions
            .iter()
            .filter(|partition| partition.in_sync.len() == partition.replicas.len())
            .count();
        table.add_row([
            topic.name.clone(),
            topic.partitions.len().to_string(),
            kept.to_string(),
            ever.to_string(),
            behind,
            format!("{healthy}/{}", topic.partitions.len()),
        ]);
    }
    for column in 1..=5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    output::data(table.trim_fmt());
    output::note(format_args!(
        "consumer group {}: {}, {} members",
        group.name,
        group.state,
        group.members.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Records that the consumer has not committed yet. Its commit is a hint that
/// comes after the ledger, so this is never less than what is missing.
fn lag(group: &GroupReport) -> u64 {
    group
        .partitions
        .iter()
        .map(transport::kafka::PartitionLag::lag)
        .sum()
}

fn to_json(topics: &[TopicReport], group: &GroupReport) -> Value {
    let topics: Vec<Value> = topics
        .iter()
        .map(|topic| {
            let partitions: Vec<Value> = topic
                .partitions
                .iter()
                .map(|partition| {
                    json!({
                        "partition": partition.partition,
                        "leader": partition.leader,
                        "replicas": partition.replicas,
                        "in_sync": partition.in_sync,
                        "low": partition.low,
                        "end": partition.end,
                    })
                })
                .collect();
            json!({"name": topic.name, "partitions": partitions, "settings": topic.settings})
        })
        .collect();
    let partitions: Vec<Value> = group
        .partitions
        .iter()
        .map(|lag| json!({"partition": lag.partition, "committed": lag.committed, "end": lag.end, "lag": lag.lag()}))
        .collect();
    json!({
        "topics": topics,
        "group": {"name": group.name, "state": group.state, "members": group.members.len(), "partitions": partitions},
    })
}
