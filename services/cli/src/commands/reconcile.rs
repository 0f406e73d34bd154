//! `millrace reconcile` and `millrace sweep`: the proof, and its repair.

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use event_schema::ids::ProjectId;
use serde_json::Value;
use tokio::time::sleep;
use transport::Topic;
use transport::kafka::Reader;
use warehouse::Warehouse;
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::sweep::Double;
use warehouse::proof::{Difference, Ends, Extent, Reconciliation};

use crate::args;
use crate::client::Stores;
use crate::home::Home;
use crate::output::{self, Failure};

use super::in_flight;
use super::list_proof::ListProof;

/// How long the brokers may take to say where the log ends.
const ASK: Duration = Duration::from_secs(10);
const WATCH_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(home: &Home, options: &args::Reconcile) -> anyhow::Result<ExitCode> {
    let stores = Stores::of(home)?;
    let warehouse = Warehouse::connect(&stores.clickhouse);
    let extent = Extent {
        project: options.project.map(ProjectId),
        from: options.from.map(|from| from.timestamp_millis()),
        to: options.to.map(|to| to.timestamp_millis()),
    };
    loop {
        let list = ListProof::of(&stores).await?;
        let ends = ends(&stores).await?;
        let now = Utc::now().timestamp_millis();
        let mut answer = reconcile(&warehouse, &extent, ends.as_ref(), now)
            .await
            .map_err(|error| {
                Failure::unreachable(format!("the warehouse does not answer: {error}"))
            })?;
        if let (Some(project), Some(ends), None) = (extent.project, &ends, extent.to) {
            let in_flight = in_flight::of_project(&stores, project, &answer, ends).await?;
            answer.accepted += in_flight - answer.in_flight.min(in_flight);
            answer.in_flight = answer.in_flight.max(in_flight);
        }
        let list = match list {
            Some(list) => Some(list.compare(&warehouse).await?),
            None => None,
        };
        if options.json {
            output::json(&to_json(&answer, list.as_ref())?)?;
        } else {
            show(&answer);
            if let Some(list) = &list {
                list.show();
            }
        }
        let is_list_well = list.is_none_or(|list| list.is_accounted_for());
        if !answer.exact || !is_list_well {
            return Ok(ExitCode::FAILURE);
        }
        if !options.watch {
            return Ok(ExitCode::SUCCESS);
        }
        sleep(WATCH_EVERY).await;
    }
}

/// Where the log ends now; nothing on a transport that has no log.
async fn ends(stores: &Stores) -> anyhow::Result<Option<Ends>> {
    if stores.transport_is_redis() {
        return Ok(None);
    }
    let reader = Reader::new(&stores.kafka)?;
    let marks = reader
        .watermarks(Topic::Events, ASK)
        .await
        .map_err(|error| Failure::unreachable(format!("the brokers do not answer: {error}")))?;
    Ok(Some(
        marks
            .into_iter()
            .map(|(partition, marks)| (partition, marks.end))
            .collect(),
    ))
}

fn to_json(answer: &Reconciliation, list: Option<&ListProof>) -> anyhow::Result<Value> {
    let mut json = serde_json::to_value(answer)?;
    if let (Some(members), Some(list)) = (json.as_object_mut(), list) {
        members.insert("list".to_owned(), list.to_json());
    }
    Ok(json)
}

fn show(answer: &Reconciliation) {
    let rows = [
        ("accepted", answer.accepted),
        ("= stored", answer.stored),
        ("+ repeats left out", answer.duplicate),
        ("+ dead letters", answer.quarantined),
        ("+ in flight", answer.in_flight),
        ("removed since", answer.removed),
    ];
    for (name, value) in rows {
        output::data(format_args!("{name:<20}{value:>14}"));
    }
    if answer.exact {
        output::data(format_args!(
            "\nexact: {} partitions, every position accounted for",
            answer.extents.len()
        ));
        return;
    }
    output::data(format_args!("\n{} differences:", answer.differences.len()));
    answer.differences.iter().for_each(show_difference);
}

fn show_difference(difference: &Difference) {
    let kind = serde_json::to_value(difference.kind).unwrap_or_default();
    let place = &difference.place;
    output::data(format_args!(
        "  {:<10} partition {}, offsets {} to {}: {}",
        kind.as_str().unwrap_or_default(),
        place.partition,
        place.first,
        place.next.saturating_sub(1),
        difference.detail
    ));
    for uuid in difference.uuids.iter().take(5) {
        output::data(format_args!("             {uuid}"));
    }
}

pub(super) async fn sweep(home: &Home, options: &args::Sweep) -> anyhow::Result<ExitCode> {
    let warehouse = Warehouse::connect(&Stores::of(home)?.clickhouse);
    let unreachable = |error: warehouse::WarehouseError| {
        Failure::unreachable(format!("the warehouse does not answer: {error}"))
    };
    let doubles = match options.since {
        Some(since) => warehouse.sweep_since(since.timestamp_millis()).await,
        None => warehouse.sweep_all().await,
    };
    let doubles = doubles.map_err(unreachable)?;
    if options.json {
        output::json(&doubles)?;
    } else {
        doubles.iter().for_each(show_double);
        output::data(format_args!(
            "{} events are stored more than once",
            doubles.len()
        ));
    }
    if doubles.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if !options.repair {
        output::note("`millrace sweep --repair` keeps the first copy of each");
        return Ok(ExitCode::FAILURE);
    }
    let removed = warehouse
        .repair(&doubles, Utc::now().timestamp_millis())
        .await
        .map_err(unreachable)?;
    output::note(format_args!("{removed} later copies are repeats now"));
    Ok(ExitCode::SUCCESS)
}

fn show_double(double: &Double) {
    output::data(format_args!(
        "{} of {} in project {}",
        double.uuid, double.distinct_id, double.project_id.0
    ));
    for copy in &double.copies {
        let arrived = DateTime::from_timestamp_millis(copy.arrived_at)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
            .unwrap_or_default();
        output::data(format_args!(
            "  {arrived}  {}/{}",
            copy.partition, copy.offset
        ));
    }
}
