use proptest::prelude::*;

use super::*;

fn scan(text: &str) -> (Result<Kind, SyntaxError>, Option<FlawKind>) {
    let mut scanner = Scanner::new(text.as_bytes(), 64);
    let result = scanner
        .value()
        .and_then(|value| scanner.finish().map(|()| value.kind));
    (result, scanner.take_flaw().map(|flaw| flaw.kind))
}

#[test]
fn every_kind_is_recognised() {
    for (text, kind) in [
        ("null", Kind::Null),
        (" true ", Kind::Bool),
        ("-0.5e+3", Kind::Number),
        ("123456789012345678901234567890", Kind::Number),
        (r#""a\u0000\"b""#, Kind::String),
        ("[ ]", Kind::Array),
        (r#"{"a":[{"b":[]},2,"]"] , "c" : {} }"#, Kind::Object),
    ] {
        assert_eq!(scan(text), (Ok(kind), None), "{text}");
    }
}

#[test]
fn broken_structure_is_a_syntax_error() {
    for text in [
        "",
        "{",
        "[1,]",
        "[1 2]",
        r#"{"a"}"#,
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{a:1}"#,
        r#"["a]"#,
        "[1}",
        r#"{"a":1]"#,
        "1 2",
        r#"{"a":}"#,
        "\"",
        "\"\\",
    ] {
        assert!(scan(text).0.is_err(), "{text}");
    }
}

#[test]
fn a_flaw_leaves_the_structure_clear() {
    for (text, flaw) in [
        ("[NaN, 1]", FlawKind::InvalidLiteral),
        ("[-Infinity]", FlawKind::InvalidLiteral),
        ("[01]", FlawKind::InvalidLiteral),
        ("[1.]", FlawKind::InvalidLiteral),
        ("[1e]", FlawKind::InvalidLiteral),
        ("[1e400]", FlawKind::NumberOutOfRange),
        ("[\"a\nb\"]", FlawKind::ControlCharacter),
        (r#"["\x"]"#, FlawKind::InvalidEscape),
        (r#"["\u12g4"]"#, FlawKind::InvalidEscape),
    ] {
        assert_eq!(scan(text), (Ok(Kind::Array), Some(flaw)), "{text}");
    }
    assert_eq!(scan("[1e-400]"), (Ok(Kind::Array), None));
}

#[test]
fn depth_is_counted_without_recursion() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(scan(&nested(64)), (Ok(Kind::Array), None));
    assert_eq!(
        scan(&nested(65)),
        (Ok(Kind::Array), Some(FlawKind::TooDeep))
    );
    assert_eq!(
        scan(&nested(1_000_000)),
        (Ok(Kind::Array), Some(FlawKind::TooDeep))
    );
    let objects = r#"{"a":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    assert_eq!(scan(&objects), (Ok(Kind::Object), Some(FlawKind::TooDeep)));
}

#[test]
fn members_are_walked_in_order_and_the_last_of_a_name_wins() {
    let value = Value::parse(br#" {"a":1, "b" : [2,{"a":3}],"\u0061":"x"} "#, 64).unwrap();
    let mut seen = Vec::new();
    value.for_each_member(|key, value| {
        seen.push((key.lossy().into_owned(), value.raw.to_vec()));
    });
    assert_eq!(
        seen,
        [
            ("a".to_owned(), b"1".to_vec()),
            ("b".to_owned(), br#"[2,{"a":3}]"#.to_vec()),
            ("a".to_owned(), br#""x""#.to_vec()),
        ]
    );
    assert_eq!(value.member("a").unwrap().raw, br#""x""#);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn accepts_all_that_is_json(json in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) };
        let (result, flaw) = scan(&text.unwrap());
        prop_assert!(result.is_ok());
        prop_assert_eq!(flaw, None);
    }

    #[test]
    fn agrees_with_another_parser_on_near_json(text in r#"[\[\]{}",:0-9eE.+\-\\untrlfas \t\n]{0,24}"#) {
        let (result, flaw) = scan(&text);
        let is_sound = result.is_ok() && flaw.is_none();
        let expected = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        prop_assert!(is_sound == expected || flaw == Some(FlawKind::NumberOutOfRange), "{:?} {:?}", result, flaw);
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut scanner = Scanner::new(&bytes, 4);
        let _ = scanner.value();
        let _ = scanner.finish();
    }
}
