//! What a query reads from.

use async_trait::async_trait;
use warehouse::read::{ReadError, Row, Statement};

/// Answers statements for one project.
///
/// Implemented by a run of the warehouse's `ProjectScope`; tests give rows of
/// their own.
#[async_trait]
pub trait Source: Send + Sync {
    /// Runs one statement and returns all its rows.
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ReadError>;
}
