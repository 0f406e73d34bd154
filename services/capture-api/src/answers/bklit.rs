//! Contract §1.2.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::{Failure, json_of};
use crate::decode::bklit::ReportKind;
use crate::intake::{Outcome, Stop};

/// The answer of Bklit's paths; `queued_id` is the id the event got.
#[must_use]
pub fn answer(outcome: Outcome, kind: ReportKind, queued_id: &str) -> Response {
    match outcome {
        Outcome::Stopped(stop) => stopped(stop),
        Outcome::Judged(report) if report.valid_count() == 0 => {
            failure(&Failure::none_valid(&report))
        }
        Outcome::Judged(report) if !report.is_confirmed => failure(&Failure::unconfirmed()),
        Outcome::Judged(_) => {
            let message = match kind {
                ReportKind::PageView | ReportKind::Event => "Event queued",
                ReportKind::SessionEnd => "Session end queued",
            };
            let body = json!({"message": message, "eventId": queued_id});
            json_of(StatusCode::OK, None, &body)
        }
    }
}

fn stopped(stop: Stop) -> Response {
    let word = match &stop {
        Stop::MissingKey => Some("Missing authorization"),
        Stop::InvalidKey | Stop::UnknownKey(_) => Some("Invalid token"),
        _ => None,
    };
    let limit = match &stop {
        Stop::RateLimited { limit, .. } => Some(*limit),
        _ => None,
    };
    let mut failed = Failure::from(stop);
    if let Some(word) = word {
        failed.detail = word.into();
    }
    let Some(limit) = limit else {
        return failure(&failed);
    };
    let body = json!({
        "message": failed.detail,
        "error": failed.detail,
        "currentUsage": limit,
        "limit": limit,
    });
    json_of(failed.status, failed.retry_after_seconds, &body)
}

fn failure(failure: &Failure) -> Response {
    let body = json!({"error": failure.detail, "code": failure.code});
    json_of(failure.status, failure.retry_after_seconds, &body)
}
