//! Contract §1.4: what Segment's and RudderStack's SDKs send.

use reqwest::StatusCode;
use serde_json::json;
use transport::TransportError;

use crate::harness::{Answer, Capture, KEY_A};

#[tokio::test]
async fn a_batch_is_taken_with_basic_or_the_bodys_key() {
    let body = json!({
        "batch": [
            {"type": "track", "event": "Bought", "userId": "u", "messageId": "m-1", "properties": {"price": 1.5},
             "timestamp": "2026-01-31T11:59:50.000Z", "context": {"library": {"name": "analytics-python", "version": "2"}}},
            {"type": "identify", "anonymousId": "a", "traits": {"plan": "x"}, "messageId": "0190163d-8694-739b-aea5-966c26f8ad91"},
        ],
        "sentAt": "2026-01-31T12:00:00.000Z",
    });
    let mut in_body = body.clone();
    in_body["writeKey"] = json!(KEY_A);
    let capture = Capture::start().await;
    let with_basic = capture
        .post("/v1/batch")
        .basic_auth(KEY_A, None::<&str>)
        .body(body.to_string());
    let with_body = capture.post("/v1/batch").body(in_body.to_string());
    for request in [with_basic, with_body] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body, json!({"success": true}));
    }
    let stored = capture.envelopes();
    assert_eq!(stored.len(), 4);
    let bought: Vec<_> = stored
        .iter()
        .filter(|event| event["event"] == "Bought")
        .collect();
    assert_eq!(bought[0]["uuid"], bought[1]["uuid"]);
    assert_eq!(bought[0]["properties"]["$lib"], "analytics-python");
    assert_eq!(bought[0]["properties"]["price"], 1.5);
    let identify = stored
        .iter()
        .find(|event| event["event"] == "$identify")
        .unwrap();
    assert_eq!(identify["uuid"], "0190163d-8694-739b-aea5-966c26f8ad91");
    assert_eq!(identify["properties"], json!({"$set": {"plan": "x"}}));
}

#[tokio::test]
async fn each_path_is_its_call() {
    for (path, body, name) in [
        ("/v1/track", json!({"event": "e", "userId": "u"}), "e"),
        ("/v1/t", json!({"event": "e", "userId": "u"}), "e"),
        ("/v1/page", json!({"userId": "u"}), "$pageview"),
        ("/v1/p", json!({"anonymousId": "u"}), "$pageview"),
        (
            "/v1/screen",
            json!({"userId": "u", "name": "Main"}),
            "$screen",
        ),
        ("/v1/identify", json!({"userId": "u"}), "$identify"),
        ("/v1/i", json!({"userId": "u"}), "$identify"),
        (
            "/v1/group",
            json!({"userId": "u", "groupId": "g"}),
            "$groupidentify",
        ),
        (
            "/v1/alias",
            json!({"userId": "u", "previousId": "p"}),
            "$create_alias",
        ),
    ] {
        let capture = Capture::start().await;
        let request = capture
            .post(path)
            .basic_auth(KEY_A, None::<&str>)
            .body(body.to_string());
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {}", answer.body);
        let envelope = capture.envelope();
        assert_eq!(envelope["event"], name, "{path}");
        assert_eq!(envelope["distinct_id"], "u", "{path}");
    }
}

#[tokio::test]
async fn errors_carry_code_and_message() {
    let capture = Capture::start().await;
    let good = json!({"batch": [{"type": "track", "event": "e", "userId": "u"}]});
    for (key, body, status) in [
        ("ak_bad", good.clone(), 401),
        (
            KEY_A,
            json!({"batch": [{"type": "track", "userId": "u"}]}),
            400,
        ),
        (
            KEY_A,
            json!({"batch": [{"type": "dance", "userId": "u"}]}),
            400,
        ),
        (
            KEY_A,
            json!({"batch": [{"type": "track", "event": "e"}]}),
            400,
        ),
        (KEY_A, json!({"batch": []}), 400),
    ] {
        let request = capture
            .post("/v1/batch")
            .basic_auth(key, None::<&str>)
            .body(body.to_string());
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert!(
            answer.body["code"].is_string() && answer.body["message"].is_string(),
            "{}",
            answer.body
        );
    }
    capture
        .log
        .fail_next(1, TransportError::Unavailable("test".into()));
    let request = capture
        .post("/v1/batch")
        .basic_auth(KEY_A, None::<&str>)
        .body(good.to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}
