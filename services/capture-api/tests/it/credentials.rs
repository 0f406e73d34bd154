//! Where a credential may stand, which one decides, and what a wrong one gets.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Capture, KEY_A, KEY_B, KEY_OLD, KEY_READ, KEY_SITE, PROJECT_A, PROJECT_B,
};

/// What it tries, `X-API-Key`, `Authorization`, body, expected status.
type Case = (
    &'static str,
    Option<&'static str>,
    Option<String>,
    String,
    u16,
);

fn event() -> Value {
    json!({"event":"a","distinct_id":"1"})
}

fn event_with(field: &str, value: impl Into<Value>) -> String {
    let mut event = event();
    event[field] = value.into();
    event.to_string()
}

#[tokio::test]
async fn every_place_is_read_in_the_stated_order() {
    let capture = Capture::start().await;
    let basic = |user: &str| {
        use base64::Engine as _;
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(format!("{user}:"))
        )
    };
    let bearer = |key: &str| format!("Bearer {key}");
    let plain = event().to_string();
    let cases: Vec<Case> = vec![
        ("x-api-key", Some(KEY_A), None, plain.clone(), 202),
        ("bearer", None, Some(bearer(KEY_A)), plain.clone(), 202),
        ("basic", None, Some(basic(KEY_A)), plain.clone(), 202),
        (
            "body api_key",
            None,
            None,
            event_with("api_key", KEY_A),
            202,
        ),
        ("body token", None, None, event_with("token", KEY_A), 202),
        (
            "body writeKey",
            None,
            None,
            event_with("writeKey", KEY_A),
            202,
        ),
        (
            "an empty place is none",
            None,
            None,
            json!({"event":"a","distinct_id":"1","api_key":"","token":null,"writeKey":KEY_A})
                .to_string(),
            202,
        ),
        (
            "api_key before token",
            None,
            None,
            json!({"event":"a","distinct_id":"1","token":KEY_A,"api_key":"ak_bad"}).to_string(),
            401,
        ),
        ("none", None, None, plain.clone(), 401),
        (
            "bad header, good bearer",
            Some("ak_bad"),
            Some(bearer(KEY_A)),
            plain.clone(),
            401,
        ),
        (
            "bad bearer, good body",
            None,
            Some(bearer("ak_bad")),
            event_with("api_key", KEY_A),
            401,
        ),
        (
            "bad basic, good body",
            None,
            Some("Basic %%".to_owned()),
            event_with("api_key", KEY_A),
            401,
        ),
        ("bad body", None, None, event_with("api_key", "ak_bad"), 401),
        (
            "body of another type",
            None,
            None,
            event_with("api_key", 7),
            401,
        ),
        ("read only", Some(KEY_READ), None, plain.clone(), 403),
        ("run out", Some(KEY_OLD), None, plain.clone(), 401),
    ];
    let mut accepted = 0;
    for (name, header, authorization, body, status) in cases {
        let mut request = capture.post("/capture").body(body);
        if let Some(key) = header {
            request = request.header("x-api-key", key);
        }
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        accepted += usize::from(status == 202);
    }
    let stored = capture.envelopes();
    assert_eq!(stored.len(), accepted);
    for envelope in stored {
        assert_eq!(envelope["properties"], json!({}), "a credential was stored");
    }
}

#[tokio::test]
async fn the_words_of_a_401_are_the_contracts() {
    let capture = Capture::start().await;
    let missing = Answer::of(capture.post("/capture").body(event().to_string())).await;
    assert_eq!(missing.body["detail"], "Missing API key");
    let invalid = Answer::of(capture.post("/capture").header("x-api-key", "x").body("{}")).await;
    assert_eq!(invalid.body["detail"], "Invalid API key");
    let no_json = Answer::of(capture.post("/capture").body("nonsense")).await;
    assert_eq!(no_json.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_bad_key_in_a_header_is_refused_before_the_body_is_read() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let capture = Capture::start().await;
    let mut stream = tokio::net::TcpStream::connect(capture.address)
        .await
        .unwrap();
    let head =
        "POST /capture HTTP/1.1\r\nhost: x\r\nx-api-key: ak_bad\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn the_key_names_the_project_whatever_the_body_says() {
    let capture = Capture::start().await;
    for (project, status) in [
        (json!("default"), 202),
        (json!("shop"), 202),
        (json!(PROJECT_A.to_string()), 202),
        (Value::Null, 202),
        (json!("blog"), 403),
        (json!(PROJECT_B.to_string()), 403),
        (json!(7), 403),
        (json!({}), 403),
    ] {
        for body in [
            event_with("project_id", project.clone()),
            json!({"batch":[event()],"project_id":project}).to_string(),
            json!({"batch":[{"event":"a","distinct_id":"1","project_id":project}]}).to_string(),
        ] {
            let answer = capture.capture(body.clone()).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        }
    }
    for envelope in capture.envelopes() {
        assert_eq!(envelope["project_id"], PROJECT_A.to_string());
        assert_eq!(envelope["properties"], json!({}));
    }
    let answer = Answer::of(
        capture
            .post("/capture")
            .header("x-api-key", KEY_B)
            .body(event().to_string()),
    )
    .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let of_b = |envelope: &&Value| envelope["project_id"] == PROJECT_B.to_string();
    assert_eq!(capture.envelopes().iter().filter(of_b).count(), 1);
}

#[tokio::test]
async fn a_key_for_a_site_is_refused_elsewhere() {
    let capture = Capture::start().await;
    for (origin, referer, status) in [
        (Some("https://shop.test"), None, 202),
        (Some("https://www.shop.test"), None, 202),
        (Some("https://evil.test"), Some("https://shop.test/"), 403),
        (None, Some("https://shop.test/cart"), 202),
        (None, None, 403),
    ] {
        for in_body in [true, false] {
            let mut request = capture.post("/capture");
            request = if in_body {
                request.body(event_with("api_key", KEY_SITE))
            } else {
                request
                    .header("x-api-key", KEY_SITE)
                    .body(event().to_string())
            };
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            if let Some(referer) = referer {
                request = request.header("referer", referer);
            }
            let answer = Answer::of(request).await;
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{origin:?} {referer:?} {in_body}"
            );
        }
    }
}

#[tokio::test]
async fn open_mode_takes_events_without_a_key_and_still_judges_keys() {
    let config = capture_api::config::CaptureConfig {
        dev_open: true,
        dev_project: Some(PROJECT_B.0),
        ..Default::default()
    };
    let capture = Capture::start_with(config).await;
    let answer = Answer::of(capture.post("/capture").body(event().to_string())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(capture.envelope()["project_id"], PROJECT_B.to_string());
    let answer = Answer::of(capture.post("/capture").header("x-api-key", "x").body("{}")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
