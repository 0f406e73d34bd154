//! Contract §1.4. Errors carry `code` and `message`: segment-analytics-python
//! repeats a request whose error lacks them.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Failure, faults, json_of};
use crate::intake::Outcome;

/// The answer of Segment's paths.
#[must_use]
pub fn answer(outcome: Outcome) -> Response {
    match outcome {
        Outcome::Stopped(stop) => failure(&stop.into()),
        Outcome::Judged(report) if report.valid_count() == 0 => {
            failure(&Failure::none_valid(&report))
        }
        Outcome::Judged(report) if !report.is_confirmed => failure(&Failure::unconfirmed()),
        Outcome::Judged(report) => {
            let rejected = faults(&report);
            let body = if rejected.is_empty() {
                json!({"success": true})
            } else {
                json!({"success": true, "rejected": rejected})
            };
            json_of(StatusCode::OK, None, &body)
        }
    }
}

fn failure(failure: &Failure) -> Response {
    let mut body = json!({
        "success": false,
        "code": failure.code,
        "message": failure.detail,
        "detail": failure.detail,
    });
    if !failure.errors.is_empty()
        && let Value::Object(members) = &mut body
    {
        let errors = serde_json::to_value(&failure.errors).unwrap_or_default();
        members.insert("errors".to_owned(), errors);
    }
    json_of(failure.status, failure.retry_after_seconds, &body)
}
