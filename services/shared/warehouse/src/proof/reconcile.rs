//! Comparing what the log holds with what the tables hold.

use std::collections::BTreeMap;

use super::tiling::Tiled;
use super::{DIFFERENCES_MAX, Difference, Ends, Extent, Fault, Reconciliation, Stretch};
use crate::ledger::LogName;
use crate::{Warehouse, WarehouseError};

/// Reconciles. The ledger's frontier is read first and rows are counted only up
/// to it, so the answer is exact while data flows. `ends`: where the log ends,
/// when the caller can ask it (for the records in flight). `now`: ms since the
/// epoch.
///
/// # Errors
/// When the engine does not answer.
pub async fn reconcile(
    warehouse: &Warehouse,
    extent: &Extent,
    ends: Option<&Ends>,
    now: i64,
) -> Result<Reconciliation, WarehouseError> {
    let (tiled, mut differences) = warehouse.tiling(extent).await?;
    let mut answer = Reconciliation {
        accepted: 0,
        stored: 0,
        duplicate: 0,
        quarantined: 0,
        removed: 0,
        in_flight: 0,
        exact: false,
        differences: Vec::new(),
        extents: tiled.iter().map(|tiled| tiled.stretch.clone()).collect(),
        checked_at: now,
    };
    let mut by_log: BTreeMap<&str, Vec<&Tiled>> = BTreeMap::new();
    for tiled in &tiled {
        by_log.entry(&tiled.stretch.log_id).or_default().push(tiled);
    }
    for tiled in by_log.values() {
        if let Some(project) = extent.project {
            warehouse
                .check_project(project, tiled, extent, &mut answer, &mut differences)
                .await?;
            continue;
        }
        let sums = warehouse.check_blocks(tiled, &mut differences).await?;
        for tiled in tiled {
            let sums = sums
                .get(&tiled.stretch.partition)
                .copied()
                .unwrap_or_default();
            let Stretch { first, next, .. } = tiled.stretch;
            answer.accepted += tiled.expected_within(first, next);
            answer.stored += sums.stored;
            answer.duplicate += sums.duplicate;
            answer.quarantined += sums.quarantined;
            answer.removed += sums.removed;
            let ledger = (tiled.stored, tiled.duplicate, tiled.quarantined);
            let tables = (
                signed(sums.stored),
                signed(sums.duplicate),
                signed(sums.quarantined),
            );
            if ledger != tables {
                differences.push(Difference {
                    kind: Fault::Sums,
                    place: tiled.stretch.clone(),
                    detail: format!(
                        "stored, duplicate, quarantined: {ledger:?} in the ledger, {tables:?} in the tables"
                    ),
                    uuids: Vec::new(),
                });
            }
        }
        warehouse.check_originals(tiled, &mut differences).await?;
    }
    if let Some(ends) = ends.filter(|_| extent.to.is_none() && extent.project.is_none()) {
        answer.in_flight = in_flight(&tiled, ends);
    }
    if let Some(project) = extent.project.filter(|_| extent.to.is_none()) {
        answer.in_flight = warehouse.pending_of(project, &tiled).await?;
    }
    answer.accepted += answer.in_flight;
    answer.exact = differences.is_empty();
    differences.truncate(DIFFERENCES_MAX);
    answer.differences = differences;
    Ok(answer)
}

/// Records between the latest log's frontiers and its ends.
fn in_flight(tiled: &[Tiled], ends: &Ends) -> u64 {
    ends.iter()
        .map(|(partition, end)| {
            // Of several lives the latest is the one that is written to.
            let latest = tiled
                .iter()
                .filter(|tiled| tiled.stretch.partition == *partition)
                .max_by_key(|tiled| LogName::parse(&tiled.stretch.log_id).life);
            end.saturating_sub(latest.map_or(0, |tiled| tiled.stretch.next))
        })
        .sum()
}

pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
