//! The forms a body may have, one for each family of endpoints.

use std::borrow::Cow;

use bytes::Bytes;

use crate::budget::Reservation;
use crate::decode::{Batch, BodyError, Limits, bklit, native, posthog, segment};
use crate::encoding::EncodingError;
use crate::metrics::Family;

/// How a body is to be read, with what the request line and headers say about
/// it.
#[derive(Debug)]
pub enum Form {
    /// `POST /capture`
    Native,
    /// PostHog's paths.
    PostHog {
        /// The query string.
        parameters: posthog::Parameters,
        /// Whether it is `/engage/`.
        is_engage: bool,
    },
    /// PostHog's newest clients.
    PostHogV1 {
        /// Name and version of the SDK.
        library: Option<(String, String)>,
        /// When it was sent, in milliseconds since the epoch.
        sent_at_ms: Option<i64>,
    },
    /// Segment's paths.
    Segment {
        /// The call that the path names; on `/v1/batch` each entry does.
        call: Option<segment::Call>,
    },
    /// Bklit's paths.
    Bklit {
        /// Which of them.
        kind: bklit::ReportKind,
        /// The id the event is queued under.
        queued_id: String,
    },
}

impl Form {
    /// The clients that use it.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Native => Family::Native,
            Self::PostHog { .. } | Self::PostHogV1 { .. } => Family::PostHog,
            Self::Segment { .. } => Family::Segment,
            Self::Bklit { .. } => Family::Bklit,
        }
    }

    /// The body of a `GET`, or of a `POST` that has none, from its query string.
    pub(super) fn data_of_query(&self) -> Option<Bytes> {
        match self {
            Self::PostHog { parameters, .. } => parameters
                .data
                .as_ref()
                .map(|data| Bytes::from(data.clone())),
            _ => None,
        }
    }

    /// When the request says that it was sent, outside its body.
    pub(super) fn sent_at_ms(&self) -> Option<i64> {
        match self {
            Self::PostHog { parameters, .. } => parameters.sent_at_ms,
            Self::PostHogV1 { sent_at_ms, .. } => *sent_at_ms,
            _ => None,
        }
    }

    /// Whether the answer names each event by the id its client gave it.
    pub(super) fn answers_by_id(&self) -> bool {
        matches!(self, Self::PostHogV1 { .. })
    }

    /// What is wrapped around the JSON, undone.
    pub(super) fn unwrap<'a>(
        &self,
        body: Cow<'a, [u8]>,
        bytes_max: usize,
        memory: &mut Reservation,
    ) -> Result<Cow<'a, [u8]>, EncodingError> {
        match self {
            Self::PostHog { parameters, .. } => {
                posthog::unwrap(body, parameters.is_lz64, bytes_max, memory)
            }
            _ => Ok(body),
        }
    }

    /// The events of the unwrapped body.
    pub(super) fn decode<'a>(
        &'a self,
        body: &'a [u8],
        limits: &Limits,
    ) -> Result<Batch<'a>, BodyError> {
        match self {
            Self::Native => native::decode(body, limits),
            Self::PostHog { is_engage, .. } => posthog::decode(body, *is_engage, limits),
            Self::PostHogV1 { library, .. } => {
                let library = library
                    .as_ref()
                    .map(|(name, version)| (name.as_str(), version.as_str()));
                posthog::decode_v1(body, library, limits)
            }
            Self::Segment { call } => segment::decode(body, *call, limits),
            Self::Bklit { kind, queued_id } => {
                let report = bklit::Report {
                    kind: *kind,
                    queued_id,
                };
                bklit::decode(body, report, limits)
            }
        }
    }
}
