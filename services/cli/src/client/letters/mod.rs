//! Dead letters, wherever the transport keeps them: a topic in Kafka, the
//! failed list in Redis.

use bytes::Bytes;
use event_schema::dead_letter::DeadLetter;
use warehouse::quarantine::Resolution;
use warehouse::{LogPosition, Warehouse};

use super::stores::Stores;

mod failed_list;
mod topic;

/// A dead letter and what became of it.
#[derive(Debug)]
pub(crate) struct Letter {
    /// As commands name it: PARTITION/OFFSET of the record; of an item that
    /// somebody else has put on the failed list, a name made from its content.
    pub(crate) name: String,
    /// The log that the record was in and where it stood there, when we put it
    /// here.
    pub(crate) origin: Option<(String, LogPosition)>,
    /// The record and its reason.
    pub(crate) content: DeadLetter,
    /// Whether somebody has replayed or dropped it.
    pub(crate) is_settled: bool,
    /// The record's key in the log, or the item as it stands in the failed list.
    raw: Bytes,
}

/// All dead letters, each once.
///
/// # Errors
/// When transport or warehouse do not answer.
pub(crate) async fn read_letters(
    stores: &Stores,
    warehouse: &Warehouse,
) -> anyhow::Result<Vec<Letter>> {
    if stores.transport_is_redis() {
        failed_list::read(stores).await
    } else {
        topic::read(stores, warehouse).await
    }
}

/// Sends them through the pipeline again. Cut off in between some are sent once
/// more, which their uuids make harmless.
///
/// # Errors
/// When transport or warehouse do not answer; those before it are sent.
pub(crate) async fn send_again(
    stores: &Stores,
    warehouse: &Warehouse,
    letters: &[&Letter],
) -> anyhow::Result<()> {
    if stores.transport_is_redis() {
        failed_list::send_again(stores, warehouse, letters).await
    } else {
        topic::send_again(stores, warehouse, letters).await
    }
}

/// Gives them up: nobody asks for them any more.
///
/// # Errors
/// When transport or warehouse do not answer.
pub(crate) async fn give_up(
    stores: &Stores,
    warehouse: &Warehouse,
    letters: &[&Letter],
) -> anyhow::Result<()> {
    settle(warehouse, letters, Resolution::Dropped).await?;
    if stores.transport_is_redis() {
        failed_list::remove(stores, letters).await?;
    }
    Ok(())
}

/// Notes what was done about them.
async fn settle(warehouse: &Warehouse, letters: &[&Letter], how: Resolution) -> anyhow::Result<()> {
    let origins = letters.iter().filter_map(|letter| letter.origin.as_ref());
    let mut logs: Vec<&str> = origins.clone().map(|(log, _)| log.as_str()).collect();
    logs.sort_unstable();
    logs.dedup();
    for log in logs {
        let of_log = origins.clone().filter(|(found, _)| found == log);
        let positions: Vec<LogPosition> = of_log.map(|(_, position)| *position).collect();
        warehouse.resolve_dead_letters(log, &positions, how).await?;
    }
    Ok(())
}

fn position_text(position: LogPosition) -> String {
    format!("{}/{}", position.partition, position.offset)
}
