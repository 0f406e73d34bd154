//! Contract §1.3: what PostHog's SDKs send, in every form they send it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use transport::TransportError;

use crate::encodings::gzip;
use crate::harness::{Answer, Capture, KEY_A, PROJECT_A};

fn event() -> Value {
    json!({
        "event": "$pageview",
        "uuid": "0190163d-8694-739b-aea5-966c26f8ad91",
        "properties": {"distinct_id": "d", "token": KEY_A, "$lib": "web", "price": 1.5, "nested": {"ü": [true, null]}},
        "timestamp": "2026-01-31T11:59:00.000Z",
    })
}

#[track_caller]
fn assert_stored(capture: &Capture) {
    let envelope = capture.envelope();
    assert_eq!(envelope["project_id"], PROJECT_A.to_string());
    assert_eq!(envelope["uuid"], "0190163d-8694-739b-aea5-966c26f8ad91");
    assert_eq!(envelope["event"], "$pageview");
    assert_eq!(envelope["distinct_id"], "d");
    assert_eq!(
        envelope["properties"],
        json!({"distinct_id": "d", "$lib": "web", "price": 1.5, "nested": {"ü": [true, null]}})
    );
}

#[tokio::test]
async fn every_path_and_form_is_taken() {
    let one = event().to_string();
    let form = |data: &str| {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("data", data)
            .finish()
            .into_bytes()
    };
    for (path, kind, body) in [
        ("/e/", "application/json", one.clone().into_bytes()),
        ("/e", "application/json", one.clone().into_bytes()),
        (
            "/batch/",
            "application/json",
            json!({"api_key": KEY_A, "batch": [event()], "historical_migration": true})
                .to_string()
                .into_bytes(),
        ),
        (
            "/batch",
            "application/json",
            json!({"token": KEY_A, "batch": [event()]})
                .to_string()
                .into_bytes(),
        ),
        (
            "/i/v0/e/?ip=1&ver=1.2",
            "text/plain",
            json!([event()]).to_string().into_bytes(),
        ),
        ("/capture/", "application/json", one.clone().into_bytes()),
        (
            "/track/",
            "application/x-www-form-urlencoded",
            form(&STANDARD.encode(&one)),
        ),
        (
            "/e/?compression=gzip-js",
            "text/plain",
            gzip(one.as_bytes()),
        ),
        (
            "/e/?compression=base64",
            "application/x-www-form-urlencoded",
            form(&STANDARD.encode(&one)),
        ),
        ("/e/", "application/x-www-form-urlencoded", form(&one)),
    ] {
        let capture = Capture::start().await;
        let request = capture.post(path).header("content-type", kind).body(body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {}", answer.body);
        assert_eq!(answer.body, json!({"status": "Ok"}), "{path}");
        assert_stored(&capture);
    }
}

#[tokio::test]
async fn a_get_carries_its_data_in_the_query() {
    let capture = Capture::start().await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("data", &STANDARD.encode(event().to_string()))
        .finish();
    let answer = Answer::of(capture.request(Method::GET, &format!("/e/?{query}"))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_stored(&capture);
    let capture = Capture::start().await;
    let answer = Answer::of(capture.post(&format!("/e/?{query}"))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_stored(&capture);
    let answer = Answer::of(capture.request(Method::GET, "/e/")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_beacon_is_answered_with_nothing() {
    let capture = Capture::start().await;
    let answer = Answer::of(capture.post("/e/?beacon=1").body(event().to_string())).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_stored(&capture);
}

#[tokio::test]
async fn clocks_follow_the_query_and_the_offset() {
    let capture = Capture::start().await;
    // Sent two minutes ago by the client's clock: its times move by as much.
    let sent = crate::harness::NOW_MS - 120_000;
    let mut late = event();
    late["timestamp"] = json!("2026-01-31T11:57:00.000Z");
    Answer::of(
        capture
            .post(&format!("/e/?_={sent}"))
            .body(late.to_string()),
    )
    .await;
    assert_eq!(capture.envelope()["timestamp"], "2026-01-31T11:59:00.000Z");
    let capture = Capture::start().await;
    let mut offset = event();
    offset["offset"] = json!(2_500);
    Answer::of(capture.post("/e/").body(offset.to_string())).await;
    let envelope = capture.envelope();
    assert_eq!(envelope["timestamp"], "2026-01-31T11:59:57.500Z");
    assert!(envelope["properties"].get("offset").is_none());
}

#[tokio::test]
async fn set_alias_and_group_events_keep_what_they_say() {
    let capture = Capture::start().await;
    let body = json!({"api_key": KEY_A, "batch": [
        {"event": "$identify", "distinct_id": "d", "$set": {"email": "e"}, "properties": {"$anon_distinct_id": "a"}},
        {"event": "$create_alias", "distinct_id": "d", "properties": {"alias": "b"}},
        {"event": "$groupidentify", "distinct_id": "d", "properties": {"$group_type": "org", "$group_key": "1", "$group_set": {"n": 1}}},
    ]});
    let answer = Answer::of(capture.post("/batch/").body(body.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK);
    let stored = capture.envelopes();
    assert_eq!(
        stored[0]["properties"],
        json!({"$set": {"email": "e"}, "$anon_distinct_id": "a"})
    );
    assert_eq!(stored[1]["properties"], json!({"alias": "b"}));
    assert_eq!(stored[2]["properties"]["$group_set"], json!({"n": 1}));
    let engage = json!({"$token": KEY_A, "$distinct_id": "d", "$set": {"a": 1}});
    let answer = Answer::of(capture.post("/engage/").body(engage.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(
        capture
            .envelopes()
            .iter()
            .any(|event| event["event"] == "$identify"
                && event["properties"] == json!({"$set": {"a": 1}}))
    );
}

#[tokio::test]
async fn faults_have_their_status() {
    let capture = Capture::start().await;
    for (body, status) in [
        (json!({"api_key": "ak_bad", "batch": [event()]}), 401),
        (json!({"event": "a", "distinct_id": "d"}), 401),
        (json!({"api_key": KEY_A, "batch": []}), 400),
        (json!({"batch": []}), 401),
        (json!([]), 401),
        (
            json!({"api_key": KEY_A, "event": "", "distinct_id": "d"}),
            400,
        ),
    ] {
        let answer = Answer::of(capture.post("/batch/").body(body.to_string())).await;
        assert_eq!(answer.status.as_u16(), status, "{body} {}", answer.body);
    }
    let mixed = json!({"api_key": KEY_A, "batch": [event(), {"event": ""}]});
    let answer = Answer::of(capture.post("/batch/").body(mixed.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["status"], "Ok");
    assert_eq!(answer.body["rejected"][0]["index"], 1);
    capture
        .log
        .fail_next(1, TransportError::Unavailable("test".into()));
    let answer = Answer::of(capture.post("/e/").body(event().to_string())).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_newest_form_is_answered_event_by_event() {
    let capture = Capture::start().await;
    let uuids = [
        "0190163d-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5-966c26f8ad92",
        "0190163d-8694-739b-aea5-966c26f8ad93",
    ];
    let body = json!({"created_at": "2026-01-31T12:00:00Z", "batch": [
        {"event": "a", "uuid": uuids[0], "distinct_id": "d", "timestamp": "2026-01-31T11:00:00Z", "session_id": "s", "properties": {"x": 1}},
        {"event": "", "uuid": uuids[1], "distinct_id": "d", "timestamp": "2026-01-31T11:00:00Z"},
        {"event": "a", "uuid": uuids[2], "distinct_id": "d", "properties": {"x": "HUGE"}},
    ]}).to_string().replace("\"HUGE\"", "1e400");
    let send = async || {
        Answer::of(
            capture
                .post("/i/v1/analytics/events")
                .bearer_auth(KEY_A)
                .header("posthog-sdk-info", "posthog-js/2.0.1")
                .header("posthog-request-timestamp", "2026-01-31T11:59:50.000Z")
                .body(body.clone()),
        )
        .await
    };
    let answer = send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["results"][uuids[0]], json!({"result": "ok"}));
    assert_eq!(
        answer.body["results"][uuids[1]],
        json!({"result": "drop", "details": "event_name_missing"})
    );
    assert_eq!(
        answer.body["results"][uuids[2]],
        json!({"result": "drop", "details": "field_invalid"})
    );
    let envelope = capture.envelope();
    assert_eq!(envelope["timestamp"], "2026-01-31T11:00:10.000Z");
    assert_eq!(
        envelope["properties"],
        json!({"$session_id": "s", "$lib": "posthog-js", "$lib_version": "2.0.1", "x": 1})
    );
    capture
        .log
        .fail_next(1, TransportError::Unavailable("test".into()));
    let answer = send().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body["results"][uuids[0]]["result"], "retry");
}

#[tokio::test]
async fn start_up_calls_never_fail() {
    let capture = Capture::start().await;
    for (method, path) in [
        (Method::GET, "/array/ak_x/config"),
        (Method::POST, "/flags/?v=2"),
        (Method::POST, "/flags?v=2"),
        (Method::POST, "/decide/?v=3"),
    ] {
        let answer = Answer::of(capture.request(method, path).body("{}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(
            answer.body["supportedCompression"],
            json!(["gzip", "gzip-js"]),
            "{path}"
        );
        assert_eq!(answer.body["featureFlags"], json!({}), "{path}");
    }
    let script = Answer::of(capture.request(Method::GET, "/array/ak_x/config.js")).await;
    assert_eq!(script.headers["content-type"], "application/javascript");
    assert!(
        script
            .body
            .as_str()
            .unwrap()
            .contains("_POSTHOG_REMOTE_CONFIG")
    );
    let wrong = Answer::of(capture.request(Method::GET, "/array/%22%3E/config.js")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
}
