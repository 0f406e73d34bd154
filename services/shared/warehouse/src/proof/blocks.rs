//! Positions of the tables against positions of the ledger, block by block,
//! and by name where a block does not agree.
//!
//! A block holds 65,536 offsets. When the positions that the tables have of it
//! are as many, all different, as the ledger covers, and none lies outside what
//! it covers, then they are the same positions.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;

use super::tiling::Tiled;
use super::{Difference, Fault, Stretch};
use crate::{Warehouse, WarehouseError};

/// Offsets of a block; also what `ingest_removed` is kept by.
pub(crate) const BLOCK: u64 = 65_536;

/// What the tables have of a block of one partition.
#[derive(Row, Deserialize, Debug, Clone, PartialEq, Eq)]
pub(super) struct BlockRow {
    partition: u32,
    block: u64,
    /// Rows of the events table.
    event_rows: u64,
    /// Different positions among them.
    event_positions: u64,
    /// Positions that are or were in the events table.
    stored: u64,
    duplicate: u64,
    quarantined: u64,
    removed: u64,
    /// Different positions in all.
    positions: u64,
}

/// The sums of a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) stored: u64,
    pub(super) duplicate: u64,
    pub(super) quarantined: u64,
    pub(super) removed: u64,
}

/// One table's positions as bitmaps a block, within bounds of each partition.
fn source(table: &str, p: &str, o: &str, columns: &str) -> String {
    format!(
        "SELECT {p} AS partition, intDiv({o}, {BLOCK}) AS block, {columns} FROM {table} \
         WHERE log_id = {{log:String}} AND {o} >= transform({p}, {{partitions:Array(UInt32)}}, \
         {{firsts:Array(UInt64)}}, 18446744073709551615) AND {o} < transform({p}, \
         {{partitions:Array(UInt32)}}, {{nexts:Array(UInt64)}}, 0) GROUP BY partition, block"
    )
}

fn blocks_query() -> String {
    let none = "groupBitmapStateIf(toUInt64(0), 0)";
    let own = |state: [&str; 4], rows: &str| {
        format!(
            "{rows} AS n, {} AS e, {} AS r, {} AS q, {} AS m",
            state[0], state[1], state[2], state[3]
        )
    };
    let events = "groupBitmapState(kafka_offset)";
    let state = "groupBitmapState(offset)";
    let removed = "groupBitmapMergeState(offsets)";
    let zero = "toUInt64(0)";
    [
        source(
            "events",
            "kafka_partition",
            "kafka_offset",
            &own([events, none, none, none], "count()"),
        ),
        source(
            "ingest_repeats",
            "partition",
            "offset",
            &own([none, state, none, none], zero),
        ),
        source(
            "ingest_quarantined",
            "partition",
            "offset",
            &own([none, none, state, none], zero),
        ),
        format!(
            "SELECT partition, block, {} FROM ingest_removed WHERE log_id = {{log:String}} \
             GROUP BY partition, block",
            own([none, none, none, removed], zero)
        ),
    ]
    .join(" UNION ALL ")
}

impl Warehouse {
    /// Checks the positions of one log. Answers the sums of each stretch.
    pub(super) async fn check_blocks(
        &self,
        tiled: &[&Tiled],
        differences: &mut Vec<Difference>,
    ) -> Result<BTreeMap<u32, Sums>, WarehouseError> {
        let text = format!(
            "SELECT partition, block, sum(n) AS event_rows, bitmapCardinality(be) AS event_positions, \
             bitmapOrCardinality(be, bm) AS stored, bitmapCardinality(br) AS duplicate, \
             bitmapCardinality(bq) AS quarantined, bitmapCardinality(bm) AS removed, \
             bitmapCardinality(bitmapOr(bitmapOr(be, bm), bitmapOr(br, bq))) AS positions FROM ( \
             SELECT partition, block, sum(n) AS n, groupBitmapMergeState(e) AS be, \
             groupBitmapMergeState(r) AS br, groupBitmapMergeState(q) AS bq, \
             groupBitmapMergeState(m) AS bm FROM ({}) GROUP BY partition, block) \
             GROUP BY partition, block, be, br, bq, bm ORDER BY partition, block",
            blocks_query()
        );
        let Some(log) = tiled.first().map(|tiled| tiled.stretch.log_id.clone()) else {
            return Ok(BTreeMap::new());
        };
        let of = |pick: fn(&Stretch) -> u64| -> Vec<u64> {
            tiled.iter().map(|tiled| pick(&tiled.stretch)).collect()
        };
        let partitions: Vec<u32> = tiled.iter().map(|tiled| tiled.stretch.partition).collect();
        let rows: Vec<BlockRow> = self
            .statement(&text)
            .bind("log", &log)
            .bind("partitions", &partitions)
            .bind("firsts", of(|stretch| stretch.first))
            .bind("nexts", of(|stretch| stretch.next))
            .rows()
            .await?;
        let mut sums: BTreeMap<u32, Sums> = BTreeMap::new();
        for tiled in tiled {
            let partition = tiled.stretch.partition;
            let mut own: BTreeMap<u64, &BlockRow> = rows
                .iter()
                .filter(|row| row.partition == partition)
                .map(|row| (row.block, row))
                .collect();
            let sum = sums.entry(partition).or_default();
            for row in own.values() {
                sum.stored += row.stored;
                sum.duplicate += row.duplicate;
                sum.quarantined += row.quarantined;
                sum.removed += row.removed;
            }
            let last = tiled.stretch.next.saturating_sub(1) / BLOCK;
            for block in tiled.stretch.first / BLOCK..=last {
                let row = own.remove(&block);
                if !agrees(tiled, block, row) {
                    self.name_faults(tiled, block, differences).await?;
                }
            }
        }
        Ok(sums)
    }

    /// Names the positions of a block that do not agree.
    async fn name_faults(
        &self,
        tiled: &Tiled,
        block: u64,
        differences: &mut Vec<Difference>,
    ) -> Result<(), WarehouseError> {
        let first = tiled.stretch.first.max(block * BLOCK);
        let next = tiled.stretch.next.min((block + 1) * BLOCK);
        let within = |p: &str, o: &str| {
            format!(
                "log_id = {{log:String}} AND {p} = {{partition:UInt32}} \
                 AND {o} >= {{first:UInt64}} AND {o} < {{next:UInt64}}"
            )
        };
        let own = within("partition", "offset");
        let text = format!(
            "SELECT offset, toUInt64(sum(e)) AS events, toUInt64(max(x)) AS others, \
             arraySort(groupUniqArrayIf(toString(id), id != toUUIDOrZero(''))) AS uuids FROM ( \
             SELECT kafka_offset AS offset, 1 AS e, 0 AS x, uuid AS id FROM events WHERE {} \
             UNION ALL SELECT offset, 0, 1, uuid FROM ingest_repeats WHERE {own} \
             UNION ALL SELECT offset, 0, 1, uuid FROM ingest_quarantined WHERE {own} \
             UNION ALL SELECT arrayJoin(bitmapToArray(offsets)) AS offset, 0, 2, toUUIDOrZero('') \
             FROM ingest_removed WHERE log_id = {{log:String}} AND partition = {{partition:UInt32}} \
             AND block = {{block:UInt64}}) GROUP BY offset ORDER BY offset",
            within("kafka_partition", "kafka_offset"),
        );
        let rows: Vec<PositionRow> = self
            .statement(&text)
            .bind("log", &tiled.stretch.log_id)
            .bind("partition", tiled.stretch.partition)
            .bind("first", first)
            .bind("next", next)
            .bind("block", block)
            .rows()
            .await?;
        differences.extend(faults(tiled, first, next, &rows));
        Ok(())
    }
}

/// One position and where it was found: `others` is 1 for a repeat or a dead
/// letter, 2 for a removed one.
#[derive(Row, Deserialize, Debug, Clone)]
struct PositionRow {
    offset: u64,
    events: u64,
    others: u64,
    uuids: Vec<String>,
}

/// Whether the tables have exactly what the ledger covers of the block.
fn agrees(tiled: &Tiled, block: u64, row: Option<&BlockRow>) -> bool {
    let expected = tiled.expected_within(block * BLOCK, (block + 1) * BLOCK);
    let Some(row) = row else { return expected == 0 };
    row.positions == expected
        && row.event_rows == row.event_positions
        && row.stored + row.duplicate + row.quarantined == row.positions
}

fn faults(tiled: &Tiled, first: u64, next: u64, rows: &[PositionRow]) -> Vec<Difference> {
    let at = |kind, first: u64, next: u64, detail: String, uuids: &[String]| Difference {
        kind,
        place: Stretch {
            first,
            next,
            ..tiled.stretch.clone()
        },
        detail,
        uuids: uuids.to_vec(),
    };
    let mut found = Vec::new();
    let mut expected = first;
    let missing = |from: u64, to: u64, found: &mut Vec<Difference>| {
        let count = tiled.expected_within(from, to);
        if count > 0 {
            let detail = format!("{count} records are in no table");
            found.push(at(Fault::Missing, from, to, detail, &[]));
        }
    };
    for row in rows {
        missing(expected, row.offset, &mut found);
        expected = row.offset + 1;
        let here = (row.offset, row.offset + 1);
        if row.events > 1 {
            let detail = format!("{} rows of one record", row.events);
            found.push(at(Fault::Doubled, here.0, here.1, detail, &row.uuids));
        } else if row.events == 1 && row.others == 1 {
            let detail = "an event, and also a repeat or a dead letter".to_owned();
            found.push(at(Fault::Ambiguous, here.0, here.1, detail, &row.uuids));
        }
    }
    missing(expected, next, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(offset: u64, events: u64, others: u64) -> PositionRow {
        PositionRow {
            offset,
            events,
            others,
            uuids: Vec::new(),
        }
    }

    #[test]
    fn faults_are_named_by_position() {
        let tiled = Tiled {
            stretch: Stretch {
                log_id: "log".to_owned(),
                partition: 0,
                first: 0,
                next: 12,
            },
            gaps: vec![(8, 10)],
            stored: 0,
            duplicate: 0,
            quarantined: 0,
        };
        let rows = [
            row(0, 1, 0),
            row(1, 2, 0),
            row(4, 1, 1),
            row(5, 1, 2),
            row(6, 0, 1),
            row(10, 1, 0),
        ];
        let named: Vec<(Fault, u64, u64)> = faults(&tiled, 0, 12, &rows)
            .into_iter()
            .map(|difference| {
                (
                    difference.kind,
                    difference.place.first,
                    difference.place.next,
                )
            })
            .collect();
        assert_eq!(
            named,
            [
                (Fault::Doubled, 1, 2),
                (Fault::Missing, 2, 4),
                (Fault::Ambiguous, 4, 5),
                (Fault::Missing, 7, 10),
                (Fault::Missing, 11, 12),
            ]
        );
    }
}
