//! A disk that takes no more. A limit on the length of files stands for it: to a process both are
//! a `write` that is refused, and a limit needs no right to mount anything.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use testing::eventually;

use crate::server::{Server, command, free_port, http};

const PATIENCE: Duration = Duration::from_secs(120);
const ROWS: u64 = 20_000;

/// From now on no file of that process grows beyond so many bytes.
fn limit_files(process: u32, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        ..getrlimit(Resource::Fsize)
    };
    let process = Pid::from_raw(i32::try_from(process).unwrap());
    prlimit(process, Resource::Fsize, limit).unwrap();
}

async fn create_table(server: &Server) {
    for sql in [
        "CREATE DATABASE millrace",
        "CREATE TABLE millrace.t (n UInt64, text String) ENGINE = MergeTree ORDER BY n",
    ] {
        let (status, text) = server.post(sql).await;
        assert_eq!(status, 200, "{text}");
    }
}

/// Adds [`ROWS`] rows that do not compress to less than a file may hold.
async fn insert(server: &Server) -> Result<(), clickhouse::error::Error> {
    let row = |n| format!("{n}\t{}\n", uuid::Uuid::new_v4());
    let rows: String = (0..ROWS).map(row).collect();
    let client = server.client();
    let mut insert = client.insert_formatted_with("INSERT INTO millrace.t FORMAT TSV");
    insert.send(Bytes::from(rows)).await?;
    insert.end().await
}

/// What is on the disk, as the next process finds it: each row whole.
async fn stored_in(folder: &Path) -> u64 {
    let server = Server::start_on(folder, &[]).await;
    let sql = "SELECT countIf(length(text) = 36) FROM millrace.t";
    let (status, text) = server.post(sql).await;
    assert_eq!(status, 200, "{text}");
    text.trim().parse().unwrap()
}

#[tokio::test]
async fn rows_that_the_disk_refused_are_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]).await;
    create_table(&server).await;
    insert(&server).await.unwrap();
    limit_files(server.id(), Some(4096));
    let answer = insert(&server).await;
    assert!(answer.is_err(), "{answer:?}");
    assert_ne!(server.ended().await, Some(0));
    assert_eq!(stored_in(folder.path()).await, ROWS);
}

#[tokio::test]
async fn a_merge_that_the_disk_refused_takes_nothing_along() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]).await;
    create_table(&server).await;
    for _ in 0..3 {
        insert(&server).await.unwrap();
    }
    limit_files(server.id(), Some(4096));
    let merge = http().post(&server.url);
    let answer = merge.body("OPTIMIZE TABLE millrace.t FINAL").send().await;
    assert!(!answer.is_ok_and(|answer| answer.status().is_success()));
    assert_ne!(server.ended().await, Some(0));
    assert_eq!(stored_in(folder.path()).await, 3 * ROWS);
}

#[tokio::test]
async fn room_on_the_disk_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let program = command(folder.path(), port, &[]);
    let mut limited = Command::new("prlimit");
    limited
        .arg("--fsize=0:unlimited")
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let mut child = limited.stderr(Stdio::piped()).spawn().unwrap();
    let said = std::io::BufReader::new(child.stderr.take().unwrap());
    let waits = tokio::task::spawn_blocking(move || {
        let mut lines = said.lines().map_while(Result::ok);
        lines.any(|line| line.contains("waiting for room on the disk"))
    });
    assert!(waits.await.unwrap());
    limit_files(child.id(), None);
    let url = format!("http://127.0.0.1:{port}/ping");
    eventually(PATIENCE, || http().get(&url).send()).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn the_last_room_is_left_to_others_and_to_questions() {
    let server = Server::start(&[("MILLRACE_ENGINE__KEEP_FREE", "1PB")]).await;
    create_table(&server).await;
    let (status, text) = server.post("INSERT INTO millrace.t VALUES (1, 'a')").await;
    assert_eq!(status, 503, "{text}");
    assert!(text.starts_with("Code: 243. "), "{text}");
    let (status, text) = server.post("SELECT count() FROM millrace.t").await;
    assert_eq!((status, text.as_str()), (200, "0\n"));
}
