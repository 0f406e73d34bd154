//! Deleting what is older than it may become, so that the proof still holds.
//!
//! First the exact positions are written to `ingest_removed`, then the rows go.
//! Cut off in between, the next run writes the same positions again (bitmaps,
//! so nothing counts twice) and goes on. Only rows below the ledger's frontier
//! are touched: what is being settled is left alone.

use std::time::Duration;

use event_schema::ids::ProjectId;
use uuid::Uuid;

use crate::proof::BLOCK;
use crate::{Warehouse, WarehouseError};

/// The end of the times that events may have (2100-01-01); ms since the epoch.
const END_OF_TIME: i64 = 4_102_444_800_000;
/// How long one deletion may take.
const DELETE_TIME: Duration = Duration::from_secs(6 * 3600);

/// What is to go: events of one project, or of all but some, whose own time
/// lies before an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The project; `None` = every project but [`Self::except`].
    pub project: Option<ProjectId>,
    /// Projects with a rule of their own.
    pub except: Vec<ProjectId>,
    /// Events before this instant go; ms since the epoch.
    pub before: i64,
}

/// The rows that are meant, below the frontiers.
const CONDITION: &str = "timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC') \
     AND (project_id = {project:UUID} OR {all:UInt8}) AND project_id NOT IN {except:Array(UUID)} \
     AND kafka_offset < transform(concat(CAST(log_id, 'String'), '/', toString(kafka_partition)), \
     {logs:Array(String)}, {frontiers:Array(UInt64)}, toUInt64(0))";

/// How far the ledger goes in each log and partition.
type Frontiers = Vec<(String, u64)>;

impl Warehouse {
    /// Deletes what has expired. Answers how many rows went.
    ///
    /// # Errors
    /// When the engine does not answer; run it again then.
    pub async fn remove_expired(&self, expired: &Expired) -> Result<u64, WarehouseError> {
        self.remove(expired, "retention").await
    }

    /// Deletes all events of a project that are settled. Answers how many rows
    /// went; what is in flight comes after it, so run it until that is none.
    ///
    /// # Errors
    /// When the engine does not answer; run it again then.
    pub async fn erase(&self, project: ProjectId) -> Result<u64, WarehouseError> {
        let all = Expired {
            project: Some(project),
            except: Vec::new(),
            before: END_OF_TIME,
        };
        self.remove(&all, "erasure").await
    }

    async fn remove(&self, expired: &Expired, reason: &str) -> Result<u64, WarehouseError> {
        let frontiers: Frontiers = self
            .statement(
                "SELECT concat(CAST(log_id, 'String'), '/', toString(partition)) AS log, \
                 max(next_offset) AS next FROM ingest_batches WHERE kind NOT IN ('repair', 'replay') GROUP BY log",
            )
            .rows()
            .await?;
        let run = |verb: &str, rest: &str| self.of_expired(verb, rest, expired, &frontiers);
        let count = run("SELECT count() FROM events WHERE ", "")
            .number()
            .await?;
        if count == 0 {
            return Ok(0);
        }
        let note = format!(
            "INSERT INTO ingest_removed SELECT '{reason}', {{job:UUID}}, project_id, log_id, \
             kafka_partition, intDiv(kafka_offset, {BLOCK}) AS block, groupBitmapState(kafka_offset), \
             now64(3) FROM events WHERE "
        );
        run(
            &note,
            " GROUP BY project_id, log_id, kafka_partition, block",
        )
        .bind("job", Uuid::now_v7().to_string())
        .within(DELETE_TIME)
        .run()
        .await?;
        run("ALTER TABLE events DELETE WHERE ", "")
            .setting("mutations_sync", "1")
            .within(DELETE_TIME)
            .run()
            .await?;
        Ok(count)
    }

    fn of_expired(
        &self,
        verb: &str,
        rest: &str,
        expired: &Expired,
        frontiers: &Frontiers,
    ) -> crate::client::Statement {
        let project = expired.project.unwrap_or(ProjectId(Uuid::nil()));
        let except: Vec<String> = expired.except.iter().map(ToString::to_string).collect();
        let (logs, nexts): (Vec<&str>, Vec<u64>) = frontiers
            .iter()
            .map(|(log, next)| (log.as_str(), *next))
            .unzip();
        self.statement(&format!("{verb}{CONDITION}{rest}"))
            .bind("before", expired.before)
            .bind("project", project.to_string())
            .bind("all", u8::from(expired.project.is_none()))
            .bind("except", except)
            .bind("logs", logs)
            .bind("frontiers", nexts)
    }
}
