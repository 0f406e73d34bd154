//! Joining old neighbouring ranges of the ledger, so that it stays small: an
//! hour of one partition becomes one row.
//!
//! First the joined rows are written, then the rows that they stand for go;
//! readers leave those out in between. Cut off anywhere, the next run goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::insert::InsertName;
use crate::{Warehouse, WarehouseError};

/// How long the job may take.
const JOB_TIME: Duration = Duration::from_secs(1_800);
/// A partition that no log has: the claim on it keeps a second job out.
const JOIN_PARTITION: u32 = u32::MAX - 1;

/// Islands of neighbouring batches within an hour, each summed up. A map's sums
/// come as sorted keys without those that are 0, so each is looked up by key.
const JOIN: &str = "
INSERT INTO ingest_batches (log_id, partition, first_offset, next_offset, kind, note,
    first_appended_at, last_appended_at, consumed_at, inserted_at, stored, duplicate, quarantined,
    project_ids, project_stored, project_duplicate, project_quarantined, freshness, claim)
WITH before AS (
    SELECT b.*, toStartOfHour(b.consumed_at) AS hour,
        lagInFrame(b.next_offset) OVER w AS ended, lagInFrame(toStartOfHour(b.consumed_at)) OVER w AS hour_before
    FROM ingest_batches AS b
    WHERE b.kind = 'batch' AND b.consumed_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
    WINDOW w AS (PARTITION BY b.log_id, b.partition ORDER BY b.first_offset
        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
), islands AS (
    SELECT *, sum(toUInt64(ended != first_offset OR hour != hour_before)) OVER (
        PARTITION BY log_id, partition ORDER BY first_offset
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
    FROM before
)
SELECT log_id, partition, first, next, 'joined', '', appended, last_appended, consumed, inserted,
    stored, duplicate, quarantined, ids,
    arrayMap(id -> ms.2[indexOf(ms.1, id)], ids), arrayMap(id -> md.2[indexOf(md.1, id)], ids),
    arrayMap(id -> mq.2[indexOf(mq.1, id)], ids), fresh, {claim:UInt64}
FROM (
    SELECT i.log_id AS log_id, i.partition AS partition, min(i.first_offset) AS first,
        max(i.next_offset) AS next, min(i.first_appended_at) AS appended,
        max(i.last_appended_at) AS last_appended, max(i.consumed_at) AS consumed,
        max(i.inserted_at) AS inserted, toInt64(sum(i.stored)) AS stored,
        toInt64(sum(i.duplicate)) AS duplicate, toInt64(sum(i.quarantined)) AS quarantined,
        arraySort(groupUniqArrayArray(i.project_ids)) AS ids,
        sumMap(i.project_ids, i.project_stored) AS ms, sumMap(i.project_ids, i.project_duplicate) AS md,
        sumMap(i.project_ids, i.project_quarantined) AS mq, sumForEach(i.freshness) AS fresh
    FROM islands AS i GROUP BY i.log_id, i.partition, i.island HAVING count() > 1
)";

impl Warehouse {
    /// Joins what was consumed before an instant (ms since the epoch).
    ///
    /// # Errors
    /// When the engine does not answer; run it again then.
    pub async fn join_ledger(&self, before: i64, owner: &str) -> Result<(), WarehouseError> {
        let only = BTreeSet::from([JOIN_PARTITION]);
        let claims = self.take_over(&only, owner).await?;
        let claim = claims.get(&JOIN_PARTITION).copied().unwrap_or(0);
        self.drop_joined().await?;
        let name = InsertName::new([claim]);
        self.statement(JOIN)
            .bind("before", before)
            .bind("claim", claim)
            .setting("log_comment", name.as_str())
            .within(JOB_TIME)
            .run()
            .await?;
        self.drop_joined().await
    }

    /// Deletes the rows that a joined one stands for.
    async fn drop_joined(&self) -> Result<(), WarehouseError> {
        let covered = "SELECT b.log_id, b.partition, b.first_offset FROM \
             (SELECT * FROM ingest_batches WHERE kind = 'batch') AS b ASOF JOIN \
             (SELECT log_id, partition, first_offset, next_offset AS until FROM ingest_batches \
             WHERE kind = 'joined') AS j ON b.log_id = j.log_id AND b.partition = j.partition \
             AND b.first_offset >= j.first_offset WHERE b.next_offset <= j.until";
        let count = self
            .statement(&format!("SELECT count() FROM ({covered})"))
            .number()
            .await?;
        if count == 0 {
            return Ok(());
        }
        self.statement(&format!(
            "ALTER TABLE ingest_batches DELETE WHERE kind = 'batch' \
             AND (log_id, partition, first_offset) IN ({covered})"
        ))
        .setting("mutations_sync", "1")
        .within(JOB_TIME)
        .run()
        .await
    }
}
