//! Dead letters in Kafka: the topic `events-dlq`, read from its beginning. What
//! is replayed or dropped stays there and is noted in the warehouse.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, bail};
use event_schema::dead_letter::{ORIGIN_LOG, ORIGIN_OFFSET, ORIGIN_PARTITION};
use tokio::time::{Instant, sleep};
use transport::kafka::{KafkaProducer, ProducerTuning, RangeRead, Reader};
use transport::{Delivery, Position, Producer, Record, Topic};
use warehouse::quarantine::Resolution;
use warehouse::{LogPosition, Warehouse};

use crate::output::Failure;

use super::{Letter, Stores, position_text, settle};

const ASK: Duration = Duration::from_secs(10);
/// Records of one read.
const PAGE: usize = 1000;
/// How long the brokers may take to be found.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// Records published at once.
const BATCH: usize = 500;

/// All dead letters, each once: the topic may hold a copy of one, made when the
/// consumer was killed between two steps.
pub(super) async fn read(stores: &Stores, warehouse: &Warehouse) -> anyhow::Result<Vec<Letter>> {
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
                        found.entry(letter.origin.clone()).or_insert(letter);
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
    let origin = (log_id, position);
    Some(Letter {
        name: position_text(position),
        is_settled: settled.contains(&origin),
        origin: Some(origin),
        content: serde_json::from_slice(&record.payload).ok()?,
        raw: record.key.clone(),
    })
}

/// Sends first and notes then.
pub(super) async fn send_again(
    stores: &Stores,
    warehouse: &Warehouse,
    letters: &[&Letter],
) -> anyhow::Result<()> {
    let producer = KafkaProducer::start(&stores.kafka, &ProducerTuning::default())?;
    until_ready(&producer).await?;
    for batch in letters.chunks(BATCH) {
        let mut records = Vec::new();
        for letter in batch {
            let payload = letter
                .content
                .payload()
                .with_context(|| format!("decoding {}", letter.name))?;
            records.push(Record::new(Topic::Events, letter.raw.clone(), payload));
        }
        for answer in producer.publish(records).await {
            answer.context("the log did not take a record; those before it are sent")?;
        }
        settle(warehouse, batch, Resolution::Replayed).await?;
    }
    producer.flush(Duration::from_secs(10)).await?;
    tokio::task::spawn_blocking(move || drop(producer)).await?;
    Ok(())
}

/// A new producer learns first how many partitions there are.
async fn until_ready(producer: &KafkaProducer) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        match producer.probe(READY_WITHIN).await {
            Ok(()) => return Ok(()),
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
            Err(error) => {
                return Err(Failure::unreachable(format!(
                    "the brokers do not answer: {error}"
                )));
            }
        }
    }
}
