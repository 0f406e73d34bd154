//! A job as its project sees it.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The error of a job that somebody stopped.
pub(super) const CANCELLED: &str = "cancelled";

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Nobody has begun it.
    Pending,
    /// A worker runs it.
    Running,
    /// It has a result.
    Completed,
    /// It has an error; `cancelled` when somebody stopped it.
    Failed,
}

impl JobStatus {
    /// The name in the store and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Completed, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub project: ProjectId,
    /// The type of query.
    pub kind: String,
    /// The params, as JSON text.
    pub params: String,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// When it may be forgotten.
    pub expires_at: DateTime<Utc>,
}

/// A job in the store.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub project: ProjectId,
    /// The type of query.
    pub kind: String,
    /// The params, as JSON text.
    pub params: String,
    /// Where it stands.
    pub status: JobStatus,
    /// The part that is done, 0 to 1.
    pub progress: f32,
    /// The name of its statements in the engine, while it runs.
    pub tag: Option<Uuid>,
    /// The envelope of its result, as JSON text.
    pub result: Option<String>,
    /// What it died of, for programs.
    pub error_code: Option<String>,
    /// What it died of, for people.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it will be forgotten.
    pub expires_at: DateTime<Utc>,
}
