use event_schema::ids::ProjectId;
use identity::Scopes;

use super::*;
use crate::decode::{BodyError, Limits, native, posthog};

const LIMITS: Limits = Limits {
    event_bytes_max: 1 << 20,
    batch_events_max: 10,
    nesting_max: 64,
};
/// 2026-01-31T12:00:00.000Z
const NOW: i64 = 1_769_860_800_000;

fn key() -> KeyInfo {
    KeyInfo::new(ProjectId(Uuid::from_u128(7)), "shop", Scopes::CAPTURE)
}

fn accept_native(body: &str) -> Result<Accepted<'_>, Refused> {
    accept_from(native::decode(body.as_bytes(), &LIMITS))
}

fn accept_posthog(body: &str) -> Result<Accepted<'_>, Refused> {
    accept_from(posthog::decode(body.as_bytes(), false, &LIMITS))
}

fn accept_from<'a>(
    decoded: Result<crate::decode::Batch<'a>, BodyError>,
) -> Result<Accepted<'a>, Refused> {
    let batch = decoded.unwrap();
    let key = key();
    let arrival = Arrival {
        key: &key,
        received_at: NOW,
        sent_at: None,
        is_clock_trusted: batch.is_clock_trusted,
    };
    let incoming = batch.events.into_iter().next().unwrap().event?;
    accept(incoming, &arrival, &mut IdMaker::new(NOW))
}

fn reason(body: &str) -> RejectReason {
    accept_native(body).unwrap_err().reason
}

#[test]
fn a_minimal_event_gets_time_and_id() {
    let event = accept_native(r#"{"event":"  signup ","distinct_id":12.50}"#).unwrap();
    assert_eq!(event.name, "signup");
    assert_eq!(event.distinct_id, "12.50");
    assert_eq!(event.timestamp, NOW);
    assert!(event.is_uuid_ours);
    assert_eq!(event.properties, "{}");
}

#[test]
fn names_and_persons_are_judged() {
    let long = "x".repeat(201);
    for (body, expected) in [
        (
            r#"{"distinct_id":"d"}"#.to_owned(),
            RejectReason::EventNameMissing,
        ),
        (
            r#"{"event":7,"distinct_id":"d"}"#.to_owned(),
            RejectReason::EventNameMissing,
        ),
        (
            r#"{"event":" ","distinct_id":"d"}"#.to_owned(),
            RejectReason::EventNameMissing,
        ),
        (
            format!(r#"{{"event":"{long}","distinct_id":"d"}}"#),
            RejectReason::EventNameTooLong,
        ),
        (
            r#"{"event":"\ud800","distinct_id":"d"}"#.to_owned(),
            RejectReason::InvalidText,
        ),
        (
            r#"{"event":"e"}"#.to_owned(),
            RejectReason::DistinctIdMissing,
        ),
        (
            r#"{"event":"e","distinct_id":null}"#.to_owned(),
            RejectReason::DistinctIdMissing,
        ),
        (
            r#"{"event":"e","distinct_id":"undefined"}"#.to_owned(),
            RejectReason::DistinctIdMissing,
        ),
        (
            r#"{"event":"e","distinct_id":"[object Object]"}"#.to_owned(),
            RejectReason::DistinctIdMissing,
        ),
        (
            r#"{"event":"e","distinct_id":{}}"#.to_owned(),
            RejectReason::DistinctIdInvalid,
        ),
        (
            format!(r#"{{"event":"e","distinct_id":"{long}{long}"}}"#),
            RejectReason::DistinctIdTooLong,
        ),
        (
            r#"{"event":"e","distinct_id":"d","properties":[]}"#.to_owned(),
            RejectReason::PropertiesInvalid,
        ),
    ] {
        assert_eq!(reason(&body), expected, "{body}");
    }
    assert_eq!(
        accept_native(r#"{"event":"e","distinct_id":true}"#)
            .unwrap()
            .distinct_id,
        "true"
    );
}

#[test]
fn the_clock_is_corrected_by_what_the_client_says() {
    let time = |fields: &str| {
        accept_native(&format!(r#"{{"event":"e","distinct_id":"d",{fields}}}"#))
            .map(|event| event.timestamp - NOW)
    };
    assert_eq!(
        time(r#""timestamp":"2026-01-31T11:00:00Z""#),
        Ok(-3_600_000)
    );
    let behind = r#""timestamp":"2026-01-31T10:00:00Z","sent_at":"2026-01-31T10:00:05Z""#;
    assert_eq!(time(behind), Ok(-5_000));
    let trusted = format!(r#"{behind},"properties":{{"$ignore_sent_at":true}}"#);
    assert_eq!(time(&trusted), Ok(-7_200_000));
    assert_eq!(time(r#""timestamp":null"#), Ok(0));
    for (fields, expected) in [
        (r#""timestamp":"now""#, RejectReason::TimestampInvalid),
        (r#""timestamp":1700000000"#, RejectReason::TimestampInvalid),
        (
            r#""timestamp":"2100-01-01T00:00:00Z""#,
            RejectReason::TimestampOutOfRange,
        ),
        (
            r#""timestamp":"1969-12-31T23:59:59Z""#,
            RejectReason::TimestampOutOfRange,
        ),
        (r#""sent_at":"soon""#, RejectReason::SentAtInvalid),
        (
            r#""timestamp":"2026-01-31T10:00:00Z","sent_at":"0001-01-01T00:00:00Z""#,
            RejectReason::TimestampOutOfRange,
        ),
    ] {
        assert_eq!(time(fields).unwrap_err().reason, expected, "{fields}");
    }
    assert_eq!(
        time(r#""timestamp":"2099-12-31T23:59:59.999Z""#).unwrap() + NOW,
        4_102_444_799_999
    );
}

#[test]
fn an_offset_wins_over_the_timestamp() {
    let body =
        r#"{"event":"e","distinct_id":"d","timestamp":"2020-01-01T00:00:00Z","offset":1500}"#;
    assert_eq!(accept_posthog(body).unwrap().timestamp, NOW - 1_500);
    let native = accept_native(body).unwrap();
    assert!(native.properties.contains("\"offset\":1500"));
    let wrong = r#"{"event":"e","distinct_id":"d","offset":"later"}"#;
    assert_eq!(
        accept_posthog(wrong).unwrap_err().reason,
        RejectReason::FieldInvalid
    );
}

#[test]
fn uuids_are_kept_made_or_derived() {
    let body = |uuid: &str| format!(r#"{{"event":"e","distinct_id":"d","uuid":{uuid}}}"#);
    let sent = r#""0190163d-8694-739b-aea5-966c26f8ad91""#;
    let event = body(sent);
    let kept = accept_native(&event).unwrap();
    assert_eq!(format!("\"{}\"", kept.uuid), sent);
    assert!(!kept.is_uuid_ours);
    for absent in ["null", r#""00000000-0000-0000-0000-000000000000""#] {
        let event = body(absent);
        assert!(accept_native(&event).unwrap().is_uuid_ours, "{absent}");
    }
    for wrong in [r#""abc""#, r#""""#, "7", "{}"] {
        assert_eq!(reason(&body(wrong)), RejectReason::UuidInvalid, "{wrong}");
    }
    let foreign = body(r#""1774b7e5ff5-0c9""#);
    let derived = accept_posthog(&foreign).unwrap();
    assert_eq!(derived.uuid.get_version_num(), 5);
    assert_eq!(accept_posthog(&foreign).unwrap().uuid, derived.uuid);
}

#[test]
fn another_project_is_refused() {
    let body =
        |project: &str| format!(r#"{{"event":"e","distinct_id":"d","project_id":{project}}}"#);
    for own in [
        "null",
        r#""default""#,
        r#""shop""#,
        r#""00000000-0000-0000-0000-000000000007""#,
    ] {
        let event = body(own);
        let accepted = accept_native(&event).unwrap();
        assert_eq!(accepted.properties, "{}", "{own}");
    }
    for other in [
        r#""other""#,
        "7",
        "{}",
        r#""00000000-0000-0000-0000-000000000008""#,
    ] {
        assert_eq!(
            reason(&body(other)),
            RejectReason::ProjectMismatch,
            "{other}"
        );
    }
}

#[test]
fn properties_come_back_as_they_were_sent() {
    let properties = r#"{ "a" : 1.0, "b":"\ud83d", "big": 123456789012345678901234567890, "n":null, "a\u0000":[ ] }"#;
    let body = format!(r#"{{"event":"e","distinct_id":"d","properties":{properties}}}"#);
    assert_eq!(accept_native(&body).unwrap().properties, properties);
}
