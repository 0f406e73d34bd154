//! How complete the warehouse is, read before a query's first statement.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;

/// Tells how complete the warehouse is. Not known is an answer: a query never
/// fails for it.
#[async_trait]
pub trait Freshness: Send + Sync + std::fmt::Debug {
    /// All events accepted before this instant are in the answer of every
    /// statement that begins after this returns, apart from the quarantined
    /// ones. `None` when that is not known.
    async fn complete_until(&self) -> Option<DateTime<Utc>>;

    /// The project's dead letters. Asked after [`Self::complete_until`], it
    /// names all that are missing before that instant. `None` when they cannot
    /// be counted: nothing is known to be complete then.
    async fn quarantined(&self, project: ProjectId) -> Option<u64>;
}
