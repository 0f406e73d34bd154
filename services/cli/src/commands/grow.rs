//! `millrace topics grow`: more partitions, while events flow.
//!
//! Moving a person to another partition must neither reorder nor double what
//! they do. So the new partitions exist, and somebody may write for each,
//! before any capture sends there; and afterwards the time of the change is
//! searched for copies that met in two partitions.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use chrono::{TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::time::sleep;
use transport::Topic;
use transport::kafka::Admin;
use warehouse::Warehouse;

use crate::client::Stores;
use crate::output;

/// The consumers learn of new partitions within seconds; taking one over may
/// wait for inserts of an earlier owner.
const OWNERS_WITHIN: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Every capture has read the published count after this long; what they had
/// in flight under the old one has been appended.
const SETTLING: Duration = Duration::from_secs(10);
/// Clients repeat within seconds: copies that straddle the change began at most so long before.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

pub(super) async fn run(
    stores: &Stores,
    admin: &Admin,
    wanted: u32,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let current = admin.partition_count(Topic::Events).await?;
    let published = admin.published_partition_count().await?;
    if wanted < current {
        bail!(
            "the topic has {current} partitions; there can never be fewer, because that would move events away from their order"
        );
    }
    if wanted == current && published == Some(current) {
        output::note(format_args!("the topic has {current} partitions already"));
        return Ok(ExitCode::SUCCESS);
    }
    let began = Utc::now();
    let warehouse = Warehouse::connect(&stores.clickhouse);
    output::note(format_args!("1/4  from {current} to {wanted} partitions"));
    admin.grow_partitions(wanted).await?;
    output::note("2/4  waiting until a consumer may write for each");
    until_owned(&warehouse, wanted).await?;
    output::note("3/4  telling every capture the new number");
    admin.publish_partition_count(wanted).await?;
    pause().await;
    output::note("4/4  looking for events that the change has doubled");
    let doubles = warehouse
        .sweep_since((began - BEFORE).timestamp_millis())
        .await?;
    let repaired = warehouse
        .repair(&doubles, Utc::now().timestamp_millis())
        .await?;
    if as_json {
        output::json(
            &json!({"partitions_before": current, "partitions": wanted, "doubles_repaired": repaired}),
        )?;
    } else {
        output::data(format_args!(
            "done: {wanted} partitions, {repaired} doubled events repaired"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn until_owned(warehouse: &Warehouse, wanted: u32) -> anyhow::Result<()> {
    let all: BTreeSet<u32> = (0..wanted).collect();
    let bar = ProgressBar::new(u64::from(wanted));
    if let Ok(style) = ProgressStyle::with_template("     {bar:30} {pos} of {len}, {elapsed}") {
        bar.set_style(style);
    }
    let deadline = Instant::now() + OWNERS_WITHIN;
    loop {
        let owned = warehouse.claimed(&all).await?;
        bar.set_position(u64::try_from(owned.len())?);
        if owned.len() == all.len() {
            bar.finish_and_clear();
            return Ok(());
        }
        if Instant::now() > deadline {
            let missing: Vec<String> = all.difference(&owned).map(u32::to_string).collect();
            bail!(
                "nobody writes for partitions {} after {} s: is the consumer running? \
                 Nothing has been sent there; run this again when it is",
                missing.join(", "),
                OWNERS_WITHIN.as_secs()
            );
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn pause() {
    let bar = ProgressBar::new(SETTLING.as_secs());
    if let Ok(style) = ProgressStyle::with_template("     {bar:30} {pos} of {len} s") {
        bar.set_style(style);
    }
    for _ in 0..SETTLING.as_secs() {
        sleep(Duration::from_secs(1)).await;
        bar.inc(1);
    }
    bar.finish_and_clear();
}
