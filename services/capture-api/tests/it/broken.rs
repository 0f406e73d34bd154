//! Broken bodies of every kind, on every form: a 4xx, or stored; the valid
//! neighbour is stored in any case where the body has a structure; never a 5xx.

use std::collections::BTreeMap;

use base64::Engine as _;
use reqwest::StatusCode;
use serde_json::Value;

use crate::encodings::{brotli, gzip, zlib, zstd};
use crate::forms::FORMS;
use crate::harness::{Answer, Capture, KEY_A};

/// Values that are wrong or odd inside an otherwise sound event.
fn odd_values() -> Vec<(&'static str, Vec<u8>, bool)> {
    let nested = |open: &[u8], close: &[u8], depth: usize| {
        [&open.repeat(depth)[..], b"1", &close.repeat(depth)].concat()
    };
    vec![
        ("a high surrogate alone", br#""\ud800""#.to_vec(), true),
        ("a low surrogate alone", br#""a\udc00""#.to_vec(), true),
        ("a pair in escapes", br#""\ud83d\ude00""#.to_vec(), true),
        ("NUL escaped", br#""a\u0000b""#.to_vec(), true),
        ("NUL raw", b"\"a\0b\"".to_vec(), false),
        ("1e400", b"1e400".to_vec(), false),
        ("-1e400", b"-1e400".to_vec(), false),
        ("NaN", b"NaN".to_vec(), false),
        ("-Infinity", b"-Infinity".to_vec(), false),
        ("01", b"01".to_vec(), false),
        ("a long number", vec![b'9'; 300], true),
        ("an endless number", vec![b'9'; 5_000], false),
        ("a tiny number", b"1e-400".to_vec(), true),
        ("1.0", b"1.0".to_vec(), true),
        ("arrays, 64 deep", nested(b"[", b"]", 64), true),
        ("arrays, 65 deep", nested(b"[", b"]", 65), false),
        ("arrays, 10,000 deep", nested(b"[", b"]", 10_000), false),
        ("objects, 64 deep", nested(b"{\"a\":", b"}", 64), true),
        (
            "objects, 10,000 deep",
            nested(b"{\"a\":", b"}", 10_000),
            false,
        ),
        ("invalid UTF-8", b"\"\xff\xfe\"".to_vec(), false),
        ("an overlong form", b"\"\xc0\xaf\"".to_vec(), false),
        (
            "half a surrogate in bytes",
            b"\"\xed\xa0\x80\"".to_vec(),
            false,
        ),
        ("an unknown escape", br#""\x41""#.to_vec(), false),
        ("a repeated key", br#"{"a":1,"a":2}"#.to_vec(), true),
        ("an empty key", br#"{"":1}"#.to_vec(), true),
        (
            "a surrogate in a key below",
            br#"{"\ud800":1}"#.to_vec(),
            true,
        ),
        ("a mark inside", b"\"\xef\xbb\xbf\"".to_vec(), true),
        ("a raw line feed", b"\"a\nb\"".to_vec(), false),
        (
            "a huge array",
            [b"[", &b"1,".repeat(100_000)[..], b"1]"].concat(),
            true,
        ),
    ]
}

#[tokio::test]
async fn an_odd_value_is_stored_exactly_or_refused_by_name_and_its_neighbour_stored() {
    let capture = Capture::start().await;
    let mut stored: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut sound = 0;
    for form in &FORMS {
        for (name, value, is_stored) in odd_values() {
            if form.is_text() && std::str::from_utf8(&value).is_err() {
                continue;
            }
            let body = form.wrapped(&form.json(&value));
            let answer = Answer::of(form.request(&capture, body)).await;
            let label = format!("{}: {name}: {}", form.name, answer.body);
            let has_valid = is_stored || form.is_batch();
            let expected = if has_valid {
                form.success
            } else {
                StatusCode::BAD_REQUEST
            };
            assert_eq!(answer.status, expected, "{label}");
            sound += usize::from(form.is_batch());
            if is_stored {
                *stored.entry(value).or_default() += 1;
            } else if answer.body["results"].is_null() {
                let told = answer.body.to_string();
                let field = if form.name.starts_with("Bklit") {
                    "metadata"
                } else {
                    "properties"
                };
                assert!(told.contains(field), "{label}");
            }
        }
    }
    let records = capture.log.records(transport::Topic::Events);
    let payloads: Vec<&[u8]> = records.iter().map(|record| &*record.payload).collect();
    let count = |part: &[u8]| {
        let finder = memchr::memmem::Finder::new(part);
        payloads
            .iter()
            .filter(|payload| finder.find(payload).is_some())
            .count()
    };
    assert_eq!(count(b"\"sound\""), sound);
    assert_eq!(payloads.len(), sound + stored.values().sum::<usize>());
    for (value, times) in stored {
        let exactly = [b"\"value\":", &value[..], b"}"].concat();
        assert_eq!(
            count(&exactly),
            times,
            "{}",
            String::from_utf8_lossy(&value)
        );
    }
}

/// Bodies that are broken as a whole.
fn broken_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let event =
        br#"{"event":"a","distinct_id":"1","type":"track","trackingId":"t","sessionId":"s"}"#;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let cut = |mut body: Vec<u8>| {
        body.truncate(body.len() / 2);
        body
    };
    let units = || {
        String::from_utf8_lossy(event)
            .encode_utf16()
            .collect::<Vec<_>>()
    };
    let little: Vec<u8> = units().into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units().into_iter().flat_map(u16::to_be_bytes).collect();
    vec![
        ("nothing", vec![]),
        ("spaces", b"   ".to_vec()),
        ("text", b"hello".to_vec()),
        ("half an event", event[..20].to_vec()),
        ("half a gzip", cut(gzip(event))),
        ("half a zstd", cut(zstd(event))),
        ("the start of a gzip", gzip(event)[..10].to_vec()),
        ("a gzip of nothing", gzip(b"")),
        ("a gzip of text", gzip(b"hello")),
        (
            "a gzip with junk behind it",
            [&gzip(event)[..], b"junk"].concat(),
        ),
        ("zlib without a label", zlib(event)),
        ("UTF-16", [b"\xff\xfe", &little[..]].concat()),
        ("UTF-16 without a mark", little.clone()),
        ("UTF-16, big end first", [b"\xfe\xff", &big[..]].concat()),
        ("UTF-16, big end first, without a mark", big),
        ("UTF-16 in gzip", gzip(&little)),
        ("UTF-16 in base64", base64(&little).into_bytes()),
        ("only a mark", b"\xef\xbb\xbf".to_vec()),
        ("nested arrays", vec![b'['; 10_000]),
        ("nested objects", br#"{"a":"#.repeat(10_000)),
        ("wrong base64", b"data=%%%%".to_vec()),
        ("half a base64", base64(event).as_bytes()[..33].to_vec()),
        (
            "base64 of text",
            format!("data={}", base64(b"hello")).into_bytes(),
        ),
        (
            "base64 of half a gzip",
            format!("data={}", base64(&cut(gzip(event)))).into_bytes(),
        ),
        (
            "LZ-String garbage",
            b"data=N4IgpgbmB2A%%uIC4&compression=lz64".to_vec(),
        ),
        (
            "LZ-String that ends early",
            b"data=N4IgpgbmB2AuIC4Q&compression=lz64".to_vec(),
        ),
        (
            "LZ-String without its codes",
            b"data=////////////&compression=lz64".to_vec(),
        ),
        ("a form without data", b"a=1&b=2".to_vec()),
        ("an empty form", b"data=".to_vec()),
        ("NUL", vec![0; 10]),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("two events", [&event[..], &event[..]].concat()),
        ("a trailing comma", br#"{"event":"a",}"#.to_vec()),
        ("single quotes", b"{'event':'a'}".to_vec()),
        ("no event", b"{}".to_vec()),
        ("an array of arrays", b"[[[]]]".to_vec()),
        ("a batch of numbers", br#"{"batch":[1,null,"a"]}"#.to_vec()),
        ("a batch that is none", br#"{"batch":7}"#.to_vec()),
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
async fn a_body_cut_anywhere_is_a_4xx_in_every_form() {
    let capture = Capture::start().await;
    for form in &FORMS {
        let whole = form.wrapped(&form.json(b"\"\xc3\xbc\""));
        let ends = [
            1,
            2,
            3,
            10,
            whole.len() / 2,
            whole.len() - 12,
            whole.len() - 9,
        ];
        for end in ends {
            let answer = Answer::of(form.request(&capture, whole[..end].to_vec())).await;
            let label = format!("{}, cut at {end}: {}", form.name, answer.body);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{label}");
        }
    }
    assert!(capture.envelopes().is_empty());
}

#[tokio::test]
async fn a_byte_order_mark_is_no_fault_in_any_form() {
    let capture = Capture::start().await;
    for form in &FORMS {
        let marked = [b"\xef\xbb\xbf", &form.json(b"1")[..]].concat();
        let answer = Answer::of(form.request(&capture, form.wrapped(&marked))).await;
        assert_eq!(
            answer.status, form.success,
            "{}: {}",
            form.name, answer.body
        );
    }
}

#[tokio::test]
async fn a_label_that_lies_is_a_4xx_or_harmless() {
    let capture = Capture::start().await;
    let event = br#"{"event":"a","distinct_id":"1"}"#;
    for (label, body, status) in [
        ("br", event.to_vec(), 400),
        ("deflate", event.to_vec(), 400),
        ("gzip", brotli(event), 400),
        ("zstd", zlib(event), 400),
        ("gzip", event.to_vec(), 202),
        ("zstd", gzip(event), 202),
        ("compress", event.to_vec(), 415),
        ("gzip, gzip, gzip, gzip", gzip(event), 415),
    ] {
        let request = capture.post("/capture").bearer_auth(KEY_A);
        let request = request.header("content-encoding", label).body(body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{label}: {}", answer.body);
    }
}
