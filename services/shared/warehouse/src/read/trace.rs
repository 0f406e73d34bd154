//! The way of one event: every position of the log that holds it, and what
//! became of each.

use super::{Param, ReadError, ReadLimits, Row, Statement, classify};
use crate::LogPosition;
use crate::scope::{ProjectScope, Reading};
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Positions that a trace tells of at most.
const POSITIONS_MAX: usize = 100;

/// What became of one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the events table, and the ledger covers it.
    Stored,
    /// It is in a table, and the ledger does not cover it yet.
    Pending,
    /// It was left out: the event is stored already.
    Duplicate,
    /// It can never be stored and went to the dead letters.
    Quarantined,
    /// It was stored; retention or erasure took it out.
    Removed,
}

/// One position of the log that holds the event. Instants are milliseconds
/// since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Whose event it is.
    pub distinct_id: String,
    /// The position.
    pub position: LogPosition,
    /// The log.
    pub log_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Of a duplicate: where the first one stands.
    pub first_position: Option<LogPosition>,
    /// The event's own time.
    pub client_ms: Option<i64>,
    /// When capture received it.
    pub received_ms: Option<i64>,
    /// When the log took it.
    pub appended_ms: Option<i64>,
    /// When the consumer took it.
    pub consumed_ms: Option<i64>,
    /// When its batch was in the table.
    pub inserted_ms: Option<i64>,
}

#[derive(clickhouse::Row, Deserialize)]
struct Batch {
    log_id: String,
    partition: u32,
    first_offset: u64,
    next_offset: u64,
    inserted_ms: i64,
}

impl Reading {
    /// The positions that hold the event `uuid`, of `distinct_id` where it is
    /// given, in the order of their arrival. Nothing known is an empty list.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn trace(
        &self,
        uuid: Uuid,
        distinct_id: Option<&str>,
    ) -> Result<Vec<Traced>, ReadError> {
        let (events, repeats, quarantined) = futures::try_join!(
            self.positions(EVENTS, uuid, distinct_id),
            self.positions(REPEATS, uuid, distinct_id),
            self.positions(QUARANTINED, uuid, distinct_id),
        )?;
        let mut traced = Vec::new();
        for (rows, outcome) in [
            (events, Outcome::Stored),
            (repeats, Outcome::Duplicate),
            (quarantined, Outcome::Quarantined),
        ] {
            for row in &rows {
                traced.push(traced_of(row, outcome)?);
            }
        }
        add_removed(&mut traced);
        let batches = self.scope().batches_of(&traced).await?;
        for found in &mut traced {
            settle(found, &batches);
        }
        traced.sort_by_key(|found| {
            (
                found.consumed_ms,
                found.position.partition,
                found.position.offset,
            )
        });
        Ok(traced)
    }

    async fn positions(
        &self,
        select: &str,
        uuid: Uuid,
        distinct_id: Option<&str>,
    ) -> Result<Vec<Row>, ReadError> {
        let whose = distinct_id.map_or("", |_| " AND distinct_id = {distinct_id:String}");
        let text = format!(
            "{select} WHERE {{{{project}}}} AND uuid = {{uuid:UUID}}{whose} LIMIT {POSITIONS_MAX}"
        );
        let mut statement = Statement::new(text).bind("uuid", uuid);
        if let Some(distinct_id) = distinct_id {
            statement = statement.bind("distinct_id", Param::from(distinct_id));
        }
        self.rows(&statement).await
    }
}

const EVENTS: &str = "SELECT distinct_id, log_id, kafka_partition, kafka_offset, \
    toUnixTimestamp64Milli(timestamp), toUnixTimestamp64Milli(received_at), \
    toUnixTimestamp64Milli(received_at) + append_delay, toUnixTimestamp64Milli(arrived_at), \
    NULL, NULL FROM events";
const REPEATS: &str = "SELECT distinct_id, log_id, partition, offset, \
    toUnixTimestamp64Milli(timestamp), toUnixTimestamp64Milli(received_at), \
    toUnixTimestamp64Milli(received_at) + append_delay, toUnixTimestamp64Milli(arrived_at), \
    first_partition, first_offset FROM ingest_repeats";
const QUARANTINED: &str = "SELECT distinct_id, log_id, partition, offset, NULL, NULL, \
    toUnixTimestamp64Milli(appended_at), toUnixTimestamp64Milli(arrived_at), \
    NULL, NULL FROM ingest_quarantined";

impl ProjectScope {
    /// The ledger's rows that cover the positions. The ledger holds counts
    /// and times only, nothing of any tenant.
    async fn batches_of(&self, traced: &[Traced]) -> Result<Vec<Batch>, ReadError> {
        if traced.is_empty() {
            return Ok(Vec::new());
        }
        let covers: Vec<String> = traced
            .iter()
            .take(POSITIONS_MAX)
            .enumerate()
            .map(|(at, found)| {
                let LogPosition { partition, offset } = found.position;
                format!(
                    "(log_id = {{log{at}:String}} AND partition = {partition} \
                     AND first_offset <= {offset} AND next_offset > {offset})"
                )
            })
            .collect();
        let text = format!(
            "SELECT CAST(log_id, 'String') AS log_id, partition, first_offset, next_offset, \
             toUnixTimestamp64Milli(inserted_at) AS inserted_ms FROM ingest_batches \
             WHERE kind IN ('batch', 'joined') AND ({})",
            covers.join(" OR ")
        );
        let mut query = self.client().query_raw(&text);
        for (at, found) in traced.iter().take(POSITIONS_MAX).enumerate() {
            query = query.param(&format!("log{at}"), &found.log_id);
        }
        query
            .fetch_all::<Batch>()
            .await
            .map_err(|error| classify(error, &ReadLimits::default()))
    }
}

fn traced_of(row: &Row, outcome: Outcome) -> Result<Traced, ReadError> {
    let malformed = || ReadError::Malformed("a trace's row".to_owned());
    let text = |at: usize| Some(row.get(at)?.as_str()?.to_owned());
    let number = |at: usize| row.get(at)?.as_i64();
    let position = |at: usize| {
        Some(LogPosition {
            partition: u32::try_from(row.get(at)?.as_u64()?).ok()?,
            offset: row.get(at + 1)?.as_u64()?,
        })
    };
    Ok(Traced {
        distinct_id: text(0).ok_or_else(malformed)?,
        log_id: text(1).ok_or_else(malformed)?,
        position: position(2).ok_or_else(malformed)?,
        outcome,
        first_position: position(8),
        client_ms: number(4),
        received_ms: number(5),
        appended_ms: number(6),
        consumed_ms: number(7),
        inserted_ms: None,
    })
}

/// A repeat is evidence of a first one: where that is gone, it was removed.
fn add_removed(traced: &mut Vec<Traced>) {
    let mut removed: HashMap<LogPosition, Traced> = HashMap::new();
    for repeat in traced.iter() {
        if let Some(first) = repeat.first_position
            && !traced.iter().any(|found| found.position == first)
        {
            removed.entry(first).or_insert_with(|| Traced {
                distinct_id: repeat.distinct_id.clone(),
                position: first,
                log_id: repeat.log_id.clone(),
                outcome: Outcome::Removed,
                first_position: None,
                client_ms: None,
                received_ms: None,
                appended_ms: None,
                consumed_ms: None,
                inserted_ms: None,
            });
        }
    }
    traced.extend(removed.into_values());
}

/// Adds what the ledger knows.
fn settle(found: &mut Traced, batches: &[Batch]) {
    let covering = batches.iter().filter(|batch| {
        batch.log_id == found.log_id
            && batch.partition == found.position.partition
            && (batch.first_offset..batch.next_offset).contains(&found.position.offset)
    });
    // The row of the batch itself is the narrowest and has the exact time.
    let batch = covering.min_by_key(|batch| batch.next_offset - batch.first_offset);
    match batch {
        Some(batch) if found.outcome != Outcome::Removed => {
            // A row that a replay has brought back came after its batch.
            found.inserted_ms = batch.inserted_ms.max(found.consumed_ms.unwrap_or(0)).into();
        }
        None if found.outcome == Outcome::Stored => found.outcome = Outcome::Pending,
        _ => {}
    }
}
