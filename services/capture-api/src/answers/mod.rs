//! The outcome in the words that each family of clients understands.

pub mod bklit;

pub mod native;

pub mod posthog;

pub mod segment;

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use event_schema::reason::RejectReason;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::decode::Refused;
use crate::intake::{Report, Stop};

/// Seconds after which a client should repeat what was not stored.
const RETRY_SECONDS: u64 = 1;
/// What a 503 says.
const UNAVAILABLE: &str = "Event ingestion temporarily unavailable";

/// An answer that is not success, before a family puts it into its own shape.
#[derive(Debug)]
pub(crate) struct Failure {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: Cow<'static, str>,
    pub retry_after_seconds: Option<u64>,
    pub errors: Vec<Fault>,
}

/// One refused event, as `rejected` and `errors` list it.
#[derive(Debug, Serialize)]
pub(crate) struct Fault {
    /// Its place; `null` for a fault of the whole body.
    pub index: Option<usize>,
    pub code: &'static str,
    pub detail: Cow<'static, str>,
}

impl Fault {
    fn new(index: Option<usize>, refused: &Refused) -> Self {
        Self {
            index,
            code: refused.reason.code(),
            detail: refused.detail.clone(),
        }
    }
}

/// The refused events of a report.
pub(crate) fn faults(report: &Report) -> Vec<Fault> {
    report
        .refused()
        .map(|(index, refused)| Fault::new(Some(index), refused))
        .collect()
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_seconds: None,
            errors: Vec::new(),
        }
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// A request of which nothing was stored because nothing in it is valid.
    pub(crate) fn none_valid(report: &Report) -> Self {
        let errors = faults(report);
        let is_foreign = report
            .refused()
            .all(|(_, refused)| refused.reason == RejectReason::ProjectMismatch);
        let status = if is_foreign {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::BAD_REQUEST
        };
        let (code, detail) = match errors.first() {
            Some(first) => (first.code, first.detail.clone()),
            None => (
                RejectReason::EmptyBatch.code(),
                Cow::Borrowed("the batch is empty"),
            ),
        };
        Self {
            errors,
            ..Self::new(status, code, detail)
        }
    }

    /// Valid events that the transport did not confirm.
    pub(crate) fn unconfirmed() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", UNAVAILABLE)
            .retry_after(RETRY_SECONDS)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::MissingKey => Self::new(
                StatusCode::UNAUTHORIZED,
                "missing_api_key",
                "Missing API key",
            ),
            Stop::InvalidKey | Stop::UnknownKey(_) => Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid_api_key",
                "Invalid API key",
            ),
            Stop::NoScope => Self::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "The key has no scope `capture`",
            ),
            Stop::SiteNotAllowed => Self::new(
                StatusCode::FORBIDDEN,
                RejectReason::OriginNotAllowed.code(),
                "The key may not be used from this site",
            ),
            Stop::ProjectMismatch => Self::new(
                StatusCode::FORBIDDEN,
                RejectReason::ProjectMismatch.code(),
                "project_id: the key belongs to another project",
            ),
            Stop::NoBody => invalid(RejectReason::InvalidJson, "data: is required".into()),
            Stop::Invalid { reason, detail } => invalid(reason, detail),
            Stop::TooLarge { reason, detail } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, reason.code(), detail)
            }
            Stop::UnsupportedEncoding(detail) => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                RejectReason::InvalidEncoding.code(),
                detail,
            ),
            Stop::TooSlow(after) => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "timed_out",
                format!("the body was not complete within {} s", after.as_secs()),
            ),
            Stop::RateLimited { wait, .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                RejectReason::RateLimited.code(),
                "Rate limit exceeded",
            )
            .retry_after(whole_seconds(wait)),
            Stop::Unavailable => Self::unconfirmed(),
            Stop::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "internal error",
            ),
        }
    }
}

fn invalid(reason: RejectReason, detail: Cow<'static, str>) -> Failure {
    let refused = Refused::new(reason, detail.clone());
    Failure {
        errors: vec![Fault::new(None, &refused)],
        ..Failure::new(StatusCode::BAD_REQUEST, reason.code(), detail)
    }
}

/// Whole seconds, rounded up: coming back earlier would be in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// A JSON answer; `body` was written by us and is JSON.
pub(crate) fn json(
    status: StatusCode,
    retry_after_seconds: Option<u64>,
    body: Vec<u8>,
) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    if let Some(seconds) = retry_after_seconds {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A JSON answer from any serialisable value.
pub(crate) fn json_of(
    status: StatusCode,
    retry_after_seconds: Option<u64>,
    body: &impl Serialize,
) -> Response {
    // Our own types serialise; an empty body would be a bug, not a panic.
    let body = serde_json::to_vec(body).unwrap_or_default();
    json(status, retry_after_seconds, body)
}
