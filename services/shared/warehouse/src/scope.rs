//! The only way to read events.
//!
//! A [`ProjectScope`] is made for the project of a credential and holds every
//! read to it, twice over: it writes the project's condition into each
//! statement and refuses one that leaves no place for it, and it gives the
//! engine a filter on every table of tenants' data, which holds whatever the
//! statement says.

use crate::Warehouse;
use crate::read::{
    Document, FORMAT, Progress, ReadError, ReadLimits, Row, STREAM_FORMAT, Statement, classify,
    parse,
};
use clickhouse::Client;
use clickhouse::query::Query;
use event_schema::ids::ProjectId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// The place in a statement that the project's condition takes.
const PROJECT: &str = "{{project}}";
/// The start of such a place for a table with an alias: `{{project:e}}`.
const PROJECT_OF: &str = "{{project:";

/// The tables that hold tenants' rows, each with a column `project_id`.
const TENANT_TABLES: &[&str] = &[
    "events",
    "ingest_repeats",
    "ingest_quarantined",
    "ingest_removed",
    "ingest_refused",
];

/// Reads one project's events. Cheap to clone.
#[derive(Clone)]
pub struct ProjectScope {
    client: Client,
    database: Arc<str>,
    project: ProjectId,
}

impl std::fmt::Debug for ProjectScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProjectScope")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

/// What the engine expects to read for a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Rows, skip indexes taken into account.
    pub rows: u64,
    /// Bytes of the columns that the statement names, uncompressed; roughly.
    pub bytes: u64,
}

impl ProjectScope {
    /// The scope of `project`, which must come from a credential.
    pub fn new(warehouse: &Warehouse, project: ProjectId) -> Self {
        Self {
            client: warehouse.client().clone(),
            database: warehouse.database().into(),
            project,
        }
    }

    /// The project.
    pub fn project(&self) -> ProjectId {
        self.project
    }

    /// The client, for what belongs to no tenant.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Begins the reads of one query. `tag` names them to the engine: whoever
    /// knows it can ask how far they are, and stop them.
    pub fn reading(&self, tag: Uuid, limits: ReadLimits) -> Reading {
        Reading {
            scope: self.clone(),
            tag,
            limits,
            rows_read: AtomicU64::new(0),
            bytes_read: AtomicU64::new(0),
        }
    }

    /// The rows that the engine would read for `statement`.
    pub async fn estimate(&self, statement: &Statement) -> Result<Estimate, ReadError> {
        let limits = ReadLimits::default();
        let text = format!("EXPLAIN ESTIMATE {}", statement.text());
        let query = self.prepare(&text, statement, &limits, Uuid::new_v4())?;
        let document = fetch(query, &limits).await?;
        // database, table, parts, rows, marks
        let rows = document
            .data
            .iter()
            .filter_map(|row| row.get(3)?.as_u64())
            .sum();
        Ok(Estimate {
            rows,
            bytes: rows.saturating_mul(BYTES_A_ROW),
        })
    }

    /// How far the statements of the reads named `tag` are.
    pub async fn progress(&self, tag: Uuid) -> Result<Progress, ReadError> {
        crate::read::progress(&self.client, tag).await
    }

    /// Stops the statements of the reads named `tag`, in whatever process they
    /// were begun.
    pub async fn stop(&self, tag: Uuid) -> Result<(), ReadError> {
        crate::read::stop(&self.client, tag).await
    }

    fn prepare(
        &self,
        text: &str,
        statement: &Statement,
        limits: &ReadLimits,
        tag: Uuid,
    ) -> Result<Query, ReadError> {
        let text = scoped(text)?;
        let mut query = self
            .client
            .query_raw(&text)
            .with_setting("additional_table_filters", self.filters())
            .with_setting("log_comment", tag.to_string())
            .with_setting("output_format_json_quote_64bit_integers", "0")
            .with_setting("output_format_json_quote_denormals", "0");
        for (name, value) in limits.settings() {
            query = query.with_setting(name, value);
        }
        for (name, value) in statement.settings() {
            query = query.with_setting(*name, value.clone());
        }
        for (name, value) in statement.params() {
            query = query.param(name, value);
        }
        Ok(query.param("project", self.project.0.to_string()))
    }

    /// The engine's own filter: every table of tenants' rows, cut to the
    /// project. The only value in it is a UUID of ours.
    fn filters(&self) -> String {
        let filters: Vec<String> = TENANT_TABLES
            .iter()
            .map(|table| {
                format!(
                    "'{}.{table}':'project_id = toUUID(\\'{}\\')'",
                    self.database, self.project
                )
            })
            .collect();
        format!("{{{}}}", filters.join(","))
    }
}

/// What a row of events holds in the columns that a query usually reads.
const BYTES_A_ROW: u64 = 40;

/// The reads of one query, run under one tag and the same limits. Dropping a
/// read in flight stops it in the engine.
#[derive(Debug)]
pub struct Reading {
    scope: ProjectScope,
    tag: Uuid,
    limits: ReadLimits,
    rows_read: AtomicU64,
    bytes_read: AtomicU64,
}

impl Reading {
    /// Runs one statement and returns all its rows.
    pub async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, ReadError> {
        let query = self
            .scope
            .prepare(statement.text(), statement, &self.limits, self.tag)?;
        let in_flight = InFlight::begin(&self.scope.client, self.tag);
        let answer = fetch(query, &self.limits).await;
        in_flight.end();
        let document = answer?;
        self.rows_read
            .fetch_add(document.statistics.rows_read, Ordering::Relaxed);
        self.bytes_read
            .fetch_add(document.statistics.bytes_read, Ordering::Relaxed);
        Ok(document.data)
    }

    /// Runs one statement and hands out its answer in `RowBinary`, piece by
    /// piece as it arrives. The number of its rows is not limited: nothing is
    /// held. For statements that group.
    pub async fn stream(
        &self,
        statement: &Statement,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send),
    ) -> Result<(), ReadError> {
        let query = self
            .scope
            .prepare(statement.text(), statement, &self.limits, self.tag)?
            .with_setting("max_result_rows", "0");
        let in_flight = InFlight::begin(&self.scope.client, self.tag);
        let mut cursor = query
            .fetch_bytes(STREAM_FORMAT)
            .map_err(|error| classify(error, &self.limits))?;
        while let Some(bytes) = cursor
            .next()
            .await
            .map_err(|error| classify(error, &self.limits))?
        {
            each(&bytes)?;
        }
        in_flight.end();
        // The head of the answer says how much was read until then: all of it,
        // since groups are complete only when everything is read.
        let rows = cursor.summary().and_then(|summary| summary.read_rows());
        self.rows_read
            .fetch_add(rows.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// Rows read so far, over all its statements.
    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }

    /// Bytes read so far, uncompressed.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The name of these reads in the engine.
    pub fn tag(&self) -> Uuid {
        self.tag
    }

    /// The scope they run in.
    pub fn scope(&self) -> &ProjectScope {
        &self.scope
    }
}

/// A statement that the engine is working on. Dropped before its end, it is
/// stopped there too: a client that left costs nothing more.
struct InFlight {
    client: Client,
    tag: Uuid,
    ended: bool,
}

impl InFlight {
    fn begin(client: &Client, tag: Uuid) -> Self {
        Self {
            client: client.clone(),
            tag,
            ended: false,
        }
    }

    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (client, tag) = (self.client.clone(), self.tag);
        runtime.spawn(async move {
            if let Err(error) = crate::read::stop(&client, tag).await {
                tracing::warn!(%tag, error = &error as &dyn std::error::Error,
                    "an abandoned query could not be stopped");
            }
        });
    }
}

async fn fetch(query: Query, limits: &ReadLimits) -> Result<Document, ReadError> {
    let mut cursor = query
        .fetch_bytes(FORMAT)
        .map_err(|error| classify(error, limits))?;
    let bytes = cursor
        .collect()
        .await
        .map_err(|error| classify(error, limits))?;
    parse(&bytes)
}

/// The text with the project's condition in its places.
fn scoped(text: &str) -> Result<String, ReadError> {
    let has_place = text.contains(PROJECT) || text.contains(PROJECT_OF);
    // The engine's filter does not reach through the table functions of the
    // family of `merge`.
    if !has_place || text.to_ascii_lowercase().contains("merge") {
        return Err(ReadError::Unscoped);
    }
    let text = text.replace(PROJECT, "project_id = {project:UUID}");
    let mut parts = text.split(PROJECT_OF);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (alias, rest) = part.split_once("}}").ok_or(ReadError::Unscoped)?;
        whole.push_str(alias);
        whole.push_str(".project_id = {project:UUID}");
        whole.push_str(rest);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::scoped;

    #[test]
    fn every_place_is_filled() {
        assert_eq!(
            scoped("SELECT 1 FROM events WHERE {{project}} AND x").unwrap(),
            "SELECT 1 FROM events WHERE project_id = {project:UUID} AND x"
        );
        assert_eq!(
            scoped("FROM events e WHERE {{project:e}} JOIN events f ON {{project:f}}").unwrap(),
            "FROM events e WHERE e.project_id = {project:UUID} JOIN events f ON f.project_id = {project:UUID}"
        );
    }

    #[test]
    fn a_statement_without_the_project_is_refused() {
        assert!(scoped("SELECT count() FROM events").is_err());
        assert!(scoped("SELECT 1 FROM events e WHERE {{project:e").is_err());
        assert!(scoped("SELECT 1 FROM Merge('d', 'events') WHERE {{project}}").is_err());
    }
}
