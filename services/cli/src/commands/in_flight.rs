//! How many records of one project are in the log and not accounted for yet.

use std::collections::BTreeMap;
use std::time::Duration;

use event_schema::envelope::Envelope;
use event_schema::ids::ProjectId;
use transport::kafka::{RangeRead, Reader};
use transport::{Position, Topic};
use warehouse::ledger::LogName;
use warehouse::proof::{Ends, Reconciliation};

use crate::client::Stores;
use crate::output;

/// Records that are looked at: whose they are stands inside.
const RECORDS_MAX: u64 = 200_000;
/// Records of one read, and how long it may take.
const PAGE: usize = 5_000;
const WITHIN: Duration = Duration::from_secs(10);

/// Counts the project's records between the frontiers and the ends of the log.
///
/// # Errors
/// When the brokers do not answer.
pub(super) async fn of_project(
    stores: &Stores,
    project: ProjectId,
    answer: &Reconciliation,
    ends: &Ends,
) -> anyhow::Result<u64> {
    let frontiers = frontiers(answer);
    let behind = ends.iter().map(|(partition, end)| {
        let next = frontiers.get(partition).copied().unwrap_or(0);
        (*partition, next, *end)
    });
    let behind: Vec<(u32, u64, u64)> = behind.filter(|(_, next, end)| next < end).collect();
    let count: u64 = behind.iter().map(|(_, next, end)| end - next).sum();
    if count > RECORDS_MAX {
        output::note(format_args!(
            "{count} records of all projects are in flight: too many to look whose they are"
        ));
        return Ok(0);
    }
    let reader = Reader::new(&stores.kafka)?;
    let mut found = 0;
    for (partition, mut offset, end) in behind {
        while offset < end {
            let from = Position { partition, offset };
            let page = reader.read(Topic::Events, from, PAGE, WITHIN).await?;
            let RangeRead::Records(records) = page else {
                break;
            };
            let Some(last) = records.last() else { break };
            offset = last.position.offset + 1;
            let ours = records.iter().filter(|record| {
                let envelope = Envelope::parse(&record.payload);
                record.position.offset < end
                    && envelope.is_ok_and(|envelope| envelope.project_id == project)
            });
            found += ours.count() as u64;
        }
    }
    tokio::task::spawn_blocking(move || drop(reader)).await?;
    Ok(found)
}

/// The end of what the ledger covers, in the latest life of each partition.
fn frontiers(answer: &Reconciliation) -> BTreeMap<u32, u64> {
    let mut latest: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
    for stretch in &answer.extents {
        let here = (LogName::parse(&stretch.log_id).life, stretch.next);
        let entry = latest.entry(stretch.partition).or_insert(here);
        if here.0 >= entry.0 {
            *entry = here;
        }
    }
    latest
        .into_iter()
        .map(|(partition, (_, next))| (partition, next))
        .collect()
}
