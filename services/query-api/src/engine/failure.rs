//! Why a query has no answer, as its caller is told.

use crate::query::{Fault, RunError};
use warehouse::read::ReadError;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The request is wrong, in these places.
    #[error("the request is invalid")]
    Invalid(Vec<Fault>),
    /// It costs more than it may.
    #[error("the query needs more {limit} than it may use")]
    TooExpensive {
        /// What it needs too much of: `rows`, `memory_bytes`, `result_rows`.
        limit: &'static str,
        /// How much it may use.
        allowed: u64,
        /// How much it would need, where that is known.
        needed: Option<u64>,
    },
    /// Too many queries run already.
    #[error("too many queries are running")]
    Busy,
    /// It took longer than it may.
    #[error("the query took longer than {seconds} s")]
    TimedOut {
        /// How long it may take.
        seconds: u64,
    },
    /// Somebody stopped it.
    #[error("cancelled")]
    Cancelled,
    /// The warehouse cannot be reached.
    #[error("the warehouse is unavailable")]
    Unavailable,
    /// A fault of ours, logged where it happened.
    #[error("internal error")]
    Internal,
}

impl Failure {
    /// The stable code of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::TooExpensive { .. } => "too_expensive",
            Self::Busy => "busy",
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// One sentence for people.
    pub fn detail(&self) -> String {
        match self {
            Self::Invalid(faults) => faults.first().map_or_else(
                || self.to_string(),
                |fault| format!("{}: {}", fault.path, fault.detail),
            ),
            other => other.to_string(),
        }
    }

    /// Whether the same query may have an answer a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable)
    }

    /// What would fit, for a query that costs too much.
    pub const HINT: &'static str =
        "ask for it as a job (POST /api/query/async) or shorten the range";
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Read(error) => Self::from(error),
            RunError::Rejected(faults) => Self::Invalid(faults),
            RunError::Shape(detail) => {
                tracing::error!(%detail, "the engine's rows are not what the query promised");
                Self::Internal
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let too_expensive = |limit, allowed| Self::TooExpensive {
            limit,
            allowed,
            needed: None,
        };
        match error {
            ReadError::TooManyRows { allowed } => too_expensive("rows", allowed),
            ReadError::TooMuchMemory { allowed } => too_expensive("memory_bytes", allowed),
            ReadError::TooManyResultRows { allowed } => too_expensive("result_rows", allowed),
            ReadError::TimedOut { seconds } => Self::TimedOut { seconds },
            ReadError::Cancelled => Self::Cancelled,
            ReadError::Busy => Self::Busy,
            ReadError::InvalidRegex(detail) => Self::Invalid(vec![Fault {
                path: "params.filters".to_owned(),
                code: "invalid_regex",
                detail,
            }]),
            ReadError::Unavailable(source) => {
                tracing::warn!(error = %service_kit::lifecycle::chain(&source), "the warehouse is unavailable");
                Self::Unavailable
            }
            error @ (ReadError::Unscoped | ReadError::Malformed(_) | ReadError::Refused { .. }) => {
                tracing::error!(error = %service_kit::lifecycle::chain(&error), "a query of ours failed");
                Self::Internal
            }
        }
    }
}
