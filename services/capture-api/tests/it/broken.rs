//! Broken bodies of every kind, on every form: a 4xx, or stored; the valid
//! neighbour is stored in any case where the body has a structure; never a 5xx.

use std::io::Write;

use base64::Engine as _;
use reqwest::StatusCode;
use serde_json::Value;

use crate::encodings::gzip;
use crate::harness::{Answer, Capture, KEY_A};

/// Values that are wrong or odd inside an otherwise sound event.
fn odd_values() -> Vec<(&'static str, Vec<u8>, bool)> {
    let nested = |depth: usize| {
        let mut text = vec![b'['; depth];
        text.extend(vec![b']'; depth]);
        text
    };
    vec![
        ("a lone surrogate", br#""\ud800""#.to_vec(), true),
        ("NUL escaped", br#""a\u0000b""#.to_vec(), true),
        ("NUL raw", b"\"a\0b\"".to_vec(), false),
        ("1e400", b"1e400".to_vec(), false),
        ("NaN", b"NaN".to_vec(), false),
        ("-Infinity", b"-Infinity".to_vec(), false),
        ("01", b"01".to_vec(), false),
        ("a long number", vec![b'9'; 300], true),
        ("an endless number", vec![b'9'; 5_000], false),
        ("a tiny number", b"1e-400".to_vec(), true),
        ("nested 64", nested(64), true),
        ("nested 65", nested(65), false),
        ("nested 10,000", nested(10_000), false),
        ("invalid UTF-8", b"\"\xff\xfe\"".to_vec(), false),
        ("an overlong form", b"\"\xc0\xaf\"".to_vec(), false),
        ("an unknown escape", br#""\x41""#.to_vec(), false),
        ("a repeated key", br#"{"a":1,"a":2}"#.to_vec(), true),
        ("an empty key", br#"{"":1}"#.to_vec(), true),
        ("a raw line feed", b"\"a\nb\"".to_vec(), false),
    ]
}

#[tokio::test]
async fn an_odd_value_is_stored_or_refused_by_name_and_its_neighbour_stored() {
    for (name, value, is_stored) in odd_values() {
        let capture = Capture::start().await;
        let mut body =
            br#"{"batch":[{"event":"odd","distinct_id":"1","properties":{"value":"#.to_vec();
        body.extend(&value);
        body.extend(br#"}},{"event":"sound","distinct_id":"1"}]}"#);
        let answer = capture.capture(body).await;
        assert_eq!(
            answer.status,
            StatusCode::ACCEPTED,
            "{name}: {}",
            answer.body
        );
        assert_eq!(
            answer.body["accepted"],
            1 + usize::from(is_stored),
            "{name}"
        );
        let records = capture.log.records(transport::Topic::Events);
        assert!(
            records
                .iter()
                .any(|record| contains(&record.payload, b"\"sound\"")),
            "{name}"
        );
        if is_stored {
            let mut expected = br#""properties":{"value":"#.to_vec();
            expected.extend(&value);
            expected.push(b'}');
            assert!(
                records
                    .iter()
                    .any(|record| contains(&record.payload, &expected)),
                "{name}"
            );
        } else {
            let detail = answer.body["rejected"][0]["detail"].as_str().unwrap();
            assert!(detail.starts_with("properties.value: "), "{name}: {detail}");
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Bodies that are broken as a whole.
fn broken_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let event =
        br#"{"event":"a","distinct_id":"1","type":"track","trackingId":"t","sessionId":"s"}"#;
    let mut cut_gzip = gzip(event);
    cut_gzip.truncate(cut_gzip.len() / 2);
    let mut utf16: Vec<u8> = vec![0xff, 0xfe];
    utf16.extend(
        String::from_utf8_lossy(event)
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    let utf16_be: Vec<u8> = String::from_utf8_lossy(event)
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(event).unwrap();
    vec![
        ("nothing", vec![]),
        ("spaces", b"   ".to_vec()),
        ("text", b"hello".to_vec()),
        ("half an event", event[..20].to_vec()),
        ("half a gzip", cut_gzip),
        ("a gzip of nothing", gzip(b"")),
        ("a gzip of text", gzip(b"hello")),
        ("zlib without a label", zlib.finish().unwrap()),
        ("UTF-16", utf16),
        ("UTF-16 without a mark", utf16_be),
        ("nested arrays", vec![b'['; 10_000]),
        ("nested objects", br#"{"a":"#.repeat(10_000)),
        ("wrong base64", b"data=%%%%".to_vec()),
        (
            "base64 of text",
            format!(
                "data={}",
                base64::engine::general_purpose::STANDARD.encode("hello")
            )
            .into_bytes(),
        ),
        ("a form without data", b"a=1&b=2".to_vec()),
        ("an empty form", b"data=".to_vec()),
        ("NUL", vec![0; 10]),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("two events", [&event[..], &event[..]].concat()),
        ("a trailing comma", br#"{"event":"a",}"#.to_vec()),
        ("single quotes", b"{'event':'a'}".to_vec()),
        ("random bytes", (0..=255).collect()),
    ]
}

#[tokio::test]
async fn a_broken_body_is_a_4xx_on_every_path() {
    let capture = Capture::start().await;
    for route in capture_api::endpoints::ROUTES {
        if route.kind == capture_api::endpoints::RouteKind::StartUp {
            continue;
        }
        for (name, body) in broken_bodies() {
            for query in ["", "?compression=lz64&_=x", "?compression=gzip-js"] {
                let path = format!("{}{query}", route.path);
                let request = capture.post(&path).bearer_auth(KEY_A).body(body.clone());
                let answer = Answer::of(request).await;
                assert!(
                    answer.status.is_client_error(),
                    "{path} {name}: {} {}",
                    answer.status,
                    answer.body
                );
                assert!(matches!(answer.body, Value::Object(_)), "{path} {name}");
            }
        }
    }
    assert!(capture.envelopes().is_empty());
}

#[tokio::test]
async fn a_byte_order_mark_is_no_fault() {
    let capture = Capture::start().await;
    let answer = capture
        .capture(&b"\xef\xbb\xbf{\"event\":\"a\",\"distinct_id\":\"1\"}"[..])
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}
