//! Contract §1.2: Bklit's trackers.

use reqwest::StatusCode;
use serde_json::json;
use transport::TransportError;

use crate::harness::{Answer, Capture, KEY_A, KEY_SITE, KEY_SLOW};

#[tokio::test]
async fn each_report_is_queued_under_an_id() {
    for (path, body, message, name, properties) in [
        (
            "/track",
            json!({"url": "https://shop.test/", "timestamp": "2026-01-31T11:00:00.000Z", "projectId": "shop", "sessionId": "s", "userAgent": "Mozilla/5.0"}),
            "Event queued",
            "$pageview",
            json!({"$current_url": "https://shop.test/", "$raw_user_agent": "Mozilla/5.0", "$session_id": "s"}),
        ),
        (
            "/track-event",
            json!({"trackingId": "cta", "eventType": "click", "metadata": {"x": [1]}, "sessionId": "s"}),
            "Event queued",
            "cta",
            json!({"$session_id": "s", "$event_type": "click", "x": [1]}),
        ),
        (
            "/session-end",
            json!({"sessionId": "s", "projectId": "default"}),
            "Session end queued",
            "$session_end",
            json!({"$session_id": "s"}),
        ),
    ] {
        let capture = Capture::start().await;
        let answer = Answer::of(capture.post(path).bearer_auth(KEY_A).body(body.to_string())).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {}", answer.body);
        assert_eq!(answer.body["message"], message);
        let id = answer.body["eventId"].as_str().unwrap();
        assert!(id.starts_with("evt_1769860800000_"), "{id}");
        let envelope = capture.envelope();
        assert_eq!(envelope["event"], name);
        assert_eq!(envelope["distinct_id"], "s");
        assert_eq!(envelope["properties"], properties);
        let uuid = event_schema::ids::uuid_of_foreign_id(crate::harness::PROJECT_A, id);
        assert_eq!(envelope["uuid"], uuid.to_string());
    }
}

#[tokio::test]
async fn a_request_that_names_its_event_is_the_same_event_when_it_is_sent_again() {
    let capture = Capture::start().await;
    let body = json!({"trackingId": "cta", "sessionId": "s"}).to_string();
    let send = async |id: &str| {
        let request = capture.post("/track-event").bearer_auth(KEY_A);
        let answer = Answer::of(request.header("Idempotency-Key", id).body(body.clone())).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let queued = answer.body["eventId"].as_str().unwrap().to_owned();
        let envelopes = capture.envelopes();
        (queued, envelopes.last().unwrap()["uuid"].clone())
    };
    let first = send("evt_1769860800000_abcdefgh1").await;
    assert_eq!(first.0, "evt_1769860800000_abcdefgh1");
    assert_eq!(send("evt_1769860800000_abcdefgh1").await, first);
    assert_ne!(send("evt_1769860800000_abcdefgh2").await, first);
    // One of another form is somebody else's.
    assert_ne!(send("abc").await.0, "abc");
}

#[tokio::test]
async fn faults_are_told_in_bklits_words() {
    let capture = Capture::start().await;
    let body = json!({"sessionId": "s", "url": "u"}).to_string();
    let missing = Answer::of(capture.post("/track").body(body.clone())).await;
    assert_eq!(missing.status, StatusCode::UNAUTHORIZED);
    assert_eq!(missing.body["error"], "Missing authorization");
    let invalid = Answer::of(
        capture
            .post("/session-end")
            .bearer_auth("x")
            .body(body.clone()),
    )
    .await;
    assert_eq!(invalid.status, StatusCode::UNAUTHORIZED);
    assert_eq!(invalid.body["error"], "Invalid token");
    let in_body = json!({"sessionId": "s", "url": "u", "token": KEY_A}).to_string();
    let in_body = Answer::of(capture.post("/track").body(in_body)).await;
    assert_eq!(in_body.status, StatusCode::OK, "{}", in_body.body);
    assert!(!capture.envelope()["properties"].to_string().contains("ak_"));
    let broken = Answer::of(capture.post("/track").bearer_auth(KEY_A).body("{")).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(broken.body["error"].is_string());
    let elsewhere = Answer::of(
        capture
            .post("/track")
            .bearer_auth(KEY_SITE)
            .body(body.clone()),
    )
    .await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    let foreign = json!({"sessionId": "s", "projectId": "blog"}).to_string();
    let foreign = Answer::of(capture.post("/track").bearer_auth(KEY_A).body(foreign)).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    capture
        .log
        .fail_next(1, TransportError::Unavailable("test".into()));
    let down = Answer::of(capture.post("/track").bearer_auth(KEY_A).body(body.clone())).await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..8 {
        let answer = Answer::of(
            capture
                .post("/track")
                .bearer_auth(KEY_SLOW)
                .body(body.clone()),
        )
        .await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.body["limit"], 5);
            assert!(answer.body["message"].is_string() && answer.body["currentUsage"].is_number());
            return;
        }
    }
    panic!("no request was limited");
}
