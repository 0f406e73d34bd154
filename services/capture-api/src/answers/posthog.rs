//! Contract §1.3: success is exactly 200 `{"status":"Ok"}`, because
//! posthog-python repeats after anything else.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Failure, faults, json_of, native};
use crate::intake::{EventOutcome, Outcome, Report};

/// The answer of PostHog's paths. A beacon's success has no body.
#[must_use]
pub fn answer(outcome: Outcome, is_beacon: bool) -> Response {
    match outcome {
        Outcome::Stopped(stop) => native::failure(&stop.into(), None),
        Outcome::Judged(report) if report.valid_count() == 0 => {
            native::failure(&Failure::none_valid(&report), None)
        }
        Outcome::Judged(report) if !report.is_confirmed => {
            native::failure(&Failure::unconfirmed(), Some(&report))
        }
        Outcome::Judged(_) if is_beacon => StatusCode::NO_CONTENT.into_response(),
        Outcome::Judged(report) => {
            let rejected = faults(&report);
            let body = if rejected.is_empty() {
                json!({"status": "Ok"})
            } else {
                json!({"status": "Ok", "rejected": rejected})
            };
            json_of(StatusCode::OK, None, &body)
        }
    }
}

/// The answer of `/i/v1/analytics/events`: one result an event, by its uuid.
/// It is a 200 as soon as one event is durable, or none will ever be; a 503
/// when the client should repeat everything.
#[must_use]
pub fn answer_by_id(outcome: Outcome) -> Response {
    let report = match outcome {
        Outcome::Stopped(stop) => return native::failure(&stop.into(), None),
        Outcome::Judged(report) => report,
    };
    let results = results(&report);
    let has_retry = !report.is_confirmed;
    let has_stored = report
        .events
        .iter()
        .any(|event| matches!(event, EventOutcome::Stored { .. }));
    if results.is_empty() {
        return native::failure(&Failure::none_valid(&report), None);
    }
    let status = if has_retry && !has_stored {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let retry_after = has_retry.then_some(super::RETRY_SECONDS);
    json_of(status, retry_after, &json!({"results": results}))
}

fn results(report: &Report) -> Map<String, Value> {
    let mut results = Map::new();
    for (index, event) in report.events.iter().enumerate() {
        let client_id = report.client_ids.get(index).cloned().flatten();
        let id = client_id.or_else(|| event.uuid().map(|(uuid, _)| uuid.to_string()));
        let Some(id) = id else {
            continue;
        };
        let result = match event {
            EventOutcome::Stored { .. } => json!({"result": "ok"}),
            EventOutcome::Unconfirmed { .. } => {
                json!({"result": "retry", "details": "not_persisted"})
            }
            EventOutcome::Refused(refused) => {
                json!({"result": "drop", "details": refused.reason.code()})
            }
        };
        results.insert(id, result);
    }
    results
}
