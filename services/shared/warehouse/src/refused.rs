//! What capture refused, as the operator's page reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use event_schema::ids::ProjectId;
use serde::Serialize;
use uuid::Uuid;

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{Warehouse, WarehouseError};

/// Refusals of one kind in one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The project.
    pub project_id: ProjectId,
    /// The code of the reason.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Start of the window, ms since the epoch.
    pub window_start: i64,
    /// End of the window, ms since the epoch.
    pub window_end: i64,
    /// The reason in words.
    pub detail: String,
    /// One of them.
    pub example: String,
    /// Where the summary stands in its topic.
    pub partition: u32,
    /// Likewise.
    pub offset: u64,
}

impl Serialize for Refused {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            project_id: Uuid,
            reason: &'a str,
            count: u64,
            window_start: Millis,
            window_end: Millis,
            detail: &'a str,
            example: &'a str,
            partition: u32,
            offset: u64,
        }
        Row {
            project_id: self.project_id.0,
            reason: &self.reason,
            count: self.count,
            window_start: Millis(self.window_start),
            window_end: Millis(self.window_end),
            detail: &self.detail,
            example: &self.example,
            partition: self.partition,
            offset: self.offset,
        }
        .serialize(serializer)
    }
}

impl Warehouse {
    /// Stores summaries; a summary that is there already counts once (read the
    /// table with FINAL).
    pub async fn insert_refused(&self, rows: &[Refused]) -> InsertOutcome {
        if rows.is_empty() {
            return InsertOutcome::Stored;
        }
        let name = InsertName::new([]);
        self.insert_rows("ingest_refused", rows, &name, Duration::from_secs(30))
            .await
    }

    /// The offset after the last summary of each partition that is stored.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn refused_frontier(&self) -> Result<BTreeMap<u32, u64>, WarehouseError> {
        let rows: Vec<(u32, u64)> = self
            .statement(
                "SELECT partition, max(offset) + 1 AS next FROM ingest_refused GROUP BY partition",
            )
            .rows()
            .await?;
        Ok(rows.into_iter().collect())
    }
}
