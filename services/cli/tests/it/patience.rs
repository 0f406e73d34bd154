//! `import` and a capture service that is busy, away, or takes less: one that answers as a
//! test says, and remembers what it took.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::stack::at_a_terminal;

/// What the server says to the next request with so many events; `None` is a 202.
type Rule = Box<dyn FnMut(usize) -> Option<Response> + Send>;

struct Server {
    address: SocketAddr,
    taken: Arc<Mutex<BTreeMap<String, u32>>>,
    rule: Arc<Mutex<Rule>>,
}

#[derive(Clone)]
struct Shared {
    taken: Arc<Mutex<BTreeMap<String, u32>>>,
    rule: Arc<Mutex<Rule>>,
}

impl Server {
    async fn start() -> Self {
        let shared = Shared {
            taken: Arc::default(),
            rule: Arc::new(Mutex::new(Box::new(|_| None))),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/capture", post(capture))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            taken: shared.taken,
            rule: shared.rule,
        }
    }

    fn answers(&self, rule: impl FnMut(usize) -> Option<Response> + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }

    /// Uuids and how often each was acknowledged.
    fn taken(&self) -> BTreeMap<String, u32> {
        self.taken.lock().unwrap().clone()
    }
}

async fn capture(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let body = match headers.get("content-encoding") {
        Some(_) => zstd::decode_all(body.as_ref()).unwrap(),
        None => body.to_vec(),
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["historical_migration"], true);
    let events = body["batch"].as_array().unwrap();
    if let Some(answer) = (shared.rule.lock().unwrap())(events.len()) {
        return answer;
    }
    let mut rejected = Vec::new();
    let mut taken = shared.taken.lock().unwrap();
    for (index, event) in events.iter().enumerate() {
        if event["event"] == "unwanted" {
            rejected
                .push(json!({"index": index, "code": "field_invalid", "detail": "not this one"}));
        } else {
            *taken
                .entry(event["uuid"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    let answer = if rejected.len() == events.len() {
        (
            StatusCode::BAD_REQUEST,
            json!({"detail": "none is valid", "errors": rejected}),
        )
    } else {
        let accepted = events.len() - rejected.len();
        (
            StatusCode::ACCEPTED,
            json!({"status": "accepted", "accepted": accepted, "rejected": rejected}),
        )
    };
    (answer.0, axum::Json(answer.1)).into_response()
}

fn status(code: u16, retry_after: Option<&str>) -> Option<Response> {
    let code = StatusCode::from_u16(code).unwrap();
    let body = axum::Json(json!({"detail": "as the test says"}));
    Some(match retry_after {
        Some(seconds) => (code, [("retry-after", seconds)], body).into_response(),
        None => (code, body).into_response(),
    })
}

/// A folder with a file of `rows` events, of which every hundredth is unwanted.
fn file_of(rows: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..rows)
        .map(|row| {
            let event = if row % 100 == 99 { "unwanted" } else { "wanted" };
            format!("{{\"event\":\"{event}\",\"distinct_id\":\"p{row}\",\"timestamp\":{row},\"n\":{row}}}\n")
        })
        .collect();
    std::fs::write(folder.path().join("rows.ndjson"), lines).unwrap();
    folder
}

async fn import(folder: &TempDir, server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    command
        .args([
            "import",
            "rows.ndjson",
            "--json",
            "--batch",
            "100",
            "--api-key",
            "ak_test",
        ])
        .args(["--capture-url", &format!("http://{}", server.address)])
        .args(arguments)
        .env("MILLRACE_HOME", folder.path().join("home"))
        .current_dir(folder.path());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn report(output: &Output) -> Value {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    report["files"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_not_sent_again() {
    let (server, folder) = (Server::start().await, file_of(1_000));
    let mut left = 4;
    server.answers(move |_| {
        left -= 1;
        if left < 0 {
            status(503, Some("1"))
        } else {
            None
        }
    });
    let first = import(&folder, &server, &["--patience", "0s"]).await;
    assert_eq!(
        first.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    assert!(String::from_utf8_lossy(&first.stderr).contains("same command"));
    assert_eq!(server.taken().len(), 4 * 99);

    server.answers(|_| None);
    let second = import(&folder, &server, &[]).await;
    assert_eq!(second.status.code(), Some(1), "the unwanted are rejected");
    let report_of_second = report(&second);
    let counts = ["rows", "sent", "rejected"].map(|key| report_of_second[key].as_u64().unwrap());
    assert_eq!(counts, [1_000, 990, 10]);
    assert!(report_of_second["resumed_rows"].as_u64().unwrap() >= 300);
    // Two requests are on their way at a time: what was acknowledged behind one that was
    // not comes again, with the same uuids.
    let taken = server.taken();
    assert_eq!(taken.len(), 990);
    assert!(taken.values().filter(|times| **times > 1).count() <= 99);
    let list = std::fs::read_to_string(folder.path().join("rows.ndjson.rejected.ndjson")).unwrap();
    let lines: Vec<u64> = list
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["line"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(
        lines,
        (1..=10).map(|hundred| hundred * 100).collect::<Vec<_>>()
    );

    let third = import(&folder, &server, &[]).await;
    assert_eq!(report(&third)["resumed_rows"], 1_000);
    assert_eq!(
        server.taken(),
        taken,
        "nothing is sent of a file that is done"
    );
    import(&folder, &server, &["--restart"]).await;
    assert_eq!(
        server.taken().len(),
        990,
        "the same rows are the same events"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_busy_away_or_smaller_gets_everything_once() {
    let (server, folder) = (Server::start().await, file_of(300));
    let mut requests = 0;
    server.answers(move |events| {
        requests += 1;
        match requests {
            1 => status(429, Some("0")),
            2 => status(503, Some("0")),
            3 => status(500, None),
            _ if events > 30 => status(413, None),
            _ => None,
        }
    });
    let output = import(&folder, &server, &[]).await;
    assert_eq!(report(&output)["sent"], 297);
    let taken = server.taken();
    assert_eq!(taken.len(), 297);
    assert!(taken.values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_shows_how_far_it_is() {
    let (server, folder) = (Server::start().await, file_of(90));
    let mut left = 3;
    server.answers(move |_| {
        left -= 1;
        if left < 0 {
            None
        } else {
            status(503, Some("1"))
        }
    });
    let url = format!("http://{}", server.address);
    let shown = tokio::task::spawn_blocking(move || {
        let file = folder.path().join("rows.ndjson");
        let file = file.to_str().unwrap();
        at_a_terminal(
            folder.path(),
            &[
                "import",
                file,
                "--api-key",
                "ak_test",
                "--capture-url",
                &url,
            ],
        )
    })
    .await
    .unwrap();
    assert!(
        shown.contains(" %, ") && shown.contains("90 sent"),
        "{shown:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_end_it_with_their_exit_code() {
    let (server, folder) = (Server::start().await, file_of(10));
    for (answer, code) in [(401, 4), (403, 4), (404, 1), (400, 1)] {
        server.answers(move |_| status(answer, None));
        let output = import(&folder, &server, &[]).await;
        assert_eq!(output.status.code(), Some(code), "{answer}");
    }
    assert!(server.taken().is_empty());
    server.answers(|_| status(413, None));
    let output = import(&folder, &server, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report(&output)["reasons"]["event_too_large"]["count"], 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_cut_gives_what_it_has() {
    let (server, folder) = (Server::start().await, file_of(5_000));
    let path = folder.path().join("rows.ndjson");
    let packed = zstd::encode_all(std::fs::File::open(&path).unwrap(), 1).unwrap();
    std::fs::write(&path, &packed[..packed.len() - 10]).unwrap();
    let output = import(&folder, &server, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("because"));
    let before = server.taken().len();
    assert!(before > 0);
    std::fs::write(&path, packed).unwrap();
    let output = import(&folder, &server, &[]).await;
    assert_eq!(report(&output)["sent"], 4_950);
    assert_eq!(server.taken().len(), 4_950, "of {before} before");
}
