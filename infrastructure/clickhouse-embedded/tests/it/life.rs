//! Starting, refusing to start, limits, and an orderly end.

use std::process::Stdio;
use std::time::Duration;

use testing::eventually;

use crate::server::{Server, command, free_port, http};

/// Runs the program to its end and gives its exit code and what it said.
fn run(
    folder: &std::path::Path,
    port: u16,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> (Option<i32>, String) {
    let output = command(folder, port, variables)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[tokio::test]
async fn a_folder_in_use_is_named_with_its_holder() {
    let server = Server::start(&[]).await;
    let (code, text) = run(&server.folder, free_port(), &[], &[]);
    assert_ne!(code, Some(0));
    let holder = std::fs::read_to_string(server.folder.join("lock")).unwrap();
    assert!(
        text.contains(&format!("in use by process {}", holder.trim())),
        "{text}"
    );
}

#[tokio::test]
async fn what_cannot_work_is_said_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let library = [("MILLRACE_ENGINE__LIBRARY", "/nowhere/libchdb.so")];
    let (code, text) = run(folder.path(), free_port(), &library, &[]);
    assert!(code != Some(0) && text.contains("npm ci"), "{text}");

    let open = [("MILLRACE_ENGINE__LISTEN", "0.0.0.0:0")];
    let (code, text) = run(folder.path(), 0, &open, &[]);
    assert!(code != Some(0) && text.contains("engine.token"), "{text}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, text) = run(folder.path(), taken.local_addr().unwrap().port(), &[], &[]);
    assert!(
        code != Some(0) && text.contains("cannot listen on 127.0.0.1"),
        "{text}"
    );

    let other = folder.path().join("libchdb.so");
    std::fs::write(&other, "not the library").unwrap();
    let library = [("MILLRACE_ENGINE__LIBRARY", other.to_str().unwrap())];
    let (code, text) = run(folder.path(), 0, &library, &["verify"]);
    assert!(code != Some(0) && text.contains("sha256"), "{text}");
    assert_eq!(run(folder.path(), 0, &[], &["verify"]).0, Some(0));
}

#[tokio::test]
async fn a_token_is_asked_for_wherever_it_may_stand() {
    let server = Server::start(&[("MILLRACE_ENGINE__TOKEN", "s3cret")]).await;
    let url = &server.url;
    let status =
        async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(http().get(format!("{url}/ping"))).await, 200);
    assert_eq!(status(http().post(url).body("SELECT 1")).await, 401);
    let wrong = http()
        .post(url)
        .header("X-ClickHouse-Key", "wrong")
        .body("SELECT 1");
    assert_eq!(status(wrong).await, 401);
    for right in [
        http().post(url).header("X-ClickHouse-Key", "s3cret"),
        http().post(url).basic_auth("default", Some("s3cret")),
        http().post(format!("{url}/?user=default&password=s3cret")),
    ] {
        assert_eq!(status(right.body("SELECT 1")).await, 200);
    }
    let client = server.client().with_user("default").with_password("s3cret");
    assert_eq!(client.query("SELECT 7").fetch_one::<u8>().await.unwrap(), 7);
    assert!(
        server
            .client()
            .query("SELECT 7")
            .fetch_one::<u8>()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn probes_and_metrics_answer() {
    let server = Server::start(&[]).await;
    let get = async |path: &str| {
        let answer = http()
            .get(format!("{}{path}", server.url))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/").await, (200, "Ok.\n".to_owned()));
    assert_eq!(get("/ping").await, (200, "Ok.\n".to_owned()));
    assert_eq!(get("/health").await.0, 200);
    let (status, text) = get("/ready").await;
    assert!(
        status == 200 && text.contains("\"engine\":\"connected\""),
        "{text}"
    );
    server.post("SELECT 1").await;
    let (_, text) = get("/metrics").await;
    let counted = "engine_statements_total{kind=\"read\",outcome=\"ok\"} 1";
    assert!(text.contains(counted), "{text}");
}

#[tokio::test]
async fn limits_hold() {
    let server = Server::start(&[
        ("MILLRACE_ENGINE__MEMORY", "400MB"),
        ("MILLRACE_ENGINE__MAX_CONCURRENT_REQUESTS", "2"),
        ("MILLRACE_ENGINE__QUEUE_TIMEOUT", "200ms"),
        ("MILLRACE_ENGINE__MAX_STATEMENT", "10KiB"),
        ("MILLRACE_ENGINE__MAX_BUFFERED_ANSWER", "1MiB"),
        ("MILLRACE_ENGINE__RECEIVE_TIMEOUT", "300ms"),
        ("MILLRACE_ENGINE__THREADS", "1"),
    ])
    .await;
    let greedy = "SELECT length(groupArray(toString(number))) FROM numbers(100000000)";
    let (_, text) = server.post(greedy).await;
    assert!(text.starts_with("Code: 241. "), "{text}");
    let (status, text) = server
        .post(format!("SELECT '{}'", "x".repeat(20_000)))
        .await;
    assert!(
        status == 400 && text.contains("longer than 10240 bytes"),
        "{text}"
    );
    let (_, text) = server
        .post("SELECT repeat('x', 900000), repeat('y', 900000) FORMAT JSON")
        .await;
    assert!(text.starts_with("Code: 396. "), "{text}");
    assert_eq!(
        server.post("SELECT getSetting('max_threads')").await.1,
        "1\n"
    );

    let stalled = reqwest::Body::wrap_stream(futures::stream::pending::<Result<Vec<u8>, String>>());
    let (status, text) = server.send("query=SELECT%201", stalled).await;
    assert!(status == 408 && text.starts_with("Code: 159. "), "{text}");

    // Both places are taken for as long as it needs a third to be refused.
    let long = "SELECT sleepEachRow(1) FROM numbers(120) SETTINGS max_block_size = 1";
    let occupy = || async { while server.post(long).await.0 != 200 {} };
    let third = tokio::select! {
        _ = async { tokio::join!(occupy(), occupy()) } => panic!("long statements ended early"),
        refused = eventually(Duration::from_secs(120), || async {
            let answer = server.post("SELECT 1").await;
            if answer.0 == 503 {
                Ok(answer.1)
            } else {
                Err(answer)
            }
        }) => refused,
    };
    assert!(third.starts_with("Code: 202. "), "{third}");
}

#[tokio::test]
async fn an_orderly_end_finishes_what_is_running() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]).await;
    server.post("CREATE DATABASE millrace").await;
    server
        .post("CREATE TABLE millrace.t (a UInt64) ENGINE = MergeTree ORDER BY a")
        .await;
    let insert = "INSERT INTO millrace.t SELECT number + sleepEachRow(0.1) FROM numbers(60) SETTINGS max_block_size = 10";
    let (answer, ()) = tokio::join!(server.post(insert), async {
        eventually(Duration::from_secs(120), || async {
            let count = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'";
            let running = server.post(count).await.1;
            if running == "1\n" {
                Ok(())
            } else {
                Err(running)
            }
        })
        .await;
        server.signal("-TERM");
    });
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert_eq!(server.ended().await, Some(0));
    let again = Server::start_on(folder.path(), &[]).await;
    assert_eq!(again.post("SELECT count() FROM millrace.t").await.1, "60\n");
}

#[tokio::test]
async fn an_end_does_not_wait_for_ever() {
    let server = Server::start(&[("MILLRACE_ENGINE__SHUTDOWN_TIMEOUT", "500ms")]).await;
    let endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    let (answer, ()) = tokio::join!(server.post(endless), async {
        eventually(Duration::from_secs(120), || async {
            let count = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash%'";
            let running = server.post(count).await.1;
            if running == "2\n" {
                Ok(())
            } else {
                Err(running)
            }
        })
        .await;
        server.signal("-TERM");
    });
    assert!(answer.1.starts_with("Code: 394. "), "{}", answer.1);
    assert_eq!(server.ended().await, Some(0));
}

#[tokio::test]
async fn backups_stay_in_their_folder_and_come_back() {
    let server = Server::start(&[]).await;
    for sql in [
        "CREATE DATABASE millrace",
        "CREATE TABLE millrace.t (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO millrace.t SELECT number FROM numbers(1000)",
        "BACKUP DATABASE millrace TO File('monday')",
        "INSERT INTO millrace.t SELECT number FROM numbers(10)",
        "BACKUP DATABASE millrace TO File('tuesday') SETTINGS base_backup = File('monday')",
        "RESTORE DATABASE millrace AS millrace_back FROM File('tuesday')",
    ] {
        let (status, text) = server.post(sql).await;
        assert_eq!(status, 200, "{sql}: {text}");
    }
    assert!(server.folder.join("backups/monday").exists());
    assert_eq!(
        server.post("SELECT count() FROM millrace_back.t").await.1,
        "1010\n"
    );
}
