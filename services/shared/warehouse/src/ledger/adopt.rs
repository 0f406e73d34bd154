//! Taking rows into the ledger that a list's former worker had stored and not
//! written down.

use crate::{LogPosition, Warehouse, WarehouseError};

/// One ledger row for each position of a list beyond the frontier.
const ADOPT: &str = "
INSERT INTO ingest_batches (log_id, partition, first_offset, next_offset, kind, note,
    first_appended_at, last_appended_at, consumed_at, inserted_at, stored, duplicate, quarantined,
    project_ids, project_stored, project_duplicate, project_quarantined, freshness, claim)
SELECT log_id, partition, offset, offset + 1, 'batch', 'adopted', arrived, arrived, arrived, now64(3),
    s, d, q, [project_id], [s], [d], [q], emptyArrayUInt64(), {claim:UInt64}
FROM (
    SELECT log_id, kafka_partition AS partition, kafka_offset AS offset, project_id,
        arrived_at AS arrived, toInt64(1) AS s, toInt64(0) AS d, toInt64(0) AS q
    FROM events WHERE log_id = {log:String} AND kafka_partition = {partition:UInt32}
        AND kafka_offset >= {from:UInt64}
    UNION ALL SELECT log_id, partition, offset, project_id, arrived_at, 0, 1, 0
    FROM ingest_repeats WHERE log_id = {log:String} AND partition = {partition:UInt32}
        AND offset >= {from:UInt64}
    UNION ALL SELECT log_id, partition, offset, project_id, arrived_at, 0, 0, 1
    FROM ingest_quarantined WHERE log_id = {log:String} AND partition = {partition:UInt32}
        AND offset >= {from:UInt64}
)";

impl Warehouse {
    /// Writes into the ledger what the tables have of list `log_id` from a
    /// position on, all of it or nothing, under `claim`.
    ///
    /// # Errors
    /// When the engine does not answer; the next take-over does it then.
    pub async fn adopt_beyond(
        &self,
        log_id: &str,
        from: LogPosition,
        claim: u64,
    ) -> Result<(), WarehouseError> {
        self.statement(ADOPT)
            .bind("log", log_id)
            .bind("partition", from.partition)
            .bind("from", from.offset)
            .bind("claim", claim)
            .run()
            .await
    }
}
