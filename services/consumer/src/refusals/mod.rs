//! What capture refused: from where the transport keeps it into a table that
//! the operator's page reads. Not part of any proof: kept for seven days, last
//! word not needed.

use std::convert::Infallible;
use std::time::Duration;

use event_schema::refusal::RefusalSummary;
use tokio_util::sync::CancellationToken;
use transport::TransportError;
use transport::kafka::Reader;
use transport::redis_list::ListAdmin;
use warehouse::Warehouse;
use warehouse::insert::InsertOutcome;
use warehouse::refused::Refused;

mod list;
mod topic;

/// How often it is looked for new summaries.
const INTERVAL: Duration = Duration::from_secs(5);

/// Where summaries come from.
#[derive(Debug)]
pub enum Source {
    /// A topic, in which they stay.
    Topic(Reader),
    /// A Redis list, from which they are taken.
    List(Box<ListAdmin>),
}

/// Copies summaries until it is told to stop. Several consumers may do so: each
/// summary has a name of its own in the table, so it counts once.
///
/// # Errors
/// Never; the type is that of a task.
pub async fn run(
    source: Source,
    warehouse: Warehouse,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(copy(&source, &warehouse)).await {
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

async fn copy(source: &Source, warehouse: &Warehouse) -> Result<usize, CopyError> {
    match source {
        Source::Topic(reader) => topic::copy(reader, warehouse).await,
        Source::List(list) => list::copy(list, warehouse).await,
    }
}

async fn store(rows: &[Refused], warehouse: &Warehouse) -> Result<usize, CopyError> {
    match warehouse.insert_refused(rows).await {
        InsertOutcome::Stored => Ok(rows.len()),
        other => Err(CopyError::NotStored(other)),
    }
}

/// The row of a summary by its name in the table; what is none is left out.
fn row(payload: &[u8], partition: u32, offset: u64) -> Option<Refused> {
    let summary: RefusalSummary = serde_json::from_slice(payload).ok()?;
    Some(Refused {
        project_id: summary.project_id,
        reason: summary.reason.code().to_owned(),
        count: summary.count,
        window_start: summary.window_start,
        window_end: summary.window_end,
        detail: summary.detail,
        example: summary.example,
        partition,
        offset,
    })
}
