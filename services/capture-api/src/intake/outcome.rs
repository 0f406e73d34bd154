//! What became of a request, before it is told in a client's words.

use std::borrow::Cow;
use std::time::Duration;

use event_schema::reason::RejectReason;
use uuid::Uuid;

use crate::budget::Overloaded;
use crate::decode::{BodyError, Refused};
use crate::encoding::EncodingError;
use crate::http::body::ReadError;
use crate::rate::Exceeded;

/// The end of a request.
#[derive(Debug)]
pub enum Outcome {
    /// Its events were judged one by one.
    Judged(Report),
    /// It was refused as a whole.
    Stopped(Stop),
}

/// What became of each event.
#[derive(Debug)]
pub struct Report {
    /// One entry for each event, in order.
    pub events: Vec<EventOutcome>,
    /// Whether every valid event is durable.
    pub is_confirmed: bool,
    /// The ids that clients gave their events, where answers name them.
    pub client_ids: Vec<Option<String>>,
}

impl Report {
    /// How many events are durable, or would be.
    #[must_use]
    pub fn valid_count(&self) -> usize {
        self.events
            .iter()
            .filter(|event| event.refused().is_none())
            .count()
    }

    /// The refused events with their places.
    pub fn refused(&self) -> impl Iterator<Item = (usize, &Refused)> {
        self.events
            .iter()
            .enumerate()
            .filter_map(|(index, event)| event.refused().map(|refused| (index, refused)))
    }
}

/// What became of one event.
#[derive(Debug)]
pub enum EventOutcome {
    /// Valid, and durable.
    Stored {
        /// Its uuid.
        uuid: Uuid,
        /// Whether we made it.
        is_ours: bool,
    },
    /// Valid, and not confirmed by the transport.
    Unconfirmed {
        /// Its uuid.
        uuid: Uuid,
        /// Whether we made it.
        is_ours: bool,
    },
    /// Not valid.
    Refused(Refused),
}

impl EventOutcome {
    /// Why it was refused, if it was.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Stored { .. } | Self::Unconfirmed { .. } => None,
        }
    }

    /// Its uuid, if it is valid, and whether we made it.
    #[must_use]
    pub fn uuid(&self) -> Option<(Uuid, bool)> {
        match self {
            Self::Stored { uuid, is_ours } | Self::Unconfirmed { uuid, is_ours } => {
                Some((*uuid, *is_ours))
            }
            Self::Refused(_) => None,
        }
    }
}

/// Why a request was refused as a whole.
#[derive(Debug)]
pub enum Stop {
    /// No credential anywhere.
    MissingKey,
    /// The credential is no key.
    InvalidKey,
    /// A key that is not in memory; it may be a new one.
    UnknownKey(String),
    /// The key may not send events.
    NoScope,
    /// The key may not be used from this site.
    SiteNotAllowed,
    /// The body names another project.
    ProjectMismatch,
    /// A `GET` without data.
    NoBody,
    /// The body cannot be read.
    Invalid {
        /// The stable code.
        reason: RejectReason,
        /// What is wrong.
        detail: Cow<'static, str>,
    },
    /// Too many bytes or events.
    TooLarge {
        /// The stable code.
        reason: RejectReason,
        /// Which limit.
        detail: Cow<'static, str>,
    },
    /// A content encoding that we do not take.
    UnsupportedEncoding(String),
    /// The body did not come in time.
    TooSlow(Duration),
    /// The key has sent more than it may.
    RateLimited {
        /// When to come back.
        wait: Duration,
        /// The key's limit, in events a second.
        limit: u32,
    },
    /// No room, or keys not loaded: nothing was stored.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl From<EncodingError> for Stop {
    fn from(error: EncodingError) -> Self {
        let detail = error.to_string();
        match error {
            EncodingError::Unsupported(_) => Self::UnsupportedEncoding(detail),
            EncodingError::Broken(_) => Self::Invalid {
                reason: RejectReason::InvalidEncoding,
                detail: detail.into(),
            },
            EncodingError::TooLarge(_) => Self::TooLarge {
                reason: RejectReason::BodyTooLarge,
                detail: detail.into(),
            },
            EncodingError::Overloaded(_) => Self::Unavailable,
        }
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        let detail = error.to_string();
        match error {
            ReadError::TooLarge(_) => Self::TooLarge {
                reason: RejectReason::BodyTooLarge,
                detail: detail.into(),
            },
            ReadError::TooSlow(after) => Self::TooSlow(after),
            ReadError::Broken => Self::Invalid {
                reason: RejectReason::InvalidJson,
                detail: detail.into(),
            },
            ReadError::Overloaded(_) => Self::Unavailable,
        }
    }
}

impl From<BodyError> for Stop {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string().into();
        match error {
            BodyError::Invalid(_, reason) => Self::Invalid { reason, detail },
            BodyError::TooManyEvents(_) => Self::TooLarge {
                reason: RejectReason::TooManyEvents,
                detail,
            },
        }
    }
}

impl From<Overloaded> for Stop {
    fn from(_: Overloaded) -> Self {
        Self::Unavailable
    }
}

impl Stop {
    /// The limit of a key that was exceeded.
    pub(super) fn rate_limited(exceeded: Exceeded, limit: u32) -> Self {
        Self::RateLimited {
            wait: exceeded.0,
            limit,
        }
    }

    /// The reason under which it is counted, if it concerns what was sent.
    #[must_use]
    pub fn refused(&self) -> Option<Refused> {
        match self {
            Self::Invalid { reason, detail } | Self::TooLarge { reason, detail } => {
                Some(Refused::new(*reason, detail.clone()))
            }
            Self::UnsupportedEncoding(detail) => {
                Some(Refused::new(RejectReason::InvalidEncoding, detail.clone()))
            }
            Self::ProjectMismatch => Some(Refused::new(
                RejectReason::ProjectMismatch,
                "project_id: the key belongs to another project",
            )),
            Self::RateLimited { .. } => Some(Refused::new(
                RejectReason::RateLimited,
                "rate limit exceeded",
            )),
            _ => None,
        }
    }
}
