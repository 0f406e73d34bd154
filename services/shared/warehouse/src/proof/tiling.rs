//! Whether the ledger's ranges tile the log, and what they sum to.

use clickhouse::Row;
use serde::Deserialize;

use super::{Difference, Extent, Fault, Stretch};
use crate::ledger::LogName;
use crate::{Warehouse, WarehouseError};

/// What the ledger says about a stretch of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tiled {
    pub(super) stretch: Stretch,
    /// Missing records, as ranges.
    pub(super) gaps: Vec<(u64, u64)>,
    pub(super) stored: i64,
    pub(super) duplicate: i64,
    pub(super) quarantined: i64,
}

#[derive(Row, Deserialize)]
struct TiledRow {
    log_id: String,
    partition: u32,
    first: u64,
    next: u64,
    stored: i64,
    duplicate: i64,
    quarantined: i64,
    gaps: Vec<(u64, u64, String)>,
    breaks: Vec<(u64, u64)>,
    miscounted: Vec<(u64, u64, i64)>,
}

/// The ledger's ranges, each with where the one before it ended; ranges that a
/// joined one stands for are left out.
const QUERY: &str = "
WITH chosen AS (
    SELECT log_id, partition, first_offset, next_offset, kind, note, stored, duplicate, quarantined,
        max(if(kind = 'joined', next_offset, 0)) OVER (PARTITION BY log_id, partition
            ORDER BY first_offset, kind = 'joined' DESC, next_offset DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS joined_until
    FROM ingest_batches
    WHERE kind NOT IN ('repair', 'replay') AND last_appended_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
        AND first_appended_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
), ranges AS (
    SELECT *, row_number() OVER w AS n,
        lagInFrame(next_offset) OVER (PARTITION BY log_id, partition
            ORDER BY first_offset, next_offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
    FROM chosen WHERE kind = 'joined' OR next_offset > joined_until OR next_offset = first_offset
    WINDOW w AS (PARTITION BY log_id, partition ORDER BY first_offset, next_offset
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT CAST(r.log_id, 'String') AS log_id, r.partition AS partition, min(r.first_offset) AS first,
    max(r.next_offset) AS next, toInt64(sum(r.stored)) AS stored, toInt64(sum(r.duplicate)) AS duplicate,
    toInt64(sum(r.quarantined)) AS quarantined,
    groupArrayIf((r.first_offset, r.next_offset, r.note), r.kind = 'gap' AND r.next_offset > r.first_offset) AS gaps,
    groupArrayIf(100000)((r.before, r.first_offset), r.n > 1 AND r.before != r.first_offset) AS breaks,
    groupArrayIf(20)((r.first_offset, r.next_offset, r.stored + r.duplicate + r.quarantined), r.kind != 'gap'
        AND r.stored + r.duplicate + r.quarantined != toInt64(r.next_offset - r.first_offset)) AS miscounted
FROM ranges AS r GROUP BY r.log_id, r.partition ORDER BY log_id, partition";

#[derive(Row, Deserialize)]
struct RepairRow {
    log_id: String,
    partition: u32,
    offset: u64,
    stored: i64,
    duplicate: i64,
    quarantined: i64,
}

impl Warehouse {
    /// What the ledger says, and what is wrong with it by itself.
    pub(super) async fn tiling(
        &self,
        extent: &Extent,
    ) -> Result<(Vec<Tiled>, Vec<Difference>), WarehouseError> {
        let rows: Vec<TiledRow> = self
            .statement(QUERY)
            .bind("from", extent.from.unwrap_or(0))
            .bind("to", extent.to.unwrap_or(FAR_MS))
            .setting("prefer_column_name_to_alias", "1")
            .rows()
            .await?;
        let repairs: Vec<RepairRow> = self
            .statement(
                "SELECT CAST(log_id, 'String') AS log_id, partition, first_offset AS offset, \
                 stored, duplicate, quarantined FROM ingest_batches WHERE kind IN ('repair', 'replay')",
            )
            .rows()
            .await?;
        let mut differences = Vec::new();
        let mut tiled: Vec<Tiled> = Vec::new();
        for row in rows {
            differences.extend(faults(&row));
            tiled.push(Tiled::from(row));
        }
        for repair in repairs {
            let of = tiled.iter_mut().find(|t| {
                t.stretch.log_id == repair.log_id
                    && t.stretch.partition == repair.partition
                    && (t.stretch.first..t.stretch.next).contains(&repair.offset)
            });
            if let Some(of) = of {
                of.stored += repair.stored;
                of.duplicate += repair.duplicate;
                of.quarantined += repair.quarantined;
            }
        }
        Ok((tiled, differences))
    }
}

/// The end of the table's range, beyond every instant: 2262 or so.
pub(super) const FAR_MS: i64 = 9_000_000_000_000;

impl From<TiledRow> for Tiled {
    fn from(row: TiledRow) -> Self {
        let is_list = LogName::is_list(&row.log_id);
        // Numbers of a list that no range covers lead nowhere.
        let unused = row
            .breaks
            .into_iter()
            .filter(|(before, first)| is_list && before < first);
        let missing = row.gaps.into_iter().map(|(first, next, _)| (first, next));
        Self {
            stretch: Stretch {
                log_id: row.log_id,
                partition: row.partition,
                first: row.first,
                next: row.next,
            },
            gaps: missing.chain(unused).collect(),
            stored: row.stored,
            duplicate: row.duplicate,
            quarantined: row.quarantined,
        }
    }
}

impl Tiled {
    /// Positions from `first` up to `next` that must be in the tables.
    pub(super) fn expected_within(&self, first: u64, next: u64) -> u64 {
        let overlap = |a: u64, b: u64| b.min(next).saturating_sub(a.max(first));
        let gaps: u64 = self.gaps.iter().map(|(a, b)| overlap(*a, *b)).sum();
        overlap(self.stretch.first, self.stretch.next) - gaps
    }
}

fn faults(row: &TiledRow) -> Vec<Difference> {
    let at = |kind, first: u64, next: u64, detail: String| Difference {
        kind,
        place: Stretch {
            log_id: row.log_id.clone(),
            partition: row.partition,
            first,
            next,
        },
        detail,
        uuids: Vec::new(),
    };
    let gaps = row
        .gaps
        .iter()
        .map(|(first, next, note)| at(Fault::Gap, *first, *next, note.clone()));
    let is_list = LogName::is_list(&row.log_id);
    let untiled = row
        .breaks
        .iter()
        .filter(|(before, first)| !is_list || before > first);
    let breaks = untiled.take(20).map(|(before, first)| {
        if before < first {
            at(
                Fault::Untiled,
                *before,
                *first,
                "the ledger leaves these out".to_owned(),
            )
        } else {
            at(
                Fault::Overlap,
                *first,
                *before,
                "the ledger has these twice".to_owned(),
            )
        }
    });
    let miscounted = row.miscounted.iter().map(|(first, next, sum)| {
        let detail = format!(
            "the ledger counts {sum} records in a range of {}",
            next - first
        );
        at(Fault::Miscounted, *first, *next, detail)
    });
    gaps.chain(breaks).chain(miscounted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_not_expected_in_the_tables() {
        let tiled = Tiled {
            stretch: Stretch {
                log_id: "log".to_owned(),
                partition: 0,
                first: 10,
                next: 100,
            },
            gaps: vec![(20, 30), (95, 100)],
            stored: 0,
            duplicate: 0,
            quarantined: 0,
        };
        assert_eq!(tiled.expected_within(0, 1_000), 75);
        assert_eq!(tiled.expected_within(0, 25), 10);
        assert_eq!(tiled.expected_within(25, 40), 10);
        assert_eq!(tiled.expected_within(200, 300), 0);
    }
}
