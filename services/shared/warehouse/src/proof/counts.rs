//! One project's counts, and whether each repeat has its first copy.

use clickhouse::Row;
use event_schema::ids::ProjectId;
use serde::Deserialize;

use super::reconcile::signed;
use super::tiling::{FAR_MS, Tiled};
use super::{Difference, Extent, Fault, Reconciliation, Stretch};
use crate::{Warehouse, WarehouseError};

/// Bounds of each partition, over the columns named `p` and `o`.
fn bounds(p: &str, o: &str) -> String {
    format!(
        "log_id = {{log:String}} AND {o} >= transform({p}, {{partitions:Array(UInt32)}}, \
         {{firsts:Array(UInt64)}}, 18446744073709551615) \
         AND {o} < transform({p}, {{partitions:Array(UInt32)}}, {{nexts:Array(UInt64)}}, 0)"
    )
}

#[derive(Row, Deserialize)]
struct ProjectRow {
    partition: u32,
    rows: u64,
    positions: u64,
    stored: u64,
    duplicate: u64,
    quarantined: u64,
    removed: u64,
    ledger_stored: i64,
    ledger_duplicate: i64,
    ledger_quarantined: i64,
}

#[derive(Row, Deserialize)]
struct OrphanRow {
    partition: u32,
    offset: u64,
    uuid: String,
}

impl Warehouse {
    /// Compares a project's counts, partition by partition.
    pub(super) async fn check_project(
        &self,
        project: ProjectId,
        tiled: &[&Tiled],
        extent: &Extent,
        answer: &mut Reconciliation,
        differences: &mut Vec<Difference>,
    ) -> Result<(), WarehouseError> {
        let (events, own) = (
            bounds("kafka_partition", "kafka_offset"),
            bounds("partition", "offset"),
        );
        let text = format!(
            "SELECT partition, sum(n) AS rows, groupBitmapMerge(e) AS positions, \
             bitmapOrCardinality(groupBitmapMergeState(e), groupBitmapMergeState(m)) AS stored, \
             groupBitmapMerge(r) AS duplicate, groupBitmapMerge(q) AS quarantined, \
             groupBitmapMerge(m) AS removed, toInt64(sum(ls)) AS ledger_stored, \
             toInt64(sum(ld)) AS ledger_duplicate, toInt64(sum(lq)) AS ledger_quarantined FROM ( \
             SELECT kafka_partition AS partition, count() AS n, groupBitmapState(kafka_offset) AS e, \
             {none} AS r, {none} AS q, {none} AS m, toInt64(0) AS ls, toInt64(0) AS ld, toInt64(0) AS lq \
             FROM events WHERE project_id = {{project:UUID}} AND {events} GROUP BY partition \
             UNION ALL SELECT partition, 0, {none}, groupBitmapState(offset), {none}, {none}, 0, 0, 0 \
             FROM ingest_repeats WHERE project_id = {{project:UUID}} AND {own} GROUP BY partition \
             UNION ALL SELECT partition, 0, {none}, {none}, groupBitmapState(offset), {none}, 0, 0, 0 \
             FROM ingest_quarantined WHERE project_id = {{project:UUID}} AND {own} GROUP BY partition \
             UNION ALL SELECT partition, 0, {none}, {none}, {none}, groupBitmapState(offset), 0, 0, 0 \
             FROM (SELECT log_id, partition, arrayJoin(bitmapToArray(offsets)) AS offset FROM ingest_removed \
             WHERE project_id = {{project:UUID}}) WHERE {own} GROUP BY partition \
             UNION ALL SELECT partition, 0, {none}, {none}, {none}, {none}, \
             sum(project_stored[at]), sum(project_duplicate[at]), sum(project_quarantined[at]) \
             FROM (SELECT *, indexOf(project_ids, {{project:UUID}}) AS at FROM ingest_batches) \
             WHERE log_id = {{log:String}} AND at > 0 AND (kind IN ('repair', 'replay') OR ( \
             last_appended_at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC') \
             AND first_appended_at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC'))) \
             AND {ranges} GROUP BY partition) GROUP BY partition ORDER BY partition",
            none = "groupBitmapStateIf(toUInt64(0), 0)",
            ranges = bounds("partition", "first_offset"),
        );
        let rows: Vec<ProjectRow> = self
            .bounded(&text, tiled)
            .bind("project", project.0.to_string())
            .bind("from", extent.from.unwrap_or(0))
            .bind("to", extent.to.unwrap_or(FAR_MS))
            .rows()
            .await?;
        for row in rows {
            answer.stored += row.stored;
            answer.duplicate += row.duplicate;
            answer.quarantined += row.quarantined;
            answer.removed += row.removed;
            let ledger = (
                row.ledger_stored,
                row.ledger_duplicate,
                row.ledger_quarantined,
            );
            let accepted = ledger.0 + ledger.1 + ledger.2;
            answer.accepted += u64::try_from(accepted).unwrap_or(0);
            let tables = (
                signed(row.stored),
                signed(row.duplicate),
                signed(row.quarantined),
            );
            let Some(tiled) = tiled.iter().find(|t| t.stretch.partition == row.partition) else {
                continue;
            };
            if row.rows != row.positions {
                let extra = row.rows - row.positions;
                differences.push(Difference {
                    kind: Fault::Doubled,
                    place: tiled.stretch.clone(),
                    detail: format!("{extra} rows more than records"),
                    uuids: Vec::new(),
                });
            }
            if ledger != tables {
                differences.push(Difference {
                    kind: Fault::Sums,
                    place: tiled.stretch.clone(),
                    detail: format!(
                        "stored, duplicate, quarantined: {ledger:?} in the ledger, {tables:?} in the tables"
                    ),
                    uuids: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// Looks for repeats whose first copy is neither stored nor removed.
    pub(super) async fn check_originals(
        &self,
        tiled: &[&Tiled],
        differences: &mut Vec<Difference>,
    ) -> Result<(), WarehouseError> {
        let text = format!(
            "WITH repeats AS (SELECT * FROM ingest_repeats WHERE {}) \
             SELECT partition, offset, toString(uuid) AS uuid FROM repeats \
             WHERE (first_log_id, first_partition, first_offset, project_id, uuid) NOT IN ( \
             SELECT log_id, kafka_partition, kafka_offset, project_id, uuid FROM events \
             WHERE uuid IN (SELECT uuid FROM repeats)) \
             AND (first_log_id, first_partition, first_offset) NOT IN ( \
             SELECT log_id, partition, arrayJoin(bitmapToArray(offsets)) FROM ingest_removed) \
             ORDER BY partition, offset LIMIT 20",
            bounds("partition", "offset"),
        );
        let orphans: Vec<OrphanRow> = self.bounded(&text, tiled).rows().await?;
        let Some(first) = tiled.first() else {
            return Ok(());
        };
        differences.extend(orphans.into_iter().map(|orphan| Difference {
            kind: Fault::Orphan,
            place: Stretch {
                log_id: first.stretch.log_id.clone(),
                partition: orphan.partition,
                first: orphan.offset,
                next: orphan.offset + 1,
            },
            detail: "left out as a repeat of an event that is not there".to_owned(),
            uuids: vec![orphan.uuid],
        }));
        Ok(())
    }

    fn bounded(&self, text: &str, tiled: &[&Tiled]) -> crate::client::Statement {
        let log = tiled.first().map_or("", |tiled| &tiled.stretch.log_id);
        let of = |pick: fn(&Stretch) -> u64| -> Vec<u64> {
            tiled.iter().map(|tiled| pick(&tiled.stretch)).collect()
        };
        let partitions: Vec<u32> = tiled.iter().map(|tiled| tiled.stretch.partition).collect();
        self.statement(text)
            .bind("log", log)
            .bind("partitions", partitions)
            .bind("firsts", of(|stretch| stretch.first))
            .bind("nexts", of(|stretch| stretch.next))
    }
}
