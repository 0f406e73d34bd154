//! What a query reads from.

use super::Cache;
use async_trait::async_trait;
use std::sync::Arc;
use warehouse::read::{ReadError, Row, Statement};
use warehouse::scope::Reading;

/// What is done with each piece of a streamed answer in `RowBinary`. An error
/// ends the read.
pub type EachPiece<'a> = &'a mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send);

/// Answers statements for one project.
///
/// Implemented by a run of the warehouse's `ProjectScope`; tests give rows of
/// their own.
#[async_trait]
pub trait Source: Send + Sync {
    /// Runs one statement and returns all its rows.
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ReadError>;

    /// Runs one statement and hands out its answer in `RowBinary` as it arrives,
    /// for answers that are too long to be held. The number of rows is not
    /// limited.
    async fn stream(&self, statement: Statement, each: EachPiece<'_>) -> Result<(), ReadError>;
}

/// The reads of one query in its project's scope.
#[derive(Debug)]
pub struct ScopedSource {
    reading: Reading,
    cache: Arc<Cache>,
    topic: Arc<str>,
}

impl ScopedSource {
    /// The reads of `reading`; what else is known of the project is in `cache`'s
    /// Redis; events travel on `topic`.
    pub(super) fn new(reading: Reading, cache: Arc<Cache>, topic: Arc<str>) -> Self {
        Self {
            reading,
            cache,
            topic,
        }
    }

    /// The reads, for what is asked of the warehouse in whole.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The name of the topic that events travel on.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The sessions that are open right now, where the realtime service knows
    /// them.
    pub async fn open_sessions(&self) -> Option<u64> {
        let project = self.reading.scope().project();
        self.cache.count(&format!("live:sessions:{project}")).await
    }
}

#[async_trait]
impl Source for ScopedSource {
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ReadError> {
        self.reading.rows(&statement).await
    }

    async fn stream(&self, statement: Statement, each: EachPiece<'_>) -> Result<(), ReadError> {
        self.reading.stream(&statement, each).await
    }
}
