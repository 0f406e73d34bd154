//! Contract §1.1: events, their fields, and the answers.

use reqwest::StatusCode;
use serde_json::{Value, json};
use transport::TransportError;

use crate::harness::{Answer, Capture, KEY_A, PROJECT_A};

#[tokio::test]
async fn one_event_becomes_one_record() {
    let capture = Capture::start().await;
    let answer = Answer::of(
        capture
            .post("/capture")
            .header("x-api-key", KEY_A)
            .header("user-agent", "Mozilla/5.0 (X11)")
            .body(
                r#"{"event":" signup ","distinct_id":7,"timestamp":"2026-01-31T11:59:59.1239Z","plan":"top",
                    "sent_at":"2026-01-31T12:00:00Z","uuid":"0190163D-8694-739B-AEA5-966C26F8AD91",
                    "properties":{"price":1.0,"big":12345678901234567890123}}"#,
            ),
    )
    .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(
        answer.body,
        json!({"status":"accepted","accepted":1,"rejected":[]})
    );
    let record = capture.log.records(transport::Topic::Events).remove(0);
    assert_eq!(
        String::from_utf8(record.payload.to_vec()).unwrap(),
        format!(
            r#"{{"v":1,"project_id":"{PROJECT_A}","uuid":"0190163d-8694-739b-aea5-966c26f8ad91","event":"signup","distinct_id":"7","timestamp":"2026-01-31T11:59:59.123Z","received_at":"2026-01-31T12:00:00.000Z","sent_at":"2026-01-31T12:00:00.000Z","ip":"127.0.0.1","user_agent":"Mozilla/5.0 (X11)","properties":{{"plan":"top","price":1.0,"big":12345678901234567890123}}}}"#
        )
    );
    assert_eq!(&record.key[..], b"7");
}

#[tokio::test]
async fn a_bad_event_never_spoils_its_neighbours() {
    let capture = Capture::start().await;
    let answer = capture
        .capture(
            r#"{"batch":[{"event":"a","distinct_id":"1"},{"event":"","distinct_id":"1"},"text",
                {"event":"b","distinct_id":"2","properties":{"x":NaN}},{"event":"c","distinct_id":"3"}]}"#,
        )
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body["accepted"], 2);
    let rejected: Vec<_> = answer.body["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["index"].as_u64().unwrap(),
                entry["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rejected,
        [
            (1, "event_name_missing"),
            (2, "not_an_object"),
            (3, "invalid_json")
        ]
    );
    let uuids = answer.body["uuids"].as_array().unwrap();
    assert!(uuids[0].is_string() && uuids[1].is_null() && uuids[4].is_string());
    let mut stored: Vec<_> = capture
        .envelopes()
        .iter()
        .map(|envelope| (envelope["event"].clone(), envelope["uuid"].clone()))
        .collect();
    stored.sort_by_key(|(event, _)| event.to_string());
    assert_eq!(
        stored,
        [
            (json!("a"), uuids[0].clone()),
            (json!("c"), uuids[4].clone())
        ]
    );
}

#[tokio::test]
async fn nothing_valid_is_a_400_that_names_every_fault() {
    let capture = Capture::start().await;
    let answer = capture
        .capture(r#"{"batch":[{"event":"a"},{"event":"b","distinct_id":"1","timestamp":"later"}]}"#)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.body["errors"],
        json!([
            {"index":0,"code":"distinct_id_missing","detail":"distinct_id: is required"},
            {"index":1,"code":"timestamp_invalid","detail":"timestamp: must be RFC 3339, such as 2026-01-31T12:00:00.000Z"}
        ])
    );
    let whole = capture.capture("nonsense").await;
    assert_eq!(whole.body["errors"][0]["index"], Value::Null);
    assert_eq!(whole.body["errors"][0]["code"], "invalid_json");
    for (body, code) in [
        ("", "invalid_json"),
        ("nonsense", "invalid_json"),
        ("[]", "not_an_object"),
        (r#"{"batch":[]}"#, "empty_batch"),
        (r#"{"batch":7}"#, "field_invalid"),
        (
            r#"{"batch":[{"event":"a","distinct_id":"1"}],"sent_at":"x"}"#,
            "sent_at_invalid",
        ),
    ] {
        let answer = capture.capture(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code(), code, "{body}");
        assert!(answer.body["detail"].is_string(), "{body}");
    }
    assert!(capture.envelopes().is_empty());
}

#[tokio::test]
async fn a_batch_whose_clock_is_right_is_left_alone() {
    let capture = Capture::start().await;
    let event = json!({"event":"a","distinct_id":"1","timestamp":"2020-01-01T00:00:00.000Z"});
    let batch = json!({"batch":[event],"sent_at":"2020-01-01T00:00:00Z","$ignore_sent_at":true});
    let answer = capture.capture(batch.to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(capture.envelope()["timestamp"], event["timestamp"]);
}

#[tokio::test]
async fn the_time_of_the_batch_corrects_every_clock() {
    let capture = Capture::start().await;
    let body = json!({
        "sent_at": "2020-01-01T00:00:10Z",
        "batch": [
            {"event":"a","distinct_id":"1","timestamp":"2020-01-01T00:00:00Z"},
            {"event":"b","distinct_id":"1","timestamp":"2020-01-01T00:00:00Z","$ignore_sent_at":true},
            {"event":"c","distinct_id":"1","timestamp":"2020-01-01T00:00:00Z","sent_at":"2020-01-01T00:00:05Z"},
            {"event":"d","distinct_id":"1"},
        ]
    });
    assert_eq!(
        capture.capture(body.to_string()).await.status,
        StatusCode::ACCEPTED
    );
    let times: Vec<_> = capture
        .envelopes()
        .iter()
        .map(|envelope| envelope["timestamp"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        times,
        [
            "2026-01-31T11:59:50.000Z",
            "2020-01-01T00:00:00.000Z",
            "2026-01-31T11:59:55.000Z",
            "2026-01-31T12:00:00.000Z"
        ]
    );
}

#[tokio::test]
async fn what_is_not_confirmed_is_a_503_with_the_uuids() {
    let capture = Capture::start().await;
    let body = r#"{"batch":[{"event":"a","distinct_id":"1"},{"event":"b"}]}"#;
    for fail in [true, false] {
        if fail {
            capture
                .log
                .fail_next(1, TransportError::Unavailable("test".into()));
        } else {
            capture.log.lose_answers(1);
        }
        let answer = capture.capture(body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            answer.body["detail"],
            "Event ingestion temporarily unavailable"
        );
        assert_eq!(answer.headers["retry-after"], "1");
        assert!(answer.body["uuids"][0].is_string());
        assert!(answer.body["uuids"][1].is_null());
    }
    assert_eq!(capture.capture(body).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_too_large_for_the_log_is_a_refused_event() {
    let capture = Capture::start().await;
    capture
        .log
        .fail_next(1, TransportError::TooLarge { size: 9, limit: 8 });
    let answer = capture
        .capture(r#"{"batch":[{"event":"a","distinct_id":"1"},{"event":"b","distinct_id":"1"}]}"#)
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body["accepted"], 1);
    assert_eq!(answer.body["rejected"][0]["code"], "event_too_large");
}

#[tokio::test]
async fn health_and_readiness_tell_the_truth() {
    let capture = Capture::start().await;
    let get = async |path: &str| Answer::of(capture.request(reqwest::Method::GET, path)).await;
    assert_eq!(get("/health").await.body, json!({"status":"ok"}));
    let ready = get("/ready").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.body["status"], "ready");
    assert_eq!(ready.body["kafka"], "connected");
    capture.log.set_down(true);
    let ready = get("/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.body["status"], "not ready");
    capture.log.set_down(false);
    assert_eq!(get("/ready").await.status, StatusCode::OK);
    capture.capture(r#"{"event":"a","distinct_id":"1"}"#).await;
    let metrics = get("/metrics").await;
    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("capture_events_total"), "{text}");
}

#[tokio::test]
async fn the_end_is_orderly_and_tells_what_was_refused() {
    let capture = Capture::start().await;
    for _ in 0..3 {
        capture
            .capture(r#"{"event":"","distinct_id":"1","api_key":"ak_0123456789012345678901234567890123456789012"}"#)
            .await;
    }
    let log = capture.log.clone();
    assert!(capture.stop().await);
    let told = log.records(transport::Topic::Refused);
    assert_eq!(told.len(), 1);
    let summary: event_schema::refusal::RefusalSummary =
        serde_json::from_slice(&told[0].payload).unwrap();
    assert_eq!(summary.project_id, PROJECT_A);
    assert_eq!(summary.count, 3);
    assert_eq!(summary.reason.code(), "event_name_missing");
    assert_eq!(
        summary.example,
        r#"{"event":"","distinct_id":"1","api_key":"***"}"#
    );
}
