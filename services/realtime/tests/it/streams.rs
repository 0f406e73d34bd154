//! What viewers see, miss and get back.

use std::time::Duration;

use bytesize::ByteSize;
use event_schema::reason::RejectReason;
use event_schema::refusal::RefusalSummary;
use serde_json::{Value, json};
use service_kit::lifecycle::SHUTDOWN_DEADLINE;
use tokio::time::timeout;
use transport::Topic;

use crate::clients::Events;
use crate::harness::{A, B, Keys, Log, Service, config};

const VIEW: &str = r#"{"$current_url":"https://shop.example/cart?x=1","$session_id":"s1","n":1.0}"#;

#[tokio::test]
async fn events_reach_streams_and_sockets_of_their_project_only() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let mut a = service.watch("projectId=shop-a", &keys.read_a).await;
    let mut b = service.watch(&format!("projectId={B}"), &keys.read_b).await;
    let mut native = service
        .watch("project_id=default&format=native", &keys.read_a)
        .await;
    let path = format!("/dashboard?projectId={A}&token={}", keys.read_a);
    let mut socket = service.socket(&path, &[]).await;
    assert_eq!(socket.hear_json().await["type"], "connected");

    let uuid = log.append(A, "$pageview", "ada", VIEW).await;
    log.append(B, "theirs", "bob", "{}").await;
    log.append(A, "last", "ada", r#"{"x":"y"}"#).await;

    let view = a.next().await;
    assert_eq!(view["type"], "pageview");
    assert_eq!(view["projectId"], json!(A));
    assert_eq!(view["data"]["url"], "https://shop.example/cart?x=1");
    assert_eq!(view["data"]["sessionId"], "s1");
    assert_eq!(view["data"]["isNewSession"], true);
    assert_eq!(view["data"]["uuid"], json!(uuid));
    let last = a.next().await;
    assert_eq!(
        (&last["type"], &last["data"]["trackingId"]),
        (&json!("event"), &json!("last"))
    );
    assert_eq!(last["data"]["metadata"], json!({"x": "y"}));
    assert_eq!(socket.hear_json().await, view);
    assert_eq!(socket.hear_json().await, last);
    let event = &native.next().await["event"];
    assert_eq!(
        (&event["event"], &event["distinct_id"]),
        (&json!("$pageview"), &json!("ada"))
    );
    assert_eq!(
        event["properties"],
        serde_json::from_str::<Value>(VIEW).unwrap()
    );
    // The other project saw its own, and nothing before it.
    assert_eq!(b.next().await["data"]["trackingId"], "theirs");
}

#[tokio::test]
async fn who_comes_back_misses_nothing_even_after_a_restart() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let mut events = service.watch("projectId=shop-a", &keys.read_a).await;
    // The greeting alone is enough to come back with.
    let greeting = events.last_id.clone().unwrap();
    for n in 0..6 {
        log.append(A, &format!("e{n}"), &format!("person {n}"), "{}")
            .await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(events.next().await["data"]["trackingId"].clone());
    }
    let id = events.last_id.clone().unwrap();
    drop(events);
    log.append(B, "theirs", "bob", "{}").await;
    service.lifecycle.shut_down();
    assert!(service.lifecycle.finish(SHUTDOWN_DEADLINE).await);

    let service = Service::start(config(&log), &keys).await;
    let url = service.url("/api/live-stream?projectId=shop-a");
    let back = [("x-api-key", keys.read_a.as_str()), ("last-event-id", &id)];
    let (mut events, first) = Events::open(&url, &back).await;
    assert_eq!(first["type"], "connected");
    for _ in 0..3 {
        seen.push(events.next().await["data"]["trackingId"].clone());
    }
    seen.sort_by_key(Value::to_string);
    assert_eq!(seen, ["e0", "e1", "e2", "e3", "e4", "e5"].map(Value::from));

    // All of them, by the query string, over a socket.
    let path = format!(
        "/dashboard?projectId=shop-a&token={}&lastEventId={greeting}",
        keys.read_a
    );
    let mut socket = service.socket(&path, &[]).await;
    for expected in [
        "connected",
        "event",
        "event",
        "event",
        "event",
        "event",
        "event",
    ] {
        assert_eq!(socket.hear_json().await["type"], expected);
    }
    // An id that says nothing here.
    let url = service.url("/api/live-stream?projectId=shop-a&lastEventId=17");
    let (mut events, _) = Events::open(&url, &[("x-api-key", &keys.read_a)]).await;
    assert_eq!(events.next().await["type"], "gap");
}

#[tokio::test]
async fn only_what_was_asked_for_comes() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let mut by_name = service
        .watch("projectId=default&event=b,c", &keys.read_a)
        .await;
    let mut by_person = service
        .watch("projectId=default&distinct_id=bob", &keys.read_a)
        .await;
    let mut by_kind = service
        .watch("projectId=default&type=session_end", &keys.read_a)
        .await;
    for (event, person) in [
        ("a", "ada"),
        ("b", "ada"),
        ("a", "bob"),
        ("$session_end", "ada"),
        ("c", "ada"),
    ] {
        log.append(A, event, person, r#"{"$session_id":"s"}"#).await;
    }
    assert_eq!(by_name.next().await["data"]["trackingId"], "b");
    assert_eq!(by_name.next().await["data"]["trackingId"], "c");
    assert_eq!(by_person.next().await["data"]["distinctId"], "bob");
    let end = by_kind.next().await;
    assert_eq!(
        (&end["type"], &end["data"]["sessionId"]),
        (&json!("session_end"), &json!("s"))
    );
    let (status, body) = service
        .get(
            "/api/live-stream?projectId=default&type=x",
            &[("x-api-key", &keys.read_a)],
        )
        .await;
    assert_eq!((status, &body["errors"][0]["path"]), (400, &json!("type")));
}

#[tokio::test]
async fn a_slow_viewer_is_told_what_it_missed_and_memory_stays() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.limits.waiting_events = 10;
    config.realtime.limits.waiting_bytes = ByteSize::mib(2);
    let service = Service::start(config, &keys).await;
    let mut slow = service.watch("projectId=default", &keys.read_a).await;
    let mut quick = service
        .watch("projectId=default&event=the%20end", &keys.read_a)
        .await;
    // Far more than what fits into the connection and the queue together.
    let heavy = json!({"filler": "x".repeat(400_000)}).to_string();
    for _ in 0..100 {
        log.append(A, "heavy", "ada", &heavy).await;
    }
    log.append(A, "the end", "ada", "{}").await;
    quick.next_of("event").await;
    let (mut seen, mut dropped) = (0, 0);
    loop {
        let message = slow.next().await;
        match message["type"].as_str().unwrap() {
            "dropped" => dropped += message["count"].as_u64().unwrap(),
            "event" if message["data"]["trackingId"] == "the end" => break,
            _ => seen += 1,
        }
    }
    assert_eq!(seen + dropped, 100);
    assert!(dropped > 0, "nothing was left out");
}

#[tokio::test]
async fn counts_say_who_is_there() {
    let (log, keys) = (Log::create().await, Keys::new());
    log.append(A, "$pageview", "ada", VIEW).await;
    // What happened just before the start counts, too.
    let service = Service::start(config(&log), &keys).await;
    let key = [("x-api-key", keys.read_a.as_str())];
    let (status, live) = service.get("/api/live?projectId=shop-a", &key).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&live["persons"], &live["sessions"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(live["pages"], json!([{"page": "/cart", "persons": 1}]));
    assert!(live["events_per_minute"].is_number());
    let minutes = live["minutes"].as_array().unwrap();
    let events: u64 = minutes
        .iter()
        .filter_map(|one| one["events"].as_u64())
        .sum();
    assert_eq!((minutes.len(), events), (30, 1));
    let (_, users) = service.get("/api/live-users?projectId=shop-a", &key).await;
    assert_eq!(users, json!({"liveUsers": 1}));

    let mut events = service
        .watch("projectId=shop-a&format=native&live=true", &keys.read_a)
        .await;
    assert_eq!(events.next_of("live").await["live"]["persons"], 1);
    log.append(A, "click", "bob", "{}").await;
    assert_eq!(events.next_of("event").await["event"]["distinct_id"], "bob");
    while events.next_of("live").await["live"]["persons"] != 2 {}
    let other = [("x-api-key", keys.read_b.as_str())];
    let (_, none) = service.get("/api/live?projectId=shop-b", &other).await;
    assert_eq!((&none["persons"], &none["pages"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn the_debug_stream_tells_of_events_and_refusals() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let url = service.url("/api/debug-stream?projectId=shop-a");
    let (mut debug, first) = Events::open(&url, &[("x-api-key", &keys.read_a)]).await;
    assert_eq!(
        (&first["stage"], &first["level"]),
        (&json!("websocket"), &json!("info"))
    );
    let uuid = log.append(A, "signup", "ada", "{}").await;
    let entry = debug.next().await;
    assert_eq!(
        (&entry["stage"], &entry["eventId"]),
        (&json!("queue"), &json!(uuid))
    );
    assert_eq!(entry["data"]["event"], "signup");
    assert!(entry["message"].is_string() && entry["duration"].is_number());
    let summary = |project| RefusalSummary {
        project_id: project,
        reason: RejectReason::EventNameMissing,
        count: 3,
        window_start: 0,
        window_end: 10_000,
        detail: "event: is required".to_owned(),
        example: "{}".to_owned(),
    };
    // The topic is followed from its end, which may lie behind the first of these.
    let entry = loop {
        for project in [B, A] {
            let record = serde_json::to_vec(&summary(project)).unwrap();
            log.append_raw(Topic::Refused, "k", record).await;
        }
        match timeout(Duration::from_secs(1), debug.next()).await {
            Ok(entry) => break entry,
            Err(_nothing_yet) => {}
        }
    };
    assert_eq!(
        (&entry["stage"], &entry["level"]),
        (&json!("ingestion"), &json!("warn"))
    );
    assert_eq!(
        (&entry["projectId"], &entry["data"]["count"]),
        (&json!(A), &json!(3))
    );
}

#[tokio::test]
async fn what_is_no_event_disturbs_nobody() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let mut events = service.watch("projectId=default", &keys.read_a).await;
    for garbage in ["", "{", "[]", r#"{"v":99}"#, "\u{0}"] {
        log.append_raw(Topic::Events, "ada", garbage.into()).await;
    }
    log.append(
        A,
        "good",
        "ada",
        "{\n\"<img onerror=x>\":\"\\n\\u0000\",\r\n\"d\":1,\"d\":2}",
    )
    .await;
    let good = events.next().await;
    assert_eq!(good["data"]["trackingId"], "good");
    assert_eq!(good["data"]["metadata"]["<img onerror=x>"], "\n\u{0}");
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.heartbeat = Duration::from_millis(100);
    let service = Service::start(config, &keys).await;
    let mut events = service.watch("projectId=default", &keys.read_a).await;
    events.next_of("heartbeat").await;
}

#[tokio::test]
async fn shutting_down_says_so() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let mut events = service.watch("projectId=default", &keys.read_a).await;
    let path = format!("/dashboard?projectId=default&token={}", keys.read_a);
    let mut viewer = service.socket(&path, &[]).await;
    viewer.hear_json().await;
    let mut visitor = service.socket("/?projectId=default&sessionId=s", &[]).await;
    visitor.hear_json().await;
    service.lifecycle.shut_down();
    assert_eq!(viewer.hear_close().await.0, 1001);
    assert_eq!(visitor.hear_close().await.0, 1001);
    let end = events.next_of("error").await;
    assert_eq!(end["code"], "shutting_down");
    assert_eq!(events.read().await, None);
    drop((viewer, visitor));
    assert!(service.lifecycle.finish(SHUTDOWN_DEADLINE).await);
}
