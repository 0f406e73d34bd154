use std::time::Duration;

use thiserror::Error;

/// What is known about a record whose publication failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not in the log and will not appear there.
    NotStored,
    /// It may be in the log, or appear there later.
    Unknown,
}

/// Why a transport did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Too much is in flight already, or the list has reached its depth.
    #[error("transport is at its limit: {0}")]
    Full(String),
    /// The record is larger than the topic takes.
    #[error("record of {size} bytes is over the limit of {limit}")]
    TooLarge {
        /// Bytes of the record.
        size: usize,
        /// Bytes the topic takes.
        limit: usize,
    },
    /// No answer within the time: it may be stored or not.
    #[error("no confirmation in time, outcome unknown: {0}")]
    Unconfirmed(String),
    /// The transport cannot be reached or has lost its quorum; nothing was
    /// stored.
    #[error("transport unavailable: {0}")]
    Unavailable(String),
    /// The topic does not have that partition, as far as this process knows.
    #[error("unknown partition {partition} of {topic}")]
    UnknownPartition {
        /// Name of the topic on the wire.
        topic: String,
        /// The partition asked for.
        partition: u32,
    },
    /// The partition, or the list, belongs to another worker by now.
    #[error("no longer the owner: {0}")]
    NotOwner(String),
    /// It took longer than the caller allowed.
    #[error("not done within {0:?}")]
    Deadline(Duration),
    /// Refused for good: credentials, rights, a topic that is not there, a
    /// setting that is wrong.
    #[error("transport refused: {0}")]
    Refused(String),
    /// This transport has no such operation.
    #[error("not possible on this transport: {0}")]
    Unsupported(&'static str),
    /// The producer or consumer was closed.
    #[error("transport is closed")]
    Closed,
}

impl TransportError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Full(_)
            | Self::Unconfirmed(_)
            | Self::Unavailable(_)
            | Self::UnknownPartition { .. }
            | Self::Deadline(_) => true,
            Self::TooLarge { .. }
            | Self::NotOwner(_)
            | Self::Refused(_)
            | Self::Unsupported(_)
            | Self::Closed => false,
        }
    }

    /// What is known about the record.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unconfirmed(_) | Self::Deadline(_) => Outcome::Unknown,
            _ => Outcome::NotStored,
        }
    }

    /// Whether the record may be in the log although this is an error.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.outcome() == Outcome::Unknown
    }

    /// A short word for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::TooLarge { .. } => "too_large",
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Unavailable(_) => "unavailable",
            Self::UnknownPartition { .. } => "unknown_partition",
            Self::NotOwner(_) => "not_owner",
            Self::Deadline(_) => "deadline",
            Self::Refused(_) => "refused",
            Self::Unsupported(_) => "unsupported",
            Self::Closed => "closed",
        }
    }
}
