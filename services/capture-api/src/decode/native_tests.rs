use event_schema::reason::RejectReason;
use proptest::prelude::*;

use super::*;
use crate::decode::{BodyCredential, EventId, Field, Incoming, Properties};

const LIMITS: Limits = Limits {
    event_bytes_max: 10_000,
    batch_events_max: 5,
    nesting_max: 64,
};

fn text_of(field: &Field<'_>) -> String {
    match field {
        Field::Sent(value) => value.scalar_text().unwrap().unwrap().into_owned(),
        Field::Known(text) => text.clone().into_owned(),
        Field::Absent => "absent".to_owned(),
    }
}

fn properties_of(event: &Incoming<'_>) -> String {
    match &event.properties {
        Properties::Absent => "absent".to_owned(),
        Properties::Sent(value) => String::from_utf8(value.raw.to_vec()).unwrap(),
        Properties::Built(text) => String::from_utf8(text.clone()).unwrap(),
    }
}

fn reasons(body: &[u8]) -> Vec<Option<RejectReason>> {
    let batch = decode(body, &LIMITS).unwrap();
    batch
        .events
        .into_iter()
        .map(|located| located.event.err().map(|refused| refused.reason))
        .collect()
}

#[test]
fn a_batch_may_say_that_it_is_history() {
    for (body, expected) in [
        (
            r#"{"historical_migration":true,"batch":[{"event":"a"}]}"#,
            true,
        ),
        (
            r#"{"batch":[{"event":"a"}],"historical_migration":true}"#,
            true,
        ),
        (
            r#"{"historical_migration":false,"batch":[{"event":"a"}]}"#,
            false,
        ),
        (
            r#"{"batch":[{"event":"a","historical_migration":true}]}"#,
            false,
        ),
    ] {
        let batch = decode(body.as_bytes(), &LIMITS).unwrap();
        assert_eq!(batch.is_historical, expected, "{body}");
    }
}

#[test]
fn one_event_is_a_batch_of_one() {
    let body = br#" {"event":"a","distinct_id":7,"properties":{"x": [1.0, 2]},"api_key":"k"} "#;
    let batch = decode(body, &LIMITS).unwrap();
    assert!(matches!(&batch.credential, BodyCredential::Key(key) if key == "k"));
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    assert_eq!(text_of(&event.name), "a");
    assert_eq!(text_of(&event.distinct_id), "7");
    assert_eq!(properties_of(&event), r#"{"x": [1.0, 2]}"#);
    assert!(matches!(event.uuid, EventId::Absent));
}

#[test]
fn unknown_fields_become_properties_and_the_own_entry_wins() {
    let body =
        br#"{"event":"a","$lib":"x","plan":"top","plan":"last","extra":1,"$ignore_sent_at":true,
        "properties":{"plan2":2,"extra":"own"},"token":"secret"}"#;
    let batch = decode(body, &LIMITS).unwrap();
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    assert!(event.is_clock_trusted);
    assert_eq!(
        properties_of(&event),
        r#"{"$lib":"x","plan":"last","plan2":2,"extra":"own"}"#
    );
}

#[test]
fn escaped_names_are_the_names_they_spell() {
    let body = br#"{"\u0065vent":"a","properties":{"\u0024ignore_sent_at":1}}"#;
    let batch = decode(body, &LIMITS).unwrap();
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    assert_eq!(text_of(&event.name), "a");
    assert_eq!(properties_of(&event), r#"{"\u0024ignore_sent_at":1}"#);
}

#[test]
fn a_bad_entry_leaves_its_neighbours_alone() {
    let body = b"{\"batch\":[{\"event\":\"a\"},7,{\"event\":\"b\",\"properties\":{\"x\":NaN}},{\"event\":\"\xff\"},{\"event\":\"c\"}]}";
    assert_eq!(
        reasons(body),
        [
            None,
            Some(RejectReason::NotAnObject),
            Some(RejectReason::InvalidJson),
            Some(RejectReason::InvalidText),
            None
        ]
    );
}

#[test]
fn each_fault_has_its_reason() {
    let deep = format!(
        r#"{{"event":"a","properties":{{"x":{}{}}}}}"#,
        "[".repeat(65),
        "]".repeat(65)
    );
    let large = format!(
        r#"{{"event":"a","properties":{{"x":"{}"}}}}"#,
        "y".repeat(10_000)
    );
    for (body, reason) in [
        (deep.as_str(), RejectReason::NestingTooDeep),
        (large.as_str(), RejectReason::EventTooLarge),
        (
            r#"{"event":"a","properties":{"x":1e400}}"#,
            RejectReason::FieldInvalid,
        ),
        (
            r#"{"event":"a","properties":{"\ud800":1}}"#,
            RejectReason::InvalidText,
        ),
        ("{\"event\":\"a\nb\"}", RejectReason::InvalidJson),
    ] {
        assert_eq!(reasons(body.as_bytes()), [Some(reason)], "{body}");
    }
    let sixty_four = format!(
        r#"{{"event":"a","properties":{{"x":{}{}}}}}"#,
        "[".repeat(64),
        "]".repeat(64)
    );
    assert_eq!(reasons(sixty_four.as_bytes()), [None]);
}

#[test]
fn the_whole_body_is_refused_when_its_structure_is_broken() {
    let reason = |body: &[u8]| match decode(body, &LIMITS).unwrap_err() {
        BodyError::Invalid(_, reason) => reason,
        BodyError::TooManyEvents(_) => RejectReason::TooManyEvents,
    };
    let deep = "[".repeat(10_000);
    for (body, expected) in [
        (&b""[..], RejectReason::InvalidJson),
        (b"  ", RejectReason::InvalidJson),
        (b"{\"event\":", RejectReason::InvalidJson),
        (b"not json", RejectReason::InvalidJson),
        (b"{} {}", RejectReason::InvalidJson),
        (b"[]", RejectReason::NotAnObject),
        (b"\"text\"", RejectReason::NotAnObject),
        (b"{\"batch\":{}}", RejectReason::FieldInvalid),
        (b"\xff\xfe{\0", RejectReason::InvalidJson),
        (b"{\0}\0", RejectReason::InvalidJson),
        (deep.as_bytes(), RejectReason::InvalidJson),
        (
            b"{\"batch\":[{},{},{},{},{},{}]}",
            RejectReason::TooManyEvents,
        ),
        (
            b"{\"batch\":[{}],\"sent_at\":NaN}",
            RejectReason::InvalidJson,
        ),
    ] {
        assert_eq!(reason(body), expected, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_body() {
    assert_eq!(reasons(b"\xef\xbb\xbf{\"event\":\"a\"}"), [None]);
}

#[test]
fn a_credential_that_is_no_text_is_unusable() {
    let batch = decode(br#"{"event":"a","api_key":5,"token":"k"}"#, &LIMITS).unwrap();
    assert!(matches!(batch.credential, BodyCredential::Unusable));
    let batch = decode(br#"{"event":"a","api_key":null,"writeKey":"k"}"#, &LIMITS).unwrap();
    assert!(matches!(batch.credential, BodyCredential::Key(_)));
}

proptest! {
    #[test]
    fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&body, &LIMITS);
    }

    #[test]
    fn damage_never_panics(at in 0_usize..120, byte in any::<u8>()) {
        let mut body = br#"{"batch":[{"event":"a","distinct_id":"b","properties":{"x":[1,{"y":"\u00e9"}]},"z":null}],"api_key":"k"}"#.to_vec();
        let length = body.len();
        body[at % length] = byte;
        let _ = decode(&body, &LIMITS);
    }
}
