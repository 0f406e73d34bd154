//! What of one project is in the tables and not in the ledger yet.

use event_schema::ids::ProjectId;

use super::tiling::Tiled;
use crate::ledger::LogName;
use crate::{Warehouse, WarehouseError};

impl Warehouse {
    /// Records of a project beyond the frontiers, in the log that is written to:
    /// stored, recognised or set aside, and not accounted for yet. What is only
    /// in the log is not among them: a warehouse does not know of it.
    pub(super) async fn pending_of(
        &self,
        project: ProjectId,
        tiled: &[Tiled],
    ) -> Result<u64, WarehouseError> {
        // Of several lives of a log the latest is the one that is written to.
        let latest = tiled
            .iter()
            .max_by_key(|tiled| LogName::parse(&tiled.stretch.log_id).life);
        let Some(log) = latest.map(|tiled| &tiled.stretch.log_id) else {
            return Ok(0);
        };
        let of_log = tiled.iter().filter(|tiled| tiled.stretch.log_id == *log);
        let (partitions, nexts): (Vec<u32>, Vec<u64>) = of_log
            .map(|tiled| (tiled.stretch.partition, tiled.stretch.next))
            .unzip();
        let beyond = |p: &str, o: &str| {
            format!(
                "project_id = {{project:UUID}} AND log_id = {{log:String}} \
                 AND {o} >= transform({p}, {{partitions:Array(UInt32)}}, {{nexts:Array(UInt64)}}, 0)"
            )
        };
        let own = beyond("partition", "offset");
        let text = format!(
            "SELECT uniqExact(partition, offset) FROM ( \
             SELECT kafka_partition AS partition, kafka_offset AS offset FROM events WHERE {} \
             UNION ALL SELECT partition, offset FROM ingest_repeats WHERE {own} \
             UNION ALL SELECT partition, offset FROM ingest_quarantined WHERE {own})",
            beyond("kafka_partition", "kafka_offset"),
        );
        self.statement(&text)
            .bind("project", project.0.to_string())
            .bind("log", log)
            .bind("partitions", partitions)
            .bind("nexts", nexts)
            .number()
            .await
    }
}
