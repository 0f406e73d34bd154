use serde_json::{Value, json};

use super::super::mapping::Mapping;
use super::super::row::json_columns;
use super::*;

const PROJECT: ProjectId = ProjectId(Uuid::from_u128(7));

fn row(text: &str) -> Row {
    Row {
        number: 3,
        line: Some(4),
        raw: text.to_owned(),
        columns: json_columns(text),
    }
}

fn interpreter(origin: Origin, mapping: &str) -> Interpreter {
    let mapping: Mapping = toml::from_str(mapping).unwrap();
    Interpreter {
        origin,
        mapping: mapping.resolve(origin),
        table: None,
        project: Some(PROJECT),
        with_derived: false,
    }
}

fn event(origin: Origin, mapping: &str, text: &str) -> Value {
    let event = interpreter(origin, mapping).event(&row(text)).unwrap();
    serde_json::from_str(&to_json(&event).unwrap()).unwrap()
}

fn rejection(mapping: &str, text: &str) -> Rejection {
    interpreter(Origin::Plain, mapping)
        .event(&row(text))
        .unwrap_err()
}

const WHOLE: &str =
    r#"{"event":"a","distinct_id":"b","timestamp":0,"uuid":"00000000-0000-4000-8000-000000000001"#;

#[test]
fn columns_with_our_names_need_no_mapping() {
    let text =
        format!(r#"{WHOLE}","plan":"x","properties":{{"plan":"own","n":1.0}},"none":null}}"#);
    assert_eq!(
        event(Origin::Plain, "", &text),
        json!({
            "event": "a", "distinct_id": "b", "timestamp": "1970-01-01T00:00:00.000Z",
            "uuid": "00000000-0000-4000-8000-000000000001",
            "properties": {"plan": "own", "n": 1.0, "none": null},
        })
    );
}

#[test]
fn a_mapping_names_renames_drops_and_sets() {
    let mapping = r#"
        distinct_id = ["user.id", "device"]
        timestamp = "at"
        uuid = "order"
        json = ["details"]
        drop = ["secret", "inner_secret"]
        [rename]
        "$current_url" = "url"
        [set]
        event = "bought"
        channel = "import"
    "#;
    let text = r#"{"user":{"id":null},"device":42,"at":"2024-01-31","order":17,"url":"u","secret":1,"details":"{\"a\":[1]}","channel":"own","properties":{"inner_secret":1,"b":2},"properties.c":3}"#;
    let told = event(Origin::Plain, mapping, text);
    assert_eq!(told["event"], "bought");
    assert_eq!(told["distinct_id"], "42");
    assert_eq!(told["timestamp"], "2024-01-31T00:00:00.000Z");
    assert_eq!(
        told["properties"],
        json!({"channel": "import", "b": 2, "$current_url": "u", "user": {"id": null}, "details": {"a": [1]}, "c": 3})
    );
    let uuid: Uuid = told["uuid"].as_str().unwrap().parse().unwrap();
    assert_eq!(uuid, Uuid::new_v5(&ROW_IDS, b"17"));
}

#[test]
fn identity_is_the_rows_own_id_or_its_place_and_text() {
    let plain = interpreter(Origin::Plain, "");
    let text = r#"{"event":"a","distinct_id":"b","timestamp":1}"#;
    let derived = plain.event(&row(text)).unwrap().uuid;
    assert_eq!(derived, plain.event(&row(text)).unwrap().uuid);
    assert_eq!(derived.get_version_num(), 5);
    let mut further = row(text);
    further.number += 1;
    assert_ne!(derived, plain.event(&further).unwrap().uuid);
    assert_ne!(
        derived,
        plain.event(&row(&text.replace(":1}", ":2}"))).unwrap().uuid
    );

    let message = r#"{"type":"track","event":"a","userId":"b","messageId":"ajs-1","timestamp":"2024-01-31T00:00:00Z"}"#;
    let told = event(Origin::Segment, "", message);
    assert_eq!(
        told["uuid"],
        uuid_of_foreign_id(PROJECT, "ajs-1").to_string()
    );
    let mut nowhere = interpreter(Origin::Segment, "");
    nowhere.project = None;
    assert_eq!(
        nowhere.event(&row(message)).unwrap_err().code,
        "project_unknown"
    );
}

#[test]
fn posthog_keeps_what_belongs_to_the_event() {
    let text = r#"{"uuid":"00000000-0000-4000-8000-000000000001","event":"$pageview","distinct_id":"b","timestamp":"2024-01-31 12:00:00.123456+00:00","properties":"{\"$browser\":\"Firefox\",\"price\":1.50}","person_properties":"{\"email\":\"x\"}","person_id":"p","team_id":1,"elements_chain":"a:1","set":"","ip":"1.2.3.4","created_at":"c","_inserted_at":"i"}"#;
    let told = event(Origin::Posthog, "", text);
    assert_eq!(
        told["properties"],
        json!({"$browser": "Firefox", "price": 1.5, "$elements_chain": "a:1", "$ip": "1.2.3.4"})
    );
    assert_eq!(told["timestamp"], "2024-01-31T12:00:00.123Z");
    let persons = "[rename]\n\"$set\" = \"person_properties\"";
    assert_eq!(
        event(Origin::Posthog, persons, text)["properties"]["$set"],
        json!({"email": "x"})
    );
}

#[test]
fn an_export_of_ours_is_taken_without_what_was_derived_unless_asked() {
    let text = format!(
        r#"{WHOLE}","received_at":"r","properties":{{"a":1}},"derived":{{"$os":"OS","a":2}}}}"#
    );
    assert_eq!(
        event(Origin::Millrace, "", &text)["properties"],
        json!({"a": 1})
    );
    let mut interpreter = interpreter(Origin::Millrace, "");
    interpreter.with_derived = true;
    let told = interpreter.event(&row(&text)).unwrap();
    assert_eq!(told.properties.to_raw().get(), r#"{"a":1,"$os":"OS"}"#);
}

#[test]
fn rows_that_cannot_be_events_say_why() {
    for (text, code) in [
        (r#"{"distinct_id":"b","timestamp":1}"#, "event_name_missing"),
        (
            r#"{"event":" ","distinct_id":"b","timestamp":1}"#,
            "event_name_missing",
        ),
        (r#"{"event":"a","timestamp":1}"#, "distinct_id_missing"),
        (
            r#"{"event":"a","distinct_id":"undefined","timestamp":1}"#,
            "distinct_id_missing",
        ),
        (
            r#"{"event":"a","distinct_id":[1],"timestamp":1}"#,
            "distinct_id_invalid",
        ),
        (r#"{"event":"a","distinct_id":"b"}"#, "timestamp_missing"),
        (
            r#"{"event":"a","distinct_id":"b","timestamp":"soon"}"#,
            "timestamp_invalid",
        ),
        (
            r#"{"event":"a","distinct_id":"b","timestamp":"2100-01-01"}"#,
            "timestamp_out_of_range",
        ),
        (
            r#"{"event":"a","distinct_id":"b","timestamp":1,"uuid":{}}"#,
            "uuid_invalid",
        ),
        (
            r#"{"event":"a","distinct_id":"b","timestamp":1,"properties":[]}"#,
            "properties_invalid",
        ),
        ("{", "invalid_json"),
        ("[]", "not_an_object"),
    ] {
        assert_eq!(rejection("", text).code, code, "{text}");
    }
    let long = format!(
        r#"{{"event":"{}","distinct_id":"b","timestamp":1}}"#,
        "x".repeat(201)
    );
    assert_eq!(rejection("", &long).code, "event_name_too_long");
    let told = rejection("", r#"{"event":"a","user":"b","at":1}"#).detail;
    assert_eq!(
        told,
        "distinct_id: distinct_id is empty or not there, but event, user, at are; say which it is with --map distinct_id=COLUMN"
    );
    let large = format!(
        r#"{{"event":"a","distinct_id":"b","timestamp":1,"x":"{}"}}"#,
        "x".repeat(EVENT_BYTES_MAX)
    );
    let event = interpreter(Origin::Plain, "").event(&row(&large)).unwrap();
    assert_eq!(to_json(&event).unwrap_err().code, "event_too_large");
}
