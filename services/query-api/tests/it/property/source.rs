//! The project's events on the real engine.

use async_trait::async_trait;
use event_schema::ids::ProjectId;
use query_api::engine::{EachPiece, Source};
use uuid::Uuid;
use warehouse::read::{ReadError, ReadLimits, Row, Statement};
use warehouse::scope::ProjectScope;
use warehouse::testing::TestWarehouse;

/// Reads of one project.
#[derive(Debug)]
pub(crate) struct TestSource {
    scope: ProjectScope,
}

impl TestSource {
    pub(crate) fn new(warehouse: &TestWarehouse, project: ProjectId) -> Self {
        Self {
            scope: ProjectScope::new(warehouse.warehouse(), project),
        }
    }
}

#[async_trait]
impl Source for TestSource {
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ReadError> {
        let reading = self.scope.reading(Uuid::new_v4(), ReadLimits::default());
        reading.rows(&statement).await
    }

    async fn stream(&self, statement: Statement, each: EachPiece<'_>) -> Result<(), ReadError> {
        let reading = self.scope.reading(Uuid::new_v4(), ReadLimits::default());
        reading.stream(&statement, each).await
    }
}
