//! The dead-letter topic, read from its beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::bail;
use event_schema::dead_letter::{DeadLetter, ORIGIN_LOG, ORIGIN_OFFSET, ORIGIN_PARTITION};
use transport::kafka::{RangeRead, Reader};
use transport::{Delivery, Position, Topic};
use warehouse::{LogPosition, Warehouse};

use crate::output::Failure;

use super::stores::Stores;

const ASK: Duration = Duration::from_secs(10);
/// Records of one read.
const PAGE: usize = 1000;

/// A dead letter and what became of it.
#[derive(Debug)]
pub(crate) struct Letter {
    /// The log that the record was in.
    pub(crate) log_id: String,
    /// Where it stood there.
    pub(crate) position: LogPosition,
    /// The record's key.
    pub(crate) key: Vec<u8>,
    /// The record and its reason.
    pub(crate) content: DeadLetter,
    /// Whether somebody has replayed or dropped it.
    pub(crate) is_settled: bool,
}

impl Letter {
    /// As commands name it.
    pub(crate) fn position_text(&self) -> String {
        format!("{}/{}", self.position.partition, self.position.offset)
    }
}

/// All dead letters, each once: the topic may hold a copy of one, made when the
/// consumer was killed between two steps.
///
/// # Errors
/// When brokers or warehouse do not answer.
pub(crate) async fn read_letters(
    stores: &Stores,
    warehouse: &Warehouse,
) -> anyhow::Result<Vec<Letter>> {
    let settled = warehouse
        .resolved_dead_letters()
        .await
        .map_err(|error| Failure::unreachable(format!("the warehouse does not answer: {error}")))?;
    let reader = Reader::new(&stores.kafka)?;
    let marks = reader
        .watermarks(Topic::DeadLetters, ASK)
        .await
        .map_err(|error| Failure::unreachable(format!("the brokers do not answer: {error}")))?;
    let mut found = BTreeMap::new();
    for (partition, marks) in marks {
        let mut offset = marks.low;
        while offset < marks.end {
            let from = Position { partition, offset };
            match reader.read(Topic::DeadLetters, from, PAGE, ASK).await? {
                RangeRead::Records(records) if !records.is_empty() => {
                    offset = records
                        .last()
                        .map_or(marks.end, |record| record.position.offset + 1);
                    for letter in records.iter().filter_map(|record| letter(record, &settled)) {
                        found
                            .entry((letter.log_id.clone(), letter.position))
                            .or_insert(letter);
                    }
                }
                RangeRead::Records(_) => break,
                RangeRead::OutOfRange(_) => {
                    bail!("the dead letters were deleted while they were read: try again")
                }
            }
        }
    }
    tokio::task::spawn_blocking(move || drop(reader)).await?;
    Ok(found.into_values().collect())
}

/// Reads a record; one that is no dead letter of ours is passed over.
fn letter(record: &Delivery, settled: &BTreeSet<(String, LogPosition)>) -> Option<Letter> {
    let header = |name: &str| {
        let (_, value) = record.headers.iter().find(|(found, _)| found == name)?;
        std::str::from_utf8(value).ok()
    };
    let position = LogPosition {
        partition: header(ORIGIN_PARTITION)?.parse().ok()?,
        offset: header(ORIGIN_OFFSET)?.parse().ok()?,
    };
    let log_id = header(ORIGIN_LOG)?.to_owned();
    let is_settled = settled.contains(&(log_id.clone(), position));
    let content = serde_json::from_slice(&record.payload).ok()?;
    Some(Letter {
        log_id,
        position,
        key: record.key.to_vec(),
        content,
        is_settled,
    })
}
