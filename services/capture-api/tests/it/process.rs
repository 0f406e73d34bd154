//! The real program, started as the launcher starts it, in front of the real
//! broker.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use event_schema::envelope::Envelope;
use reqwest::StatusCode;
use serde_json::json;
use service_kit::config::KafkaConfig;
use testing::proxy::Mode;
use testing::{Proxy, eventually, required};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use transport::kafka::{Admin, RangeRead, Reader};
use transport::{Position, Topic};

use crate::encodings::gzip;
use crate::harness::{Answer, KEY_A, PROJECT_A, client};

/// Names of one test's own on the real broker, made.
async fn topics() -> KafkaConfig {
    let config = KafkaConfig {
        brokers: required("MILLRACE_TEST_KAFKA"),
        topic_prefix: format!("capture-{}-", uuid::Uuid::new_v4().simple()),
        partitions: 3,
        ..KafkaConfig::default()
    };
    Admin::new(&config).unwrap().ensure_topics().await.unwrap();
    config
}

/// The running program; killed when the test ends before it does.
struct Program {
    child: Child,
    url: String,
    client: reqwest::Client,
    _home: tempfile::TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}

impl Program {
    /// Without a database, with the keys as they were saved.
    async fn start(kafka: &KafkaConfig) -> Self {
        Self::start_with(kafka, &saved_keys()).await
    }

    async fn start_with(kafka: &KafkaConfig, saved_keys: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("keys.json");
        std::fs::write(&keys, saved_keys).unwrap();
        let child = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_capture-api")))
            .arg("serve")
            .env("MILLRACE_CAPTURE__KEYS__SNAPSHOT", &keys)
            .env("MILLRACE_HOME", home.path())
            .env("MILLRACE_CAPTURE__HTTP__LISTEN", address.to_string())
            .env("MILLRACE_KAFKA__BROKERS", &kafka.brokers)
            .env("MILLRACE_KAFKA__TOPIC_PREFIX", &kafka.topic_prefix)
            .env("MILLRACE_TELEMETRY__LOG_FILTER", "error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            url: format!("http://{address}"),
            client: client(),
            _home: home,
        }
    }

    async fn post(&self, body: String) -> Answer {
        let request = self.client.post(format!("{}/capture", self.url));
        Answer::of(request.header("x-api-key", KEY_A).body(body)).await
    }

    async fn is_ready(&self) -> Result<(), String> {
        let request = self.client.get(format!("{}/ready", self.url));
        let response = request.send().await.map_err(|error| error.to_string())?;
        match response.status() {
            StatusCode::OK => Ok(()),
            _ => Err(response.text().await.unwrap_or_default()),
        }
    }

    async fn wait_until_ready(&self) {
        eventually(Duration::from_secs(120), || self.is_ready()).await;
    }

    fn resident_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_ascii_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Asks it to stop and waits for its end; whether it was orderly.
    fn terminate(&mut self) -> bool {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        asked.success() && self.child.wait().unwrap().success()
    }
}

/// The key directory's own file with the key of A in it.
fn saved_keys() -> String {
    let project = json!({"id": PROJECT_A, "slug": "shop", "aliases": []});
    let key = json!({
        "hash": identity::KeyHash::of(KEY_A),
        "key_id": uuid::Uuid::from_u128(1),
        "project": project,
        "scopes": ["capture"],
    });
    let saved_at = "2026-01-01T00:00:00Z";
    json!({"format": 1, "saved_at": saved_at, "projects": [project], "keys": [key]}).to_string()
}

fn batch(first: usize, count: usize) -> String {
    let events: Vec<_> = (first..first + count)
        .map(|n| json!({"event": "e", "distinct_id": format!("person {}", n % 7), "properties": {"n": n}}))
        .collect();
    json!({ "batch": events }).to_string()
}

/// The numbers of the events on the log, sorted.
async fn stored(kafka: &KafkaConfig) -> Vec<u64> {
    let reader = Reader::new(kafka).unwrap();
    let within = Duration::from_secs(120);
    let mut numbers = Vec::new();
    for (partition, marks) in reader.watermarks(Topic::Events, within).await.unwrap() {
        let start = Position::new(partition, 0);
        let count = usize::try_from(marks.end).unwrap();
        let read = reader.read(Topic::Events, start, count, within).await;
        let RangeRead::Records(records) = read.unwrap() else {
            panic!("records are gone from partition {partition}");
        };
        for delivery in records {
            let envelope = Envelope::parse(&delivery.payload).unwrap();
            assert_eq!(envelope.distinct_id.as_bytes(), delivery.key);
            let properties: serde_json::Value =
                serde_json::from_str(envelope.properties.get()).unwrap();
            numbers.push(properties["n"].as_u64().unwrap());
        }
    }
    numbers.sort_unstable();
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_log_through_an_outage_and_an_orderly_end() {
    let kafka = topics().await;
    let proxy = Proxy::start_kafka(&kafka.brokers).await.unwrap();
    let behind_proxy = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..kafka.clone()
    };
    let mut program = Program::start(&behind_proxy).await;
    program.wait_until_ready().await;
    assert_eq!(
        program.post(batch(0, 100)).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(stored(&kafka).await, (0..100).collect::<Vec<_>>());

    for mode in [Mode::Cut, Mode::Stall] {
        proxy.set(mode);
        let started = Instant::now();
        let answer = program.post(batch(1_000, 10)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{mode:?}");
        assert!(
            // Promised are 5 s, to the client; here the machine does other things, too.
            started.elapsed() < Duration::from_secs(60),
            "{mode:?} {:?}",
            started.elapsed()
        );
        assert_eq!(answer.body["uuids"].as_array().unwrap().len(), 10);
        assert!(program.is_ready().await.is_err(), "{mode:?}");
        proxy.set(Mode::Pass);
        program.wait_until_ready().await;
    }

    let answer = eventually(Duration::from_secs(120), async || {
        let answer = program.post(batch(100, 50)).await;
        match answer.status {
            StatusCode::ACCEPTED => Ok(answer),
            other => Err(other),
        }
    })
    .await;
    assert_eq!(answer.body["accepted"], 50);
    assert!(program.terminate());
    let numbers = stored(&kafka).await;
    for n in 0..150 {
        assert!(
            numbers.contains(&n),
            "{n} was accepted and is not in the log"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_database_and_saved_keys_it_says_that_it_cannot_judge() {
    let kafka = topics().await;
    let program = Program::start_with(&kafka, "{}").await;
    let state = eventually(Duration::from_secs(120), async || {
        match program.is_ready().await {
            Err(state) if state.contains("not ready") => Ok(state),
            other => Err(other),
        }
    })
    .await;
    assert!(state.contains("no keys were loaded yet"), "{state}");
    assert_eq!(
        program.post(batch(0, 1)).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_under_bombs_and_half_open_connections() {
    let kafka = topics().await;
    let program = Program::start(&kafka).await;
    program.wait_until_ready().await;
    assert_eq!(
        program.post(batch(0, 100)).await.status,
        StatusCode::ACCEPTED
    );
    let before = program.resident_kib();

    let address = program.url.trim_start_matches("http://").to_owned();
    let mut open = Vec::new();
    for n in 0..1_000 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = if n % 2 == 0 {
            "POST /capture HT".to_owned()
        } else {
            format!(
                "POST /capture HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY_A}\r\ncontent-length: 20000000\r\n\r\n{}",
                " ".repeat(100)
            )
        };
        stream.write_all(head.as_bytes()).await.unwrap();
        open.push(stream);
    }
    let bomb = Bytes::from(gzip(&vec![b' '; 300 * 1024 * 1024]));
    let first = highest_under_bombs(&program, &bomb).await;
    let mut later = 0;
    for _ in 0..3 {
        later = later.max(highest_under_bombs(&program, &bomb).await);
    }
    assert_eq!(
        program.post(batch(0, 100)).await.status,
        StatusCode::ACCEPTED
    );
    // Less than one bomb holds, and no more for more of them.
    assert!(
        first - before < 256 * 1024,
        "memory grew to {first} KiB from {before} KiB"
    );
    assert!(
        later < first + 64 * 1024,
        "memory grew to {later} KiB from {first} KiB of the first bombs"
    );
}

/// Sends twenty of `bomb` at once; the most memory that the program had
/// meanwhile, in KiB.
async fn highest_under_bombs(program: &Program, bomb: &Bytes) -> u64 {
    let bombs = (0..20).map(|_| {
        let request = program
            .client
            .post(format!("{}/capture", program.url))
            .header("x-api-key", KEY_A)
            .header("content-encoding", "gzip")
            .body(bomb.clone());
        Answer::of(request)
    });
    let mut highest = program.resident_kib();
    let all = futures::future::join_all(bombs);
    tokio::pin!(all);
    let answers = loop {
        tokio::select! {
            answers = &mut all => break answers,
            () = tokio::time::sleep(Duration::from_millis(5)) => highest = highest.max(program.resident_kib()),
        }
    };
    // On a busy machine some wait too long for their turn; none is taken.
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let is_refused = |status: &StatusCode| {
        *status == StatusCode::PAYLOAD_TOO_LARGE || *status == StatusCode::SERVICE_UNAVAILABLE
    };
    assert!(statuses.iter().all(is_refused), "{statuses:?}");
    assert!(statuses.contains(&StatusCode::PAYLOAD_TOO_LARGE));
    highest
}
