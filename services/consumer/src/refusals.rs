//! What capture refused: from its topic into a table that the operator's page
//! reads. Not part of any proof: kept for seven days, last word not needed.

use std::collections::BTreeMap;
use std::time::Duration;

use event_schema::refusal::RefusalSummary;
use tokio_util::sync::CancellationToken;
use transport::kafka::{RangeRead, Reader};
use transport::{Delivery, Position, Topic, TransportError};
use warehouse::Warehouse;
use warehouse::insert::InsertOutcome;
use warehouse::refused::Refused;

/// How often it is looked for new summaries.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long the log may take.
const READ_TIME: Duration = Duration::from_secs(5);
const RECORDS_AT_ONCE: usize = 1_000;

/// Copies summaries until it is told to stop. Several consumers may do so: a
/// summary is known by its position, so it counts once.
///
/// # Errors
/// Never; the type is that of a task.
pub async fn run(
    reader: Reader,
    warehouse: Warehouse,
    stop: CancellationToken,
) -> Result<(), std::convert::Infallible> {
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(copy(&reader, &warehouse)).await {
            None | Some(Ok(0)) => {}
            Some(Ok(count)) => tracing::debug!(count, "refusals noted"),
            Some(Err(error)) => tracing::debug!(%error, "refusals are noted later"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Warehouse(#[from] warehouse::WarehouseError),
    #[error("not stored: {0:?}")]
    NotStored(InsertOutcome),
}

async fn copy(reader: &Reader, warehouse: &Warehouse) -> Result<usize, CopyError> {
    let known: BTreeMap<u32, u64> = warehouse.refused_frontier().await?;
    let mut rows = Vec::new();
    for (partition, ends) in reader.watermarks(Topic::Refused, READ_TIME).await? {
        let mut next = known.get(&partition).copied().unwrap_or(0).max(ends.low);
        while next < ends.end {
            let from = Position::new(partition, next);
            match reader
                .read(Topic::Refused, from, RECORDS_AT_ONCE, READ_TIME)
                .await?
            {
                RangeRead::Records(records) => {
                    let Some(last) = records.last() else { break };
                    next = last.position.offset + 1;
                    rows.extend(records.iter().filter_map(row));
                }
                RangeRead::OutOfRange(missing) => next = missing.log.low.max(next + 1),
            }
        }
    }
    match warehouse.insert_refused(&rows).await {
        InsertOutcome::Stored => Ok(rows.len()),
        other => Err(CopyError::NotStored(other)),
    }
}

/// The row of a summary; what is none is left out.
fn row(record: &Delivery) -> Option<Refused> {
    let summary: RefusalSummary = serde_json::from_slice(&record.payload).ok()?;
    Some(Refused {
        project_id: summary.project_id,
        reason: summary.reason.code().to_owned(),
        count: summary.count,
        window_start: summary.window_start,
        window_end: summary.window_end,
        detail: summary.detail,
        example: summary.example,
        partition: record.position.partition,
        offset: record.position.offset,
    })
}
