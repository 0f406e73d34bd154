use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn text_of(raw: &str) -> Option<String> {
    encode(raw).text.map(Cow::into_owned)
}

fn round_trip(raw: &str) -> String {
    let stored = encode(raw);
    decode(stored.text.as_deref(), stored.restore.as_deref())
}

#[test]
fn text_forms_are_those_of_the_semantics() {
    let cases = [
        (r#""plan""#, Some("plan")),
        (r#""""#, Some("")),
        (r#""95""#, Some("95")),
        ("95", Some("95")),
        ("1.0", Some("1")),
        ("1.50", Some("1.5")),
        ("1e3", Some("1000")),
        ("-0", Some("0")),
        ("-0.0", Some("0")),
        ("0e400", Some("0")),
        (
            "123456789012345678901234567890",
            Some("123456789012345678901234567890"),
        ),
        ("1e400", Some("1e400")),
        ("1e-9", Some("1e-9")),
        ("true", Some("true")),
        ("false", Some("false")),
        ("null", None),
        (r#"{ "a" : [ 1, "b c" ] }"#, Some(r#"{"a":[1,"b c"]}"#)),
        (r#"["\u00e9"]"#, Some(r#"["é"]"#)),
        (r#""line\nbreak""#, Some("line\nbreak")),
    ];
    for (raw, text) in cases {
        assert_eq!(text_of(raw).as_deref(), text, "{raw}");
    }
}

#[test]
fn types_come_back_exactly() {
    for raw in [
        "1.0",
        "1e3",
        "-0",
        "1e400",
        "95",
        r#""95""#,
        r#""true""#,
        "true",
        "null",
        r#""null""#,
        r#""""#,
        r#""{}""#,
        "{}",
        "[]",
        r#""[1, 2]""#,
        r#"{"a":1.0}"#,
        "123456789012345678901234567890",
        r#""1.0""#,
        r#""\ud800""#,
        r#""-""#,
        r#""1e5""#,
        "1E5",
        r#""\"""#,
        r#""\\""#,
    ] {
        assert_eq!(round_trip(raw), raw);
    }
}

#[test]
fn most_values_need_no_exception() {
    for raw in [
        r#""plan""#,
        "95",
        "1.5",
        "true",
        r#"{"a":1}"#,
        r#""2024-01-01""#,
        r#""1.0""#,
        r#""0049""#,
    ] {
        assert_eq!(encode(raw).restore, None, "{raw}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[-0-9.eE{}\\[\\]\" ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(".{0,5}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    /// What is seen at once is what the longer way finds.
    #[test]
    fn short_decimals_are_canonical(raw in "-?(0|[1-9][0-9]{0,13})\\.(0{0,9}|[0-9]{0,5})[0-9]{1,14}") {
        let value: f64 = raw.parse().unwrap();
        if is_short_decimal(&raw) {
            prop_assert_eq!(format!("{value}"), raw);
        } else {
            let is_short = raw.trim_start_matches('-').len() <= 16 && value.abs() >= 1e-7;
            prop_assert!(!is_short || raw.ends_with('0'));
        }
    }

    #[test]
    fn every_value_comes_back(value in any_json()) {
        for raw in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let back: Value = serde_json::from_str(&round_trip(&raw)).unwrap();
            prop_assert_eq!(&back, &value);
        }
    }

    #[test]
    fn every_string_comes_back(text in "[-0-9.eE+tfrualsn{}\\[\\]\":, ]{0,10}") {
        let raw = Value::from(text).to_string();
        prop_assert_eq!(round_trip(&raw), raw);
    }
}
