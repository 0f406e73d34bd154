//! How complete the warehouse is, read before a query's first statement.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;

/// How complete the warehouse is for a project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Complete {
    /// All events accepted before this instant are queryable, apart from the
    /// quarantined ones. `None` when that is not known.
    pub until: Option<DateTime<Utc>>,
    /// Dead letters of the project.
    pub quarantined: u64,
}

/// Tells how complete the warehouse is.
#[async_trait]
pub trait Freshness: Send + Sync + std::fmt::Debug {
    /// What holds for every statement that begins after this returns. Not
    /// known is an answer: a query never fails for it.
    async fn complete(&self, project: ProjectId) -> Complete;
}
