//! `millrace topics` where a Redis list carries the events.

use std::process::ExitCode;

use serde_json::{Value, json};
use transport::TransportError;
use transport::redis_list::ProcessingReport;

use crate::client::Stores;
use crate::output::{self, Failure};

/// The list as it is.
pub(super) async fn show(stores: &Stores, as_json: bool) -> anyhow::Result<ExitCode> {
    let list = stores.list()?;
    let waiting = list.depth().await.map_err(unreachable)?;
    let failed = list.failed_depth().await.map_err(unreachable)?;
    let owner = list.owner().await.map_err(unreachable)?;
    let workers = list.processing().await.map_err(unreachable)?;
    if as_json {
        let workers: Vec<Value> = workers.iter().map(to_json).collect();
        output::json(
            &json!({"list": {"waiting": waiting, "failed": failed, "owner": owner, "processing": workers}}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let prefix = &stores.redis_list.key_prefix;
    let row = |name: &str, count: u64| {
        output::data(format_args!("{:<44}{count:>10}", format!("{prefix}{name}")));
    };
    row("analytics:queue", waiting);
    for worker in &workers {
        row(
            &format!("analytics:queue:processing:{}", worker.worker),
            worker.items,
        );
    }
    row("analytics:queue:failed", failed);
    match owner {
        Some(owner) => output::note(format_args!("worker {owner} stores; others stand by")),
        None => output::note("no worker of ours takes from the list"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts back what dead workers hold.
pub(super) async fn reap(stores: &Stores, as_json: bool) -> anyhow::Result<ExitCode> {
    let returned = stores.list()?.reap().await.map_err(unreachable)?;
    if as_json {
        output::json(&json!({"returned": returned}))?;
    } else {
        output::note(format_args!("{returned} items are in the queue again"));
    }
    Ok(ExitCode::SUCCESS)
}

fn unreachable(error: TransportError) -> anyhow::Error {
    Failure::unreachable(format!("Redis does not answer: {error}"))
}

fn to_json(report: &ProcessingReport) -> Value {
    json!({"worker": report.worker, "items": report.items, "is_alive": report.is_alive})
}
