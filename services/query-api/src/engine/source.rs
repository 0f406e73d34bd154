//! What a query reads from.

use async_trait::async_trait;
use warehouse::read::{ReadError, Row, Statement};

/// What is done with each row of a streamed answer: the row is one JSON array
/// as bytes. An error ends the read.
pub type EachLine<'a> = &'a mut (dyn FnMut(&[u8]) -> Result<(), ReadError> + Send);

/// Answers statements for one project.
///
/// Implemented by a run of the warehouse's `ProjectScope`; tests give rows of
/// their own.
#[async_trait]
pub trait Source: Send + Sync {
    /// Runs one statement and returns all its rows.
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ReadError>;

    /// Runs one statement and hands out its rows one by one as they arrive,
    /// for answers that are too long to be held. Their number is not limited.
    async fn lines(&self, statement: Statement, each: EachLine<'_>) -> Result<(), ReadError> {
        for row in self.rows(statement).await? {
            let line = serde_json::to_vec(&row)
                .map_err(|error| ReadError::Malformed(error.to_string()))?;
            each(&line)?;
        }
        Ok(())
    }
}
