//! Bklit's SDK over its socket, with a capture API that a test decides for.

use std::sync::Arc;

use axum::body::Bytes as Body;
use axum::extract::State;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, Uri};
use parking_lot::Mutex;
use serde_json::{Value, json};
use testing::eventually;
use tokio::net::{TcpListener, TcpSocket};

use crate::clients::{PATIENCE, Socket};
use crate::harness::{Keys, Log, Service, config};

/// What the capture API was asked.
#[derive(Clone, Debug, Default)]
struct Asked {
    path: String,
    headers: HeaderMap,
    body: String,
}

#[derive(Clone, Default)]
struct FakeCapture {
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Status and body of the next answers, once each; else all is well.
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl FakeCapture {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (Self::serve(listener), url)
    }

    fn serve(listener: TcpListener) -> Self {
        let capture = Self::default();
        let router = Router::new().fallback(answer).with_state(capture.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        capture
    }

    /// The requests once there are so many.
    async fn asked(&self, count: usize) -> Vec<Asked> {
        eventually(PATIENCE, || async {
            let asked = self.asked.lock().clone();
            if asked.len() >= count {
                Ok(asked)
            } else {
                Err(asked)
            }
        })
        .await
    }
}

async fn answer(
    State(capture): State<FakeCapture>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> (StatusCode, Json<Value>) {
    let count = {
        let mut asked = capture.asked.lock();
        asked.push(Asked {
            path: uri.path().to_owned(),
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        asked.len()
    };
    match capture.answers.lock().pop() {
        Some((status, body)) => (StatusCode::from_u16(status).unwrap(), Json(body)),
        None => {
            let body = json!({"message": "Event queued", "eventId": format!("evt_{count}_x")});
            (StatusCode::OK, Json(body))
        }
    }
}

struct World {
    keys: Keys,
    capture: FakeCapture,
    service: Service,
    _log: Log,
}

impl World {
    async fn create() -> Self {
        let (log, keys) = (Log::create().await, Keys::new());
        let (capture, url) = FakeCapture::start().await;
        let mut config = config(&log);
        config.realtime.capture_url = url;
        let service = Service::start(config, &keys).await;
        Self {
            keys,
            capture,
            service,
            _log: log,
        }
    }

    async fn visitor(&self, session: &str, headers: &[(&str, &str)]) -> Socket {
        let path = format!("/?projectId=shop-a&sessionId={session}");
        let mut socket = self.service.socket(&path, headers).await;
        let hello = socket.hear_json().await;
        assert_eq!(
            (&hello["type"], &hello["projectId"], &hello["sessionId"]),
            (&json!("connected"), &json!("shop-a"), &json!(session))
        );
        assert!(hello["timestamp"].is_string());
        socket
    }
}

#[tokio::test]
async fn a_visitor_authenticates_reports_and_ends() {
    let world = World::create().await;
    let browser = [
        ("origin", "https://shop.example"),
        ("user-agent", "Mozilla/5.0 test"),
    ];
    let mut socket = world.visitor("s1", &browser).await;
    socket
        .say(json!({"type": "auth", "apiKey": world.keys.write_a}))
        .await;
    assert_eq!(socket.hear_json().await, json!({"type": "auth_success"}));
    socket
        .say_text(
            r#"{"type":"pageview","data":{"url":"https://shop.example/","visitorId":"v","n":1.0}}"#,
        )
        .await;
    assert_eq!(
        socket.hear_json().await,
        json!({"type": "ack", "eventId": "evt_1_x", "messageType": "pageview"})
    );
    // A key beside the event is as good as one before it.
    socket
        .say(json!({"type": "event", "data": {"trackingId": "cta"}, "apiKey": world.keys.write_a}))
        .await;
    assert_eq!(socket.hear_json().await["messageType"], "event");
    let read = [("x-api-key", world.keys.read_a.as_str())];
    let users = world
        .service
        .get("/api/live-users?projectId=shop-a", &read)
        .await;
    assert_eq!(users.1, json!({"liveUsers": 1}));
    socket.leave().await;

    let asked = world.capture.asked(3).await;
    let paths: Vec<_> = asked.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/track", "/track-event", "/session-end"]);
    assert_eq!(
        asked[0].body,
        r#"{"url":"https://shop.example/","visitorId":"v","n":1.0,"sessionId":"s1"}"#
    );
    let end: Value = serde_json::from_str(&asked[2].body).unwrap();
    assert_eq!(
        end,
        json!({"sessionId": "s1", "reason": "disconnect", "visitorId": "v"})
    );
    for one in &asked {
        assert_eq!(
            one.headers["authorization"],
            format!("Bearer {}", world.keys.write_a)
        );
        assert_eq!(one.headers["origin"], "https://shop.example");
        assert_eq!(one.headers["user-agent"], "Mozilla/5.0 test");
        assert_eq!(one.headers["x-forwarded-for"], "127.0.0.1");
    }
}

#[tokio::test]
async fn what_is_not_taken_is_said_and_the_socket_stays() {
    let world = World::create().await;
    let mut socket = world.visitor("s1", &[]).await;
    socket
        .say(json!({"type": "event", "data": {"trackingId": "x"}}))
        .await;
    let refused = socket.hear_json().await;
    assert_eq!(
        (&refused["type"], &refused["code"], &refused["messageType"]),
        (&json!("error"), &json!("unauthorized"), &json!("event"))
    );
    for (text, code) in [
        ("{", "invalid_message"),
        ("[]", "invalid_message"),
        (r#"{"type":"x"}"#, "unknown_type"),
    ] {
        socket.say_text(text).await;
        assert_eq!(socket.hear_json().await["code"], code, "{text}");
    }
    socket
        .say(json!({"type": "auth", "apiKey": world.keys.write_a}))
        .await;
    assert_eq!(socket.hear_json().await["type"], "auth_success");
    for (status, body, code) in [
        (
            429,
            json!({"message": "Rate limit exceeded", "error": "Rate limit exceeded"}),
            "not_accepted",
        ),
        (
            400,
            json!({"error": "event: is required", "code": "event_name_missing"}),
            "event_name_missing",
        ),
    ] {
        world.capture.answers.lock().push((status, body.clone()));
        socket.say(json!({"type": "event", "data": {}})).await;
        let refused = socket.hear_json().await;
        assert_eq!(
            (&refused["code"], &refused["message"]),
            (&json!(code), &body["error"])
        );
    }
    socket.say(json!({"type": "event", "data": [1]})).await;
    assert_eq!(socket.hear_json().await["code"], "invalid_message");
    socket
        .say(json!({"type": "event", "data": {"trackingId": "x"}}))
        .await;
    assert_eq!(socket.hear_json().await["type"], "ack");
}

#[tokio::test]
async fn a_capture_api_that_is_started_again_is_waited_for() {
    let (log, keys) = (Log::create().await, Keys::new());
    // A port that is taken and refuses connections.
    let place = TcpSocket::new_v4().unwrap();
    place.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let mut config = config(&log);
    config.realtime.capture_url = format!("http://{}", place.local_addr().unwrap());
    let service = Service::start(config, &keys).await;
    let path = "/?projectId=shop-a&sessionId=s1";
    let mut socket = service.socket(path, &[]).await;
    socket.hear_json().await;
    socket
        .say(json!({"type": "event", "data": {"trackingId": "x"}, "apiKey": keys.write_a}))
        .await;
    let capture = FakeCapture::serve(place.listen(16).unwrap());
    assert_eq!(socket.hear_json().await["type"], "ack");
    let asked = capture.asked(1).await;
    let sent = asked.iter().filter(|one| one.path == "/track-event");
    assert_eq!(sent.count(), 1);
}

#[tokio::test]
async fn what_a_busy_capture_api_refuses_is_sent_again_under_the_same_id() {
    let world = World::create().await;
    let mut socket = world.visitor("s1", &[]).await;
    let busy = json!({"error": "Event ingestion temporarily unavailable", "code": "unavailable"});
    world.capture.answers.lock().push((503, busy));
    socket
        .say(json!({"type": "event", "data": {"trackingId": "x"}, "apiKey": world.keys.write_a}))
        .await;
    assert_eq!(socket.hear_json().await["type"], "ack");
    socket
        .say(json!({"type": "event", "data": {"trackingId": "x"}}))
        .await;
    assert_eq!(socket.hear_json().await["type"], "ack");
    let asked = world.capture.asked.lock().clone();
    let ids = asked
        .iter()
        .filter(|one| one.path == "/track-event")
        .map(|one| one.headers["idempotency-key"].to_str().unwrap());
    let ids = ids.collect::<Vec<_>>();
    assert!(
        ids.iter().all(|id| event_schema::ids::is_queued_id(id)),
        "{ids:?}"
    );
    assert_eq!((ids.len(), ids[0]), (3, ids[1]));
    assert_ne!(ids[1], ids[2]);
}

#[tokio::test]
async fn an_invalid_key_is_refused() {
    let world = World::create().await;
    let unknown = identity::ApiKey::generate().expose().to_owned();
    let keys = &world.keys;
    for (key, code, reason) in [
        (&unknown, "invalid_api_key", "Invalid API key"),
        (&keys.write_b, "wrong_project", "Invalid API key"),
        (&keys.read_a, "scope_missing", "Invalid API key"),
        (
            &keys.write_shop,
            "unauthorized_origin",
            "Unauthorized origin",
        ),
    ] {
        let mut socket = world
            .visitor("s", &[("origin", "https://evil.example")])
            .await;
        socket.say(json!({"type": "auth", "apiKey": key})).await;
        let refused = socket.hear_json().await;
        assert_eq!(
            (&refused["type"], &refused["code"]),
            (&json!("error"), &json!(code))
        );
        assert_eq!(socket.hear_close().await, (1008, reason.to_owned()));
    }
    let mut socket = world
        .visitor("s", &[("origin", "https://www.shop.example")])
        .await;
    socket
        .say(json!({"type": "auth", "apiKey": keys.write_shop}))
        .await;
    assert_eq!(socket.hear_json().await["type"], "auth_success");
    assert!(world.capture.asked.lock().is_empty());
}

#[tokio::test]
async fn a_session_that_comes_back_has_not_ended() {
    let world = World::create().await;
    let greet = async |session: &str| {
        let mut socket = world.visitor(session, &[]).await;
        socket
            .say(
                json!({"type": "event", "data": {"trackingId": "x"}, "apiKey": world.keys.write_a}),
            )
            .await;
        assert_eq!(socket.hear_json().await["type"], "ack");
        socket
    };
    let (first, other) = (greet("s1").await, greet("s2").await);
    // The next page of the same visit.
    let second = greet("s1").await;
    first.leave().await;
    other.leave().await;
    let asked = world.capture.asked(4).await;
    let ends: Vec<_> = asked
        .iter()
        .filter(|one| one.path == "/session-end")
        .collect();
    assert_eq!(ends.len(), 1);
    assert!(ends[0].body.contains(r#""s2""#));
    second.leave().await;
    let asked = world.capture.asked(5).await;
    assert!(asked[4].path == "/session-end" && asked[4].body.contains(r#""s1""#));
}

#[tokio::test]
async fn who_never_authenticates_is_not_kept() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.authentication_timeout = std::time::Duration::from_millis(100);
    let service = Service::start(config, &keys).await;
    let mut socket = service.socket("/?projectId=x&sessionId=s", &[]).await;
    socket.hear_json().await;
    assert_eq!(
        socket.hear_close().await,
        (1008, "Authentication timeout".to_owned())
    );
}
