//! Reading back which positions are stored: what settles every doubt about an
//! insert.

use std::collections::{BTreeMap, HashMap};

use clickhouse::Row;
use serde::Deserialize;

use crate::{LogPosition, Warehouse, WarehouseError};

/// Where a position was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A row of the events table.
    Stored,
    /// Noted as a repeat.
    Duplicate,
    /// Noted as a dead letter.
    Quarantined,
    /// Stored once, and removed by retention or erasure.
    Removed,
}

/// Positions of one partition that are in the tables, by offset.
pub type Beyond = HashMap<u64, Place>;

/// Where to look: a partition of a log, from an offset on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The log.
    pub log_id: String,
    /// The first offset that is asked for.
    pub offset: u64,
}

#[derive(Row, Deserialize)]
struct Found {
    partition: u32,
    offset: u64,
    place: u8,
}

impl Found {
    fn place(&self) -> Place {
        match self.place {
            0 => Place::Stored,
            1 => Place::Duplicate,
            2 => Place::Quarantined,
            _ => Place::Removed,
        }
    }
}

/// One condition for each partition, over the columns named `p` and `o`.
fn condition(from: &BTreeMap<u32, Since>, p: &str, o: &str) -> String {
    let terms: Vec<String> = from
        .iter()
        .enumerate()
        .map(|(at, (partition, from))| {
            format!(
                "(log_id = {{log{at}:String}} AND {p} = {partition} AND {o} >= {})",
                from.offset
            )
        })
        .collect();
    terms.join(" OR ")
}

impl Warehouse {
    /// The positions of `from` that are in the tables: as events, repeats or
    /// dead letters.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn stored_beyond(
        &self,
        from: &BTreeMap<u32, Since>,
    ) -> Result<BTreeMap<u32, Beyond>, WarehouseError> {
        if from.is_empty() {
            return Ok(BTreeMap::new());
        }
        let own = condition(from, "partition", "offset");
        let text = format!(
            "SELECT kafka_partition AS partition, kafka_offset AS offset, toUInt8(0) AS place \
             FROM events WHERE {} \
             UNION ALL SELECT partition, offset, toUInt8(1) FROM ingest_repeats WHERE {own} \
             UNION ALL SELECT partition, offset, toUInt8(2) FROM ingest_quarantined WHERE {own}",
            condition(from, "kafka_partition", "kafka_offset"),
        );
        let mut statement = self.statement(&text);
        for (at, from) in from.values().enumerate() {
            statement = statement.bind(&format!("log{at}"), &from.log_id);
        }
        let mut beyond: BTreeMap<u32, Beyond> = BTreeMap::new();
        for found in statement.rows::<Found>().await? {
            beyond
                .entry(found.partition)
                .or_default()
                .insert(found.offset, found.place());
        }
        Ok(beyond)
    }

    /// What became of the positions from `first` up to, not including, `next`.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn places_within(
        &self,
        log_id: &str,
        first: LogPosition,
        next: u64,
    ) -> Result<Beyond, WarehouseError> {
        let within = |p: &str, o: &str| {
            format!(
                "log_id = {{log:String}} AND {p} = {{partition:UInt32}} \
                 AND {o} >= {{first:UInt64}} AND {o} < {{next:UInt64}}"
            )
        };
        let own = within("partition", "offset");
        let text = format!(
            "SELECT toUInt32(partition) AS partition, offset, place FROM ( \
             SELECT partition, arrayJoin(bitmapToArray(offsets)) AS offset, toUInt8(3) AS place \
             FROM ingest_removed WHERE log_id = {{log:String}} AND partition = {{partition:UInt32}} \
             UNION ALL SELECT partition, offset, toUInt8(2) FROM ingest_quarantined WHERE {own} \
             UNION ALL SELECT partition, offset, toUInt8(1) FROM ingest_repeats WHERE {own} \
             UNION ALL SELECT kafka_partition, kafka_offset, toUInt8(0) FROM events WHERE {}) \
             WHERE offset >= {{first:UInt64}} AND offset < {{next:UInt64}} ORDER BY place DESC",
            within("kafka_partition", "kafka_offset"),
        );
        let found: Vec<Found> = self
            .statement(&text)
            .bind("log", log_id)
            .bind("partition", first.partition)
            .bind("first", first.offset)
            .bind("next", next)
            .rows()
            .await?;
        Ok(found
            .iter()
            .map(|found| (found.offset, found.place()))
            .collect())
    }
}
