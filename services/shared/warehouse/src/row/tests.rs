use std::collections::HashMap;

use bytes::Bytes;
use event_schema::ids::ProjectId;
use event_schema::property::decode;
use proptest::prelude::*;
use serde_json::{Map, Value};
use uuid::Uuid;

use event_schema::hot::HOT;

use super::*;

fn row(raw: &str) -> EventRow {
    let mut row = EventRow::new(ProjectId(Uuid::nil()), Uuid::nil(), "e", "p", 0);
    row.set_properties(raw).unwrap();
    let of_record = row_of_record(raw);
    assert!(row.props().eq(of_record.props()), "{raw}");
    assert!(row.restore().eq(of_record.restore()), "{raw}");
    assert!((0..=HOT.len()).all(|hot| row.hot(hot) == of_record.hot(hot)));
    row
}

/// The same where `raw` is all of the record.
fn row_of_record(raw: &str) -> EventRow {
    let record = Bytes::copy_from_slice(raw.as_bytes());
    let (project, id) = (ProjectId(Uuid::nil()), Uuid::nil());
    let mut row = EventRow::of_record(record.clone(), project, id, "e", "p", 0);
    let raw = std::str::from_utf8(&record).unwrap();
    row.set_properties(raw).unwrap();
    row
}

#[test]
fn what_the_record_holds_is_not_copied() {
    let plain = row_of_record(r#"{"plan":"pro","n":12.5,"$os":"BeOS","o":{"a":[1]},"t":true}"#);
    assert_eq!(plain.content.beside, "ep");
    let mut changed = row_of_record(r#"{"a":"b\nc","n":1.0,"$current_url":"https://a.example/"}"#);
    let url = event_schema::hot::place("$current_url");
    changed.derive_hot_part(event_schema::hot::place("$host"), url, 8..17);
    assert_eq!(changed.hot_property("$host"), Some("a.example"));
    assert_eq!(changed.content.beside, "epb\nc1");
    let restore: Vec<_> = changed.restore().collect();
    assert_eq!(restore, [("n", "1.0")]);
}

/// What the client sent, from a row's columns.
fn sent(row: &EventRow) -> Value {
    let restore: HashMap<&str, &str> = row.restore().collect();
    let mut texts: HashMap<&str, &str> = row.props().collect();
    for (index, hot) in HOT.iter().enumerate() {
        if let Some(text) = row
            .hot(index)
            .filter(|_| row.derived_mask() >> index & 1 == 0)
        {
            texts.insert(hot.property, text);
        }
    }
    let names = texts.keys().chain(restore.keys()).copied();
    let members: Map<String, Value> = names
        .map(|name| {
            let raw = decode(texts.get(name).copied(), restore.get(name).copied());
            (name.to_owned(), serde_json::from_str(&raw).unwrap())
        })
        .collect();
    Value::Object(members)
}

#[test]
fn what_was_sent_comes_back_beside_what_was_derived() {
    let mut row = row(r#"{"plan":"pro","$os":null,"$browser":"Firefox","n":1.0,"s":"95"}"#);
    row.derive_hot(0, "Chrome");
    row.derive_hot(2, "Linux");
    assert_eq!(row.hot_property("$browser"), Some("Firefox"));
    assert_eq!(row.hot_property("$os"), Some("Linux"));
    assert_eq!(row.derived_mask(), 1 << 2);
    assert_eq!(row.property("n"), Some("1"));
    let expected =
        serde_json::json!({"plan":"pro","$os":null,"$browser":"Firefox","n":1.0,"s":"95"});
    assert_eq!(sent(&row), expected);
}

#[test]
fn of_a_repeated_name_the_last_counts() {
    assert_eq!(row(r#"{"a":1,"b":2,"a":"x"}"#).property("a"), Some("x"));
    let many: String = (0..100).map(|n| format!(r#""k{}":{n},"#, n % 50)).collect();
    let row = row(&format!("{{{many}\"z\":0}}"));
    assert_eq!(row.props().len(), 51);
    assert_eq!(row.property("k7"), Some("57"));
}

#[test]
fn anything_but_an_object_is_refused() {
    for raw in ["[]", "1", "", "{", "{}{}", "null"] {
        let mut row = EventRow::new(ProjectId(Uuid::nil()), Uuid::nil(), "e", "p", 0);
        assert!(row.set_properties(raw).is_err(), "{raw}");
    }
}

proptest! {
    #[test]
    fn every_object_comes_back(members in proptest::collection::hash_map(".{0,8}|\\$os|utm_source", prop_oneof![
        Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from), ".{0,10}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..3).prop_map(Value::from),
    ], 0..40)) {
        let object = Value::from_iter(members);
        let back = sent(&row(&object.to_string()));
        prop_assert_eq!(back.as_object().unwrap().len(), object.as_object().unwrap().len());
        for (name, value) in object.as_object().unwrap() {
            prop_assert_eq!(&back[name], value);
        }
    }
}
