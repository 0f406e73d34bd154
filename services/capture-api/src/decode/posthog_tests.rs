use std::io::Write;

use ::base64::Engine as _;
use proptest::prelude::*;
use url::form_urlencoded;

use super::*;
use crate::budget::Budget;
use crate::decode::{BodyCredential, EventId, Field, Properties};

const LIMITS: Limits = Limits {
    event_bytes_max: 10_000,
    batch_events_max: 5,
    nesting_max: 64,
};
const JSON: &str = r#"{"event":"a","properties":{"distinct_id":"d","token":"k"}}"#;

fn unwrapped(body: &[u8], is_lz64: bool) -> Result<String, EncodingError> {
    let budget = Budget::new(1 << 20);
    unwrap(
        Cow::Borrowed(body),
        is_lz64,
        1 << 16,
        &mut budget.reservation(),
    )
    .map(|json| String::from_utf8_lossy(&json).into_owned())
}

#[test]
fn every_wrapping_is_undone() {
    let base64 = ::base64::engine::general_purpose::STANDARD;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(JSON.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let form = |data: &str| {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("ver", "1")
            .append_pair("data", data)
            .finish()
    };
    for body in [
        JSON.to_owned(),
        form(JSON),
        form(&base64.encode(JSON)),
        format!("data={}", base64.encode(JSON)),
        base64.encode(JSON),
        form(&base64.encode(&gzip)),
    ] {
        assert_eq!(unwrapped(body.as_bytes(), false).unwrap(), JSON, "{body}");
    }
    let lz64 = "N4IgpgbmB2AuIC4QGcCWBzaBXADiANCACarKyrQDGsA+qkYiAIZFMgC+QA==";
    let text = r#"{"event":"signup","distinct_id":"ada"}"#;
    assert_eq!(unwrapped(lz64.as_bytes(), true).unwrap(), text);
    let in_form = form_urlencoded::Serializer::new(String::new())
        .append_pair("data", lz64)
        .append_pair("compression", "lz64")
        .finish();
    assert_eq!(unwrapped(in_form.as_bytes(), false).unwrap(), text);
    assert!(unwrapped(b"data=%%%", false).is_err());
    assert!(unwrapped(b"!!!!", true).is_err());
}

#[test]
fn the_query_string_says_when_it_was_sent() {
    let parameters = Parameters::parse("ip=1&_=1700000000000&ver=1.2&compression=LZ64&beacon=1");
    assert_eq!(
        parameters,
        Parameters {
            data: None,
            is_lz64: true,
            sent_at_ms: Some(1_700_000_000_000),
            is_beacon: true
        }
    );
    assert_eq!(Parameters::parse("_=later"), Parameters::default());
}

#[test]
fn ids_and_tokens_are_found_in_their_places() {
    for (body, id, is_built) in [
        (JSON, "d", true),
        (
            r#"[{"event":"a","$distinct_id":"d","$token":"k"}]"#,
            "d",
            false,
        ),
        (
            r#"{"api_key":"k","batch":[{"event":"a","distinct_id":"d","uuid":"old-style"}]}"#,
            "d",
            false,
        ),
        (
            r#"{"batch":[{"event":"a","distinct_id":"d","token":"k"}]}"#,
            "d",
            false,
        ),
    ] {
        let batch = decode(body.as_bytes(), false, &LIMITS).unwrap();
        assert!(
            matches!(&batch.credential, BodyCredential::Key(key) if key == "k"),
            "{body}"
        );
        let event = batch.events.into_iter().next().unwrap().event.unwrap();
        let Field::Sent(value) = event.distinct_id else {
            panic!("{body}")
        };
        assert_eq!(value.scalar_text().unwrap().unwrap(), id);
        match event.properties {
            Properties::Built(properties) if is_built => {
                assert_eq!(properties, br#"{"distinct_id":"d"}"#);
            }
            Properties::Absent if !is_built => {}
            other => panic!("{other:?}"),
        }
    }
    let mixed = br#"[{"event":"a","token":"k"},{"event":"a","token":"other"}]"#;
    let batch = decode(mixed, false, &LIMITS).unwrap();
    assert!(matches!(batch.credential, BodyCredential::Unusable));
}

#[test]
fn clients_from_before_uuids_are_known_by_their_insert_id() {
    for (event, expected) in [
        (r#""properties":{"$insert_id":"a1b2"}"#, Some(r#""a1b2""#)),
        (
            r#""uuid":"u","properties":{"$insert_id":"a1b2"}"#,
            Some(r#""u""#),
        ),
        (r#""properties":{"$insert_id":""}"#, None),
        (r#""properties":{"$insert_id":7}"#, None),
        (r#""properties":{}"#, None),
    ] {
        let body = format!(r#"{{"token":"k","event":"a","distinct_id":"d",{event}}}"#);
        let batch = decode(body.as_bytes(), false, &LIMITS).unwrap();
        let found = match batch.events.into_iter().next().unwrap().event.unwrap().uuid {
            EventId::Foreign(value) => Some(value.raw),
            _ => None,
        };
        assert_eq!(found, expected.map(str::as_bytes), "{body}");
    }
}

#[test]
fn engage_without_a_name_is_an_identify() {
    let body = br#"{"$token":"k","$distinct_id":"d","$set":{"a":1}}"#;
    let batch = decode(body, true, &LIMITS).unwrap();
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    assert!(matches!(&event.name, Field::Known(name) if name == "$identify"));
    let Properties::Built(properties) = event.properties else {
        panic!()
    };
    assert_eq!(properties, br#"{"$set":{"a":1}}"#);
}

#[test]
fn the_newest_form_puts_its_own_fields_into_properties() {
    let body = br#"{"created_at":"2026-01-01T00:00:00Z","batch":[{"event":"a","uuid":"u","distinct_id":"d",
        "timestamp":"t","session_id":"s","options":{"process_person_profile":false,"disable_skew_correction":true},
        "properties":{"x":1}}]}"#;
    let batch = decode_v1(body, Some(("posthog-js", "2.0")), &LIMITS).unwrap();
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    assert!(event.is_clock_trusted);
    assert!(matches!(event.uuid, EventId::Foreign(_)));
    let Properties::Built(properties) = event.properties else {
        panic!()
    };
    assert_eq!(
        String::from_utf8(properties).unwrap(),
        r#"{"$session_id":"s","$process_person_profile":false,"$lib":"posthog-js","$lib_version":"2.0","x":1}"#
    );
}

proptest! {
    #[test]
    fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), is_lz64 in any::<bool>()) {
        if let Ok(json) = unwrapped(&body, is_lz64) {
            let _ = decode(json.as_bytes(), is_lz64, &LIMITS);
            let _ = decode_v1(json.as_bytes(), None, &LIMITS);
        }
    }
}
