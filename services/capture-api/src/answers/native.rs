//! Contract §1.1.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Failure, faults, json, json_of};
use crate::intake::{Outcome, Report};

/// The answer to `POST /capture`.
#[must_use]
pub fn answer(outcome: Outcome) -> Response {
    match outcome {
        Outcome::Stopped(stop) => failure(&stop.into(), None),
        Outcome::Judged(report) if report.valid_count() == 0 => {
            failure(&Failure::none_valid(&report), None)
        }
        Outcome::Judged(report) if !report.is_confirmed => {
            failure(&Failure::unconfirmed(), Some(&report))
        }
        Outcome::Judged(report) => json(StatusCode::ACCEPTED, None, accepted(&report)),
    }
}

/// The contract's error body; the uuids when there are valid events.
pub(crate) fn failure(failure: &Failure, report: Option<&Report>) -> Response {
    let mut body = Map::new();
    body.insert("detail".to_owned(), Value::from(&*failure.detail));
    body.insert("code".to_owned(), Value::from(failure.code));
    if !failure.errors.is_empty() {
        let errors = serde_json::to_value(&failure.errors).unwrap_or_default();
        body.insert("errors".to_owned(), errors);
    }
    if let Some(report) = report {
        let rejected = serde_json::to_value(faults(report)).unwrap_or_default();
        body.insert("rejected".to_owned(), rejected);
        let uuids = report
            .events
            .iter()
            .map(|event| event.uuid().map(|(uuid, _)| uuid.to_string()))
            .map(Value::from)
            .collect();
        body.insert("uuids".to_owned(), Value::Array(uuids));
    }
    json_of(failure.status, failure.retry_after_seconds, &body)
}

/// The body of a 202, written directly: it is the answer to almost every
/// request.
fn accepted(report: &Report) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(b"{\"status\":\"accepted\",\"accepted\":");
    out.extend_from_slice(itoa::Buffer::new().format(report.valid_count()).as_bytes());
    out.extend_from_slice(b",\"rejected\":");
    let rejected = faults(report);
    if rejected.is_empty() {
        out.extend_from_slice(b"[]");
    } else {
        out.extend_from_slice(&serde_json::to_vec(&rejected).unwrap_or_default());
    }
    let has_made_one = report
        .events
        .iter()
        .any(|event| event.uuid().is_some_and(|(_, is_ours)| is_ours));
    if has_made_one {
        write_uuids(report, &mut out);
    }
    out.push(b'}');
    out
}

fn write_uuids(report: &Report, out: &mut Vec<u8>) {
    out.reserve(report.events.len() * 39 + 12);
    out.extend_from_slice(b",\"uuids\":[");
    let mut text = Uuid::encode_buffer();
    for (index, event) in report.events.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match event.uuid() {
            Some((uuid, _)) => {
                out.push(b'"');
                out.extend_from_slice(uuid.hyphenated().encode_lower(&mut text).as_bytes());
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use event_schema::reason::RejectReason;

    use super::*;
    use crate::decode::Refused;
    use crate::intake::EventOutcome;

    #[test]
    fn uuids_are_listed_when_one_is_ours() {
        let stored = |is_ours| EventOutcome::Stored {
            uuid: Uuid::from_u128(1),
            is_ours,
        };
        let refused = || {
            EventOutcome::Refused(Refused::new(
                RejectReason::EventNameMissing,
                "event: is \"x\"",
            ))
        };
        let report = |events| Report {
            events,
            is_confirmed: true,
            client_ids: Vec::new(),
        };
        let text = |events| String::from_utf8(accepted(&report(events))).unwrap();
        assert_eq!(
            text(vec![stored(false)]),
            r#"{"status":"accepted","accepted":1,"rejected":[]}"#
        );
        assert_eq!(
            text(vec![refused(), stored(true)]),
            r#"{"status":"accepted","accepted":1,"rejected":[{"index":0,"code":"event_name_missing","detail":"event: is \"x\""}],"uuids":[null,"00000000-0000-0000-0000-000000000001"]}"#
        );
    }
}
