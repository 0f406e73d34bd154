//! From a client of the capture API to those who watch, through the real
//! processes' front doors.

use std::net::TcpListener;
use std::process::{Child, Command};

use identity::Scopes;
use serde_json::json;
use testing::{binary, eventually};

use crate::accounts::Accounts;
use crate::clients::{Events, PATIENCE, Socket, http};
use crate::harness::Log;

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct World {
    capture: String,
    realtime: String,
    read: String,
    write: String,
    realtime_log: std::path::PathBuf,
    _processes: [Process; 2],
    accounts: Accounts,
    _home: tempfile::TempDir,
}

/// A port that nobody has, below those that the system gives out by itself: it
/// must still be free when the process takes it.
fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| {
        let [high, low, ..] = *uuid::Uuid::new_v4().as_bytes();
        10_000 + u16::from_be_bytes([high, low]) % 20_000
    });
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().unwrap()
}

impl World {
    async fn create() -> Self {
        let (log, accounts) = (Log::create().await, Accounts::create().await);
        let home = tempfile::tempdir().unwrap();
        let (_, read) = accounts.add_key(Scopes::READ).await;
        let (_, write) = accounts.add_key(Scopes::CAPTURE).await;
        let database = &accounts.database;
        let (capture, realtime) = (free_port(), free_port());
        let start = |name: &str, values: &[(&str, String)]| {
            let output = std::fs::File::create(home.path().join(name)).unwrap();
            let errors = output.try_clone().unwrap();
            let mut command = Command::new(binary(name));
            command
                .env("MILLRACE_HOME", home.path())
                .env("MILLRACE_KAFKA__BROKERS", &log.config.brokers)
                .env("MILLRACE_KAFKA__TOPIC_PREFIX", &log.config.topic_prefix)
                .env("MILLRACE_TELEMETRY__LOG_FILTER", "debug")
                .envs(values.iter().map(|(key, value)| (*key, value)))
                .stdout(output)
                .stderr(errors);
            Process(command.spawn().unwrap())
        };
        let listen = |port: u16| format!("127.0.0.1:{port}");
        let processes = [
            start(
                "capture-api",
                &[
                    ("MILLRACE_CAPTURE__HTTP__LISTEN", listen(capture)),
                    (
                        "MILLRACE_POSTGRES__URL",
                        database.url_as("millrace_capture"),
                    ),
                ],
            ),
            start(
                "realtime",
                &[
                    ("MILLRACE_REALTIME__HTTP__LISTEN", listen(realtime)),
                    (
                        "MILLRACE_REALTIME__CAPTURE_URL",
                        format!("http://{}", listen(capture)),
                    ),
                    ("MILLRACE_REALTIME__SESSION_GRACE", "50ms".to_owned()),
                    (
                        "MILLRACE_POSTGRES__URL",
                        database.url_as("millrace_realtime"),
                    ),
                ],
            ),
        ];
        for port in [capture, realtime] {
            eventually(PATIENCE, || async {
                let url = format!("http://{}/ready", listen(port));
                let answer = http()
                    .get(url)
                    .send()
                    .await
                    .map_err(|error| error.to_string())?;
                if answer.status().is_success() {
                    return Ok(());
                }
                Err(answer.text().await.unwrap_or_default())
            })
            .await;
        }
        Self {
            capture: format!("http://{}", listen(capture)),
            realtime: listen(realtime),
            read,
            write,
            realtime_log: home.path().join("realtime"),
            _processes: processes,
            accounts,
            _home: home,
        }
    }
}

#[tokio::test]
async fn what_is_captured_is_seen_at_once() {
    let world = World::create().await;
    let url = format!(
        "http://{}/api/live-stream?projectId={}&format=native&token={}",
        world.realtime, world.accounts.shop, world.read
    );
    let (mut events, _) = Events::open(&url, &[]).await;
    let path = format!("/dashboard?projectId=shop&token={}", world.read);
    let mut viewer = Socket::open(&world.realtime, &path, &[]).await;
    assert_eq!(viewer.hear_json().await["type"], "connected");

    let event = json!({"event": "signup", "distinct_id": "ada", "properties": {"plan": "team"}});
    let answer = http()
        .post(format!("{}/capture", world.capture))
        .header("x-api-key", &world.write)
        .body(event.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    let seen = events.next_of("event").await;
    assert_eq!(seen["event"]["event"], "signup");
    assert_eq!(seen["event"]["properties"], json!({"plan": "team"}));
    assert_eq!(viewer.hear_json().await["data"]["trackingId"], "signup");

    // A visitor's page view goes in by a socket and comes out by the others.
    let mut visitor = Socket::open(&world.realtime, "/?projectId=shop&sessionId=s1", &[]).await;
    visitor.hear_json().await;
    visitor
        .say(json!({"type": "auth", "apiKey": world.write}))
        .await;
    assert_eq!(visitor.hear_json().await["type"], "auth_success");
    let view = json!({"url": "https://shop.example/a", "title": "A"});
    visitor.say(json!({"type": "pageview", "data": view})).await;
    let ack = visitor.hear_json().await;
    assert_eq!(
        (&ack["type"], &ack["messageType"]),
        (&json!("ack"), &json!("pageview"))
    );
    assert!(ack["eventId"].as_str().unwrap().starts_with("evt_"));
    let seen = viewer.hear_json().await;
    assert_eq!(seen["type"], "pageview");
    assert_eq!(
        (&seen["data"]["url"], &seen["data"]["sessionId"]),
        (&view["url"], &json!("s1"))
    );
    visitor.leave().await;
    let end = viewer.hear_json().await;
    assert_eq!(
        (&end["type"], &end["data"]["sessionId"]),
        (&json!("session_end"), &json!("s1"))
    );
    assert_eq!(events.next_of("event").await["event"]["event"], "$pageview");

    // Credentials that came in query strings and messages are in no log line.
    let log = std::fs::read_to_string(&world.realtime_log).unwrap();
    assert!(log.contains("the realtime service answers"), "{log}");
    for secret in [&world.read, &world.write] {
        assert!(!log.contains(secret.as_str()), "a key was logged");
    }
}
