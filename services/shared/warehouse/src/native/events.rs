//! Event rows as one block.

use bytes::Bytes;
use event_schema::hot::HOT;

use super::{Block, MapColumn, NullableColumn, StringColumn, UuidColumn};
use crate::row::EventRow;

/// Columns that are not hot properties.
const FIXED_COLUMNS: usize = 16;
/// After so many rows it is known well enough how much room all of them take:
/// columns that grow by doubling are copied and touch twice the memory.
const SAMPLE: usize = 1_000;
const INSTANT: &str = "DateTime64(3, 'UTC')";

/// Encodes rows as one Native block, in pieces. Rows are visited once, so
/// that each is in the processor's cache only once; low-cardinality columns go
/// as plain text, which costs less in sum than building dictionaries here.
#[must_use]
pub fn encode_events<'a>(rows: impl ExactSizeIterator<Item = &'a EventRow>) -> Vec<Bytes> {
    let count = rows.len();
    let mut columns = Columns::default();
    for (index, row) in rows.enumerate() {
        if index == SAMPLE {
            columns.make_room(count);
        }
        columns.push(index, row);
    }
    columns.into_block(count)
}

#[derive(Default)]
struct Columns {
    project_id: UuidColumn,
    uuid: UuidColumn,
    event: StringColumn,
    distinct_id: StringColumn,
    person_id: Vec<u8>,
    timestamp: Vec<u8>,
    received_at: Vec<u8>,
    append_delay: Vec<u8>,
    arrived_at: Vec<u8>,
    log_id: StringColumn,
    partition: Vec<u8>,
    offset: Vec<u8>,
    claim: Vec<u8>,
    hot: [NullableColumn; HOT.len()],
    derived_mask: Vec<u8>,
    props: MapColumn,
    restore: MapColumn,
}

impl Columns {
    fn push(&mut self, index: usize, row: &EventRow) {
        let text = row.bytes();
        self.project_id.push(row.project_id.0);
        self.uuid.push(row.uuid);
        self.event.push(text.event());
        self.distinct_id.push(text.distinct_id());
        self.person_id
            .extend_from_slice(&row.person_id.to_le_bytes());
        self.timestamp
            .extend_from_slice(&row.timestamp.to_le_bytes());
        self.received_at
            .extend_from_slice(&row.received_at.to_le_bytes());
        self.append_delay
            .extend_from_slice(&row.append_delay.to_le_bytes());
        self.arrived_at
            .extend_from_slice(&row.arrived_at.to_le_bytes());
        self.log_id.push(row.log_id.as_bytes());
        self.partition
            .extend_from_slice(&row.position.partition.to_le_bytes());
        self.offset
            .extend_from_slice(&row.position.offset.to_le_bytes());
        self.claim.extend_from_slice(&row.claim.to_le_bytes());
        for (column, text) in text.hot() {
            self.hot[column].set(index, text);
        }
        self.derived_mask
            .extend_from_slice(&row.derived_mask().to_le_bytes());
        self.props.push(text.props());
        self.restore.push(text.restore());
    }

    /// Makes room for `rows` rows like the first [`SAMPLE`] ones.
    fn make_room(&mut self, rows: usize) {
        self.fill(SAMPLE);
        let texts = self
            .hot
            .iter_mut()
            .flat_map(|column| [&mut column.absent, &mut column.values.bytes]);
        let maps = [&mut self.props, &mut self.restore]
            .into_iter()
            .flat_map(|map| [&mut map.ends, &mut map.keys.bytes, &mut map.values.bytes]);
        let fixed = [
            &mut self.project_id.bytes,
            &mut self.uuid.bytes,
            &mut self.event.bytes,
            &mut self.distinct_id.bytes,
            &mut self.person_id,
            &mut self.timestamp,
            &mut self.received_at,
            &mut self.append_delay,
            &mut self.arrived_at,
            &mut self.log_id.bytes,
            &mut self.partition,
            &mut self.offset,
            &mut self.claim,
            &mut self.derived_mask,
        ];
        for column in fixed.into_iter().chain(texts).chain(maps) {
            let expected = column.len() * rows / SAMPLE;
            // Those that follow may be a little longer.
            column.reserve_exact(expected + expected / 16 - column.len());
        }
    }

    /// Makes columns of what may be missing `rows` rows long.
    fn fill(&mut self, rows: usize) {
        for column in &mut self.hot {
            column.fill(rows);
        }
    }

    fn into_block(mut self, rows: usize) -> Vec<Bytes> {
        self.fill(rows);
        let mut block = Block::new(FIXED_COLUMNS + HOT.len(), rows);
        block.column("project_id", "UUID", [self.project_id.bytes]);
        block.column("uuid", "UUID", [self.uuid.bytes]);
        block.column("event", "String", [self.event.bytes]);
        block.column("distinct_id", "String", [self.distinct_id.bytes]);
        block.column("person_id", "UInt64", [self.person_id]);
        block.column("timestamp", INSTANT, [self.timestamp]);
        block.column("received_at", INSTANT, [self.received_at]);
        block.column("append_delay", "Int32", [self.append_delay]);
        block.column("arrived_at", INSTANT, [self.arrived_at]);
        block.column("log_id", "String", [self.log_id.bytes]);
        block.column("kafka_partition", "UInt32", [self.partition]);
        block.column("kafka_offset", "UInt64", [self.offset]);
        block.column("claim", "UInt64", [self.claim]);
        for (hot, column) in HOT.iter().zip(self.hot) {
            let content = [column.absent, column.values.bytes];
            block.column(hot.column, "Nullable(String)", content);
        }
        block.column("derived_mask", "UInt64", [self.derived_mask]);
        for (name, map) in [("props", self.props), ("restore", self.restore)] {
            let content = [map.ends, map.keys.bytes, map.values.bytes];
            block.column(name, "Map(String, String)", content);
        }
        block.finish()
    }
}
