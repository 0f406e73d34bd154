//! What a replay changes in the ledger: a range whose records turned out to be
//! something else than was counted gets a row that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use clickhouse::Row;
use event_schema::ids::ProjectId;
use serde::Deserialize;
use uuid::Uuid;

use super::{Counts, Freshness, Range, RangeKind};
use crate::insert::{InsertName, InsertOutcome};
use crate::{LogPosition, Warehouse, WarehouseError};

/// How long the ledger may take.
const WRITE_TIME: Duration = Duration::from_secs(60);

/// Ranges of the ledger that hold one of the offsets.
const TOUCHED: &str = "
SELECT first_offset AS first, max(next_offset) AS next FROM ingest_batches
WHERE log_id = {log:String} AND partition = {partition:UInt32} AND kind IN ('batch', 'joined')
    AND arrayExists(o -> o >= first_offset AND o < next_offset, {offsets:Array(UInt64)})
GROUP BY first_offset ORDER BY first, next DESC";

/// How many different positions of a range the tables have.
const POSITIONS: &str = "
SELECT uniqExact(offset) FROM (
    SELECT kafka_offset AS offset FROM events WHERE log_id = {log:String} AND kafka_partition = {partition:UInt32}
    UNION ALL SELECT offset FROM ingest_repeats WHERE log_id = {log:String} AND partition = {partition:UInt32}
    UNION ALL SELECT offset FROM ingest_quarantined WHERE log_id = {log:String} AND partition = {partition:UInt32}
    UNION ALL SELECT arrayJoin(bitmapToArray(offsets)) FROM ingest_removed
        WHERE log_id = {log:String} AND partition = {partition:UInt32}
) WHERE offset >= {first:UInt64} AND offset < {next:UInt64}";

/// By project: what the tables have of a range, less what the ledger says.
const DIFFERENCE: &str = "
SELECT project, toInt64(sum(s)) AS stored, toInt64(sum(d)) AS duplicate, toInt64(sum(q)) AS quarantined FROM (
    SELECT project_id AS project, toInt64(uniqExact(offset)) AS s, toInt64(0) AS d, toInt64(0) AS q FROM (
        SELECT project_id, kafka_offset AS offset FROM events
        WHERE log_id = {log:String} AND kafka_partition = {partition:UInt32}
        UNION ALL SELECT project_id, arrayJoin(bitmapToArray(offsets)) FROM ingest_removed
        WHERE log_id = {log:String} AND partition = {partition:UInt32}
    ) WHERE offset >= {first:UInt64} AND offset < {next:UInt64} GROUP BY project_id
    UNION ALL SELECT project_id, 0, toInt64(uniqExact(offset)), 0 FROM ingest_repeats
    WHERE log_id = {log:String} AND partition = {partition:UInt32}
        AND offset >= {first:UInt64} AND offset < {next:UInt64} GROUP BY project_id
    UNION ALL SELECT project_id, 0, 0, toInt64(uniqExact(offset)) FROM ingest_quarantined
    WHERE log_id = {log:String} AND partition = {partition:UInt32}
        AND offset >= {first:UInt64} AND offset < {next:UInt64} GROUP BY project_id
    UNION ALL SELECT p, -ps, -pd, -pq FROM ingest_batches
    ARRAY JOIN project_ids AS p, project_stored AS ps, project_duplicate AS pd, project_quarantined AS pq
    WHERE log_id = {log:String} AND partition = {partition:UInt32} AND (
        (kind IN ('batch', 'joined') AND first_offset = {first:UInt64} AND next_offset = {next:UInt64})
        OR (kind IN ('repair', 'replay') AND first_offset >= {first:UInt64} AND first_offset < {next:UInt64}))
) GROUP BY project ORDER BY project";

#[derive(Row, Deserialize)]
struct Touched {
    first: u64,
    next: u64,
}

#[derive(Row, Deserialize)]
struct Changed {
    #[serde(with = "clickhouse::serde::uuid")]
    project: Uuid,
    stored: i64,
    duplicate: i64,
    quarantined: i64,
}

impl Warehouse {
    /// Notes that `offsets` of a partition of log `log_id` were read again and
    /// stored, under `claim`, at `now` (ms since the epoch): one row for each
    /// range of the ledger that holds one of them, with what has changed by it.
    /// A range of which positions are still missing gets none: what is lost
    /// must stay a difference.
    ///
    /// # Errors
    /// When the engine does not answer; run the replay again then.
    pub async fn note_replay(
        &self,
        log_id: &str,
        partition: u32,
        offsets: &[u64],
        claim: u64,
        now: i64,
    ) -> Result<(), WarehouseError> {
        let of_partition = |text: &str| {
            let statement = self.statement(text).bind("log", log_id);
            statement.bind("partition", partition)
        };
        let touched: Vec<Touched> = of_partition(TOUCHED)
            .bind("offsets", offsets)
            .rows()
            .await?;
        let mut rows = Vec::new();
        for Touched { first, next } in outermost(touched) {
            let within = |text: &str| of_partition(text).bind("first", first).bind("next", next);
            if within(POSITIONS).number().await? != next - first {
                continue;
            }
            let changed: Vec<Changed> = within(DIFFERENCE).rows().await?;
            let count = offsets
                .iter()
                .filter(|o| (first..next).contains(*o))
                .count();
            rows.push(Range {
                log_id: log_id.to_owned(),
                first: LogPosition {
                    partition,
                    offset: first,
                },
                next_offset: first,
                kind: RangeKind::Replay,
                note: format!(
                    "{count} records of offsets {first} to {} stored again",
                    next - 1
                ),
                appended: (now, now),
                consumed_at: now,
                inserted_at: now,
                projects: changes(changed),
                freshness: Freshness::default(),
                claim,
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let name = InsertName::new([claim]);
        match self.write_ledger(&rows, &name, WRITE_TIME).await {
            InsertOutcome::Stored => Ok(()),
            other => Err(WarehouseError::Unreachable(format!("{other:?}"))),
        }
    }
}

/// Leaves out ranges that lie within another: a joined one stands for them.
fn outermost(ranges: Vec<Touched>) -> Vec<Touched> {
    let mut kept: Vec<Touched> = Vec::new();
    for range in ranges {
        if kept.last().is_none_or(|last| range.first >= last.next) {
            kept.push(range);
        }
    }
    kept
}

fn changes(changed: Vec<Changed>) -> BTreeMap<ProjectId, Counts> {
    let counted = changed.into_iter().map(|row| {
        let counts = Counts {
            stored: row.stored,
            duplicate: row.duplicate,
            quarantined: row.quarantined,
        };
        (ProjectId(row.project), counts)
    });
    counted
        .filter(|(_, counts)| *counts != Counts::default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_range_stands_for_those_within() {
        let range = |first, next| Touched { first, next };
        let kept = outermost(vec![range(0, 100), range(10, 20), range(100, 110)]);
        let kept: Vec<(u64, u64)> = kept.iter().map(|r| (r.first, r.next)).collect();
        assert_eq!(kept, [(0, 100), (100, 110)]);
    }
}
