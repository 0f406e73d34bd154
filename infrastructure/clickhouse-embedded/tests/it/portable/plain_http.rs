//! The interface below the `clickhouse` crate: encodings, sessions, forms, headers.

use std::io::Write as _;
use std::time::Duration;

use flate2::write::{GzEncoder, ZlibEncoder};
use testing::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{Database, http};

async fn table(database: &Database) {
    database
        .run("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        .await;
}

fn rows(count: u64) -> String {
    (0..count).map(|row| format!("{row}\n")).collect()
}

#[tokio::test]
async fn content_encodings_are_decoded() {
    let database = Database::create().await;
    table(&database).await;
    let plain = rows(100_000);
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(plain.as_bytes()).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(plain.as_bytes()).unwrap();
    for (encoding, body) in [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
        ("lz4", lz4.finish().unwrap()),
        ("zstd", zstd::bulk::compress(plain.as_bytes(), 1).unwrap()),
    ] {
        let answer = database
            .post("query=INSERT%20INTO%20t%20FORMAT%20TSV")
            .header("content-encoding", encoding)
            .body(body.clone())
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "{encoding}: {}",
            answer.text().await.unwrap()
        );
        assert_eq!(
            database.number("SELECT count() FROM t").await,
            100_000,
            "{encoding}"
        );
        let cut = database
            .post("query=INSERT%20INTO%20t%20FORMAT%20TSV")
            .header("content-encoding", encoding)
            .body(body[..body.len() / 2].to_vec())
            .send()
            .await
            .unwrap();
        assert!(
            !cut.status().is_success(),
            "{encoding}: half of it was taken"
        );
        database.run("TRUNCATE TABLE t").await;
    }
    database.drop().await;
}

#[tokio::test]
async fn blocks_are_checked_and_answered() {
    let database = Database::create().await;
    table(&database).await;
    let mut body = Vec::new();
    clickhouse_embedded::compression::write_block(rows(1000).as_bytes(), &mut body);
    let insert = "decompress=1&query=INSERT%20INTO%20t%20FORMAT%20TSV";
    let good = database
        .post(insert)
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert!(good.status().is_success());
    body[20] ^= 1;
    let bad = database.post(insert).body(body).send().await.unwrap();
    assert!(!bad.status().is_success());
    assert_eq!(database.number("SELECT count() FROM t").await, 1000);
    let sql = "SELECT a FROM t ORDER BY a FORMAT TSV";
    let answer = database.post("compress=1").body(sql).send().await.unwrap();
    let bytes = answer.bytes().await.unwrap();
    let mut reader = clickhouse_embedded::compression::BlockReader::new(bytes.as_ref());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    assert_eq!(text, rows(1000));
    database.drop().await;
}

/// A request whose chunked body never ends, because the client goes away.
#[tokio::test]
async fn a_body_that_breaks_off_stores_nothing() {
    let database = Database::create().await;
    table(&database).await;
    let address = database.url.trim_start_matches("http://").to_owned();
    for compressed in [false, true] {
        let mut data = rows(1000).into_bytes();
        if compressed {
            let plain = std::mem::take(&mut data);
            clickhouse_embedded::compression::write_block(&plain, &mut data);
        }
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /?database={}&decompress={}&query=INSERT%20INTO%20t%20FORMAT%20TSV HTTP/1.1\r\n\
             Host: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            database.name,
            u8::from(compressed),
            data.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&data).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    eventually(Duration::from_secs(120), || async {
        let running = database.running("INSERT INTO t").await;
        if running == 0 { Ok(()) } else { Err(running) }
    })
    .await;
    assert_eq!(database.number("SELECT count() FROM t").await, 0);
    database.drop().await;
}

#[tokio::test]
async fn a_form_carries_statement_and_parameters() {
    let database = Database::create().await;
    let form = "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\n\
        SELECT {x:String} || {y:String}\r\n\
        --b\r\nContent-Disposition: form-data; name=\"param_x\"\r\n\r\na\\tb\r\n\
        --b\r\nContent-Disposition: form-data; name=\"param_y\"\r\n\r\nc\r\n--b--\r\n";
    let answer = database
        .post("")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "a\\tbc\n");
    database.drop().await;
}

#[tokio::test]
async fn headers_tell_what_happened() {
    let database = Database::create().await;
    table(&database).await;
    let insert = database
        .post("query_id=my-id")
        .body("INSERT INTO t VALUES (1), (2), (3)");
    let answer = insert.send().await.unwrap();
    assert_eq!(answer.headers()["x-clickhouse-query-id"], "my-id");
    let summary: serde_json::Value =
        serde_json::from_slice(answer.headers()["x-clickhouse-summary"].as_bytes()).unwrap();
    assert_eq!(summary["written_rows"], "3");
    let read = database
        .post("wait_end_of_query=1")
        .body("SELECT sum(a) FROM t FORMAT JSON");
    let answer = read.send().await.unwrap();
    let summary: serde_json::Value =
        serde_json::from_slice(answer.headers()["x-clickhouse-summary"].as_bytes()).unwrap();
    assert_eq!(summary["read_rows"], "3");
    assert_eq!(answer.headers()["x-clickhouse-format"], "JSON");
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/json")
    );
    database.drop().await;
}

#[tokio::test]
async fn sessions_keep_what_requests_forget() {
    let database = Database::create().await;
    let session = format!("session_id={}", database.name);
    let ask = async |query: String, sql: &'static str| {
        let answer = database.post(&query).body(sql).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let checked = ask(format!("{session}&session_check=1"), "SELECT 1").await;
    assert!(checked.1.contains("Code: 372"), "{}", checked.1);
    assert_eq!(
        ask(session.clone(), "CREATE TEMPORARY TABLE x (a UInt8)")
            .await
            .0,
        200
    );
    assert_eq!(
        ask(session.clone(), "INSERT INTO x VALUES (7)").await.0,
        200
    );
    assert_eq!(
        ask(session.clone(), "SET max_block_size = 4321").await.0,
        200
    );
    let limited = format!("{session}&max_block_size=99");
    let value = "SELECT a, getSetting('max_block_size') FROM x";
    assert_eq!(ask(limited, value).await.1, "7\t99\n");
    assert_eq!(ask(session.clone(), value).await.1, "7\t4321\n");
    assert_eq!(ask(String::new(), "SELECT * FROM x").await.0, 404);
    let deadline = Duration::from_secs(120);
    let (slow, locked) = tokio::join!(
        eventually(deadline, || async {
            let answer = ask(session.clone(), "SELECT sleep(1)").await;
            if answer.0 == 200 {
                Ok(answer)
            } else {
                Err(answer)
            }
        }),
        eventually(deadline, || async {
            let answer = ask(session.clone(), "SELECT 1").await;
            if answer.1.contains("Code: 373") {
                Ok(())
            } else {
                Err(answer)
            }
        }),
    );
    assert_eq!((slow.0, locked), (200, ()));
    assert_eq!(
        ask(format!("{session}&close_session=1"), "SELECT 1")
            .await
            .0,
        200
    );
    let gone = ask(format!("{session}&session_check=1"), "SELECT 1").await;
    assert!(gone.1.contains("Code: 372"), "{}", gone.1);
    database.drop().await;
}

/// Whatever is kept between requests: the second round finds what the first one
/// left.
#[tokio::test]
async fn a_request_leaves_nothing_to_the_next_one() {
    let database = Database::create().await;
    table(&database).await;
    let ask = async |query: &str, sql: &'static str| {
        let answer = database.post(query).body(sql).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let comment = "SELECT getSetting('log_comment')";
    for round in 0..2 {
        let (status, _) = ask("", "CREATE TEMPORARY TABLE x (a UInt8)").await;
        assert_eq!(status, 200);
        let (status, _) = ask("", "SELECT * FROM x").await;
        assert_eq!(status, 404, "a table in round {round}");
        let given = ask("param_n=5", "SELECT {n:UInt8}").await;
        assert_eq!(given, (200, "5\n".to_owned()));
        let (status, text) = ask("", "SELECT {n:UInt8}").await;
        assert_ne!(status, 200, "a parameter in round {round}: {text}");
        assert_eq!(ask("log_comment=mine", comment).await.1, "mine\n");
        assert_eq!(ask("query_id=second", comment).await.1, "second\n");
        assert_eq!(ask("readonly=1", "SELECT 1").await.0, 200);
        assert_eq!(ask("", "INSERT INTO t VALUES (1)").await.0, 200);
    }
    assert_eq!(database.number("SELECT count() FROM t").await, 2);
    database.drop().await;
}

#[tokio::test]
async fn get_only_reads() {
    let database = Database::create().await;
    table(&database).await;
    let get = async |sql: &str| {
        let url = format!("{}/?database={}", database.url, database.name);
        let request = http().get(url).query(&[("query", sql)]);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("SELECT 1").await, (200, "1\n".to_owned()));
    for sql in [
        "INSERT INTO t SELECT 1",
        "DROP TABLE t",
        "CREATE TABLE u (a UInt8) ENGINE = Memory",
    ] {
        let (status, text) = get(sql).await;
        assert!(text.contains("Code: 164"), "{sql}: {status} {text}");
    }
    let limited = database
        .post("readonly=1")
        .body("INSERT INTO t VALUES (1)")
        .send()
        .await;
    assert!(limited.unwrap().text().await.unwrap().contains("Code: 164"));
    assert_eq!(database.number("SELECT count() FROM t").await, 0);
    database.drop().await;
}

#[tokio::test]
async fn one_statement_a_request() {
    let database = Database::create().await;
    table(&database).await;
    for sql in [
        "SELECT 1; DROP TABLE t",
        "SELECT 1; SELECT 2",
        "DROP TABLE t; SELECT 1",
    ] {
        let answer = database.post("").body(sql).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{sql}");
        assert!(answer.text().await.unwrap().contains("Code: 62"), "{sql}");
    }
    let answer = database.post("").body("SELECT 1;\n").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "1\n");
    assert_eq!(database.number("SELECT count() FROM t").await, 0);
    database.drop().await;
}
