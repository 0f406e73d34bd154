//! Redis: the events where it is the transport, and the open sessions.

use deadpool_redis::redis::{AsyncTypedCommands as _, Client, aio::MultiplexedConnection};
use event_schema::ids::ProjectId;
use identity::{ApiKey, KeyDirectory, KeyInfo, Scopes};
use realtime::Config;
use serde_json::{Value, json};
use service_kit::Clock;
use service_kit::config::{Secret, TransportKind};
use testing::{eventually, required};
use uuid::Uuid;

use crate::clients::{Events, PATIENCE};
use crate::harness::{Keys, Log, Service, config};

fn url() -> String {
    required("MILLRACE_TEST_REDIS_URL")
}

async fn connect() -> MultiplexedConnection {
    let client = Client::open(url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Keys of a project that no other test knows.
fn keys_of(project: ProjectId) -> Keys {
    let mut keys = Keys::new();
    keys.read_a = ApiKey::generate().expose().to_owned();
    let info = KeyInfo::new(project, "mine", Scopes::READ);
    keys.directory = KeyDirectory::fixed([(&keys.read_a, info)], Clock::system());
    keys
}

#[tokio::test]
async fn the_channel_is_shown_to_its_project() {
    let keys = Keys::new();
    let prefix = format!("rt{}-", Uuid::new_v4().simple());
    let mut config = Config::default();
    config.transport.kind = TransportKind::Redis;
    config.redis.url = Secret::new(url());
    config.redis_list.key_prefix.clone_from(&prefix);
    let service = Service::start(config, &keys).await;
    let mut events = service.watch("projectId=shop-a", &keys.read_a).await;
    let debug = service.url("/api/debug-stream?projectId=shop-a");
    let (mut debug, _) = Events::open(&debug, &[("x-api-key", &keys.read_a)]).await;

    let mut redis = connect().await;
    let channel = format!("{prefix}live-events");
    let mut publish = async |channel: &str, message: Value| {
        redis.publish(channel, message.to_string()).await.unwrap();
    };
    for (project, id) in [("nobody", "lost"), ("shop-b", "theirs"), ("shop-a", "mine")] {
        let message = json!({
            "projectId": project, "timestamp": "2026-01-31T12:00:00.000Z", "type": "event",
            "data": {"trackingId": id, "eventType": "click", "sessionId": "s", "metadata": {"x": 1}},
        });
        publish(&channel, message).await;
    }
    let event = events.next().await;
    assert_eq!(
        (&event["type"], &event["timestamp"]),
        (&json!("event"), &json!("2026-01-31T12:00:00.000Z"))
    );
    assert_eq!(event["data"]["trackingId"], "mine");
    assert_eq!(debug.next().await["data"]["event"], "mine");

    // What other processes log of this project, and no other's.
    let entry = |project: &str| {
        json!({
            "timestamp": "2026-01-31T12:00:00.000Z", "stage": "worker", "level": "info",
            "message": "stored", "data": {}, "projectId": project,
        })
    };
    let logs = format!("{prefix}debug-logs");
    publish(&logs, entry("shop-b")).await;
    publish(&logs, entry("shop-a")).await;
    assert_eq!(debug.next().await, entry("shop-a"));

    // Who comes back is given what came meanwhile.
    let id = events.last_id.clone().unwrap();
    drop(events);
    let message = json!({"projectId": "shop-a", "type": "pageview", "data": {"url": "https://x/a", "sessionId": "s"}});
    publish(&channel, message).await;
    let url = service.url("/api/live-stream?projectId=shop-a");
    eventually(PATIENCE, || async {
        let back = [("x-api-key", keys.read_a.as_str()), ("last-event-id", &id)];
        let (mut events, first) = Events::open(&url, &back).await;
        // With nothing missed yet the greeting has an id.
        if events.last_id.is_some() {
            return Err(first);
        }
        assert_eq!(events.next().await["data"]["url"], "https://x/a");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn open_sessions_are_where_others_look_for_them() {
    let (log, project) = (Log::create().await, ProjectId(Uuid::now_v7()));
    let keys = keys_of(project);
    let mut config = config(&log);
    config.redis.url = Secret::new(url());
    let service = Service::start(config, &keys).await;
    let key = format!("live:sessions:{project}");
    let mut redis = connect().await;
    // Another writer's session, long silent.
    redis.zadd(&key, "old", 1).await.unwrap();
    for session in ["s1", "s2"] {
        let properties = json!({"$session_id": session}).to_string();
        log.append(project, "$pageview", session, &properties).await;
    }
    let members = async |expected: &[&str]| {
        eventually(PATIENCE, || async {
            let mut redis = connect().await;
            let found: Vec<String> = redis.zrange(&key, 0, -1).await.unwrap();
            if found.iter().eq(expected) {
                Ok(())
            } else {
                Err(found)
            }
        })
        .await;
    };
    // The silent one is swept away.
    members(&["s1", "s2"]).await;
    let read = [("x-api-key", keys.read_a.as_str())];
    let users = service
        .get("/api/live-users?projectId=default", &read)
        .await;
    assert_eq!(users.1, json!({"liveUsers": 2}));
    log.append(project, "$session_end", "s1", r#"{"$session_id":"s1"}"#)
        .await;
    members(&["s2"]).await;
}
