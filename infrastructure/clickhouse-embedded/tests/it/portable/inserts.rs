//! Inserts by the `clickhouse` crate.

use bytes::Bytes;
use clickhouse::{Compression, Row};
use serde::{Deserialize, Serialize};

use crate::server::Database;

#[derive(Row, Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Event {
    id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    uuid: uuid::Uuid,
    name: String,
    value: Option<f64>,
    tags: Vec<String>,
    props: Vec<(String, String)>,
}

const TABLE: &str = "CREATE TABLE events (id UInt64, uuid UUID, name LowCardinality(String), \
    value Nullable(Float64), tags Array(String), props Map(String, String)) \
    ENGINE = MergeTree ORDER BY id";

fn event(id: u64) -> Event {
    Event {
        id,
        uuid: uuid::Uuid::from_u128(u128::from(id)),
        name: format!("näme\t{}\n", id % 7),
        value: (!id.is_multiple_of(3)).then_some(0.5),
        tags: vec!["a\\b".to_owned(), String::new()],
        props: vec![("key".to_owned(), "'quoted'; DROP TABLE events".to_owned())],
    }
}

#[tokio::test]
async fn typed_rows_come_back_as_they_were_sent() {
    let database = Database::create().await;
    database.run(TABLE).await;
    let mut id = 0;
    for compression in [Compression::Lz4, Compression::None] {
        let client = database.client.clone().with_compression(compression);
        let mut insert = client.insert::<Event>("events").await.unwrap();
        for _ in 0..20_000 {
            insert.write(&event(id)).await.unwrap();
            id += 1;
        }
        insert.end().await.unwrap();
    }
    for compression in [Compression::Lz4, Compression::None] {
        let client = database.client.clone().with_compression(compression);
        let rows: Vec<Event> = client
            .query("SELECT ?fields FROM events ORDER BY id")
            .fetch_all()
            .await
            .unwrap();
        assert_eq!(rows.len(), 40_000);
        assert!(
            rows.iter()
                .enumerate()
                .all(|(at, row)| *row == event(at as u64))
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn an_aborted_insert_leaves_nothing() {
    let database = Database::create().await;
    database.run(TABLE).await;
    for compression in [Compression::Lz4, Compression::None] {
        let client = database.client.clone().with_compression(compression);
        let mut insert = client.insert::<Event>("events").await.unwrap();
        // Several of the crate's chunks are on the wire when it breaks off.
        for id in 0..50_000 {
            insert.write(&event(id)).await.unwrap();
        }
        drop(insert);
        let insert = client.insert_formatted_with("INSERT INTO events (id) FORMAT TSV");
        let mut insert = insert.with_setting("max_insert_block_size", "10");
        insert.send(Bytes::from_static(b"1\n2\n3\n")).await.unwrap();
        drop(insert);
    }
    testing::eventually(std::time::Duration::from_secs(120), || async {
        let running = database.running("INSERT INTO").await;
        if running == 0 { Ok(()) } else { Err(running) }
    })
    .await;
    assert_eq!(database.number("SELECT count() FROM events").await, 0);
    database.drop().await;
}

/// A block of the Native format: one UInt64 column and one String column.
fn native_block(rows: u64) -> Vec<u8> {
    let mut block = vec![2, rows as u8];
    let text = |block: &mut Vec<u8>, text: &str| {
        block.push(text.len() as u8);
        block.extend_from_slice(text.as_bytes());
    };
    text(&mut block, "id");
    text(&mut block, "UInt64");
    (0..rows).for_each(|id| block.extend_from_slice(&id.to_le_bytes()));
    text(&mut block, "name");
    text(&mut block, "String");
    (0..rows).for_each(|id| text(&mut block, &format!("row {id}")));
    block
}

#[tokio::test]
async fn native_blocks_that_we_encode_are_taken_with_settings() {
    let database = Database::create().await;
    database
        .run("CREATE TABLE n (id UInt64, name String) ENGINE = MergeTree ORDER BY id")
        .await;
    for compression in [Compression::Lz4, Compression::None] {
        let client = database.client.clone().with_compression(compression);
        let mut insert = client
            .insert_formatted_with("INSERT INTO n (id, name) FORMAT Native")
            .with_setting("async_insert", "0")
            .with_setting("optimize_on_insert", "0")
            .with_setting("log_comment", "a batch");
        insert.send(Bytes::from(native_block(100))).await.unwrap();
        insert.send(Bytes::from(native_block(50))).await.unwrap();
        insert.end().await.unwrap();
    }
    assert_eq!(database.number("SELECT count() FROM n").await, 300);
    assert_eq!(
        database
            .number("SELECT countIf(name = concat('row ', toString(id))) FROM n")
            .await,
        300
    );
    database.drop().await;
}

#[tokio::test]
async fn data_that_looks_like_sql_is_data() {
    let database = Database::create().await;
    database
        .run("CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY s")
        .await;
    let body = "INSERT INTO t FORMAT TSV\n\n\nDROP TABLE t\n; DROP TABLE t;\n\n'\n--\n/*\n";
    let answer = database.post("").body(body).send().await.unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
    let mut insert = database
        .client
        .insert_formatted_with("INSERT INTO t FORMAT LineAsString");
    insert
        .send(Bytes::from_static(b"\n\nDROP TABLE t;\n\n\n"))
        .await
        .unwrap();
    insert.end().await.unwrap();
    assert_eq!(database.number("SELECT count() FROM t").await, 8 + 5);
    assert_eq!(
        database
            .number("SELECT countIf(s LIKE '%DROP TABLE t%') FROM t")
            .await,
        3
    );
    database.drop().await;
}

#[tokio::test]
async fn values_may_hold_expressions_and_stand_in_url_or_body() {
    let database = Database::create().await;
    database
        .run("CREATE TABLE v (a UInt8, b String) ENGINE = Memory")
        .await;
    database
        .run("INSERT INTO v VALUES (1, lower('ABC')), (2, ';')")
        .await;
    let query = "query=INSERT%20INTO%20v%20VALUES";
    let answer = database
        .post(query)
        .body("(3, 'x'), (4, 'y')")
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());
    database
        .run("INSERT INTO v SELECT number, 'n' FROM numbers(5, 3)")
        .await;
    assert_eq!(database.number("SELECT count() FROM v").await, 7);
    assert_eq!(database.number("SELECT countIf(b = 'abc') FROM v").await, 1);
    database.drop().await;
}

#[tokio::test]
async fn a_deduplication_token_is_honoured() {
    let database = Database::create().await;
    database
        .run(
            "CREATE TABLE d (a UInt8) ENGINE = MergeTree ORDER BY a \
             SETTINGS non_replicated_deduplication_window = 100",
        )
        .await;
    for token in ["one", "one", "two"] {
        let mut insert = database
            .client
            .insert_formatted_with("INSERT INTO d FORMAT TSV")
            .with_setting("insert_deduplication_token", token);
        insert.send(Bytes::from_static(b"1\n")).await.unwrap();
        insert.end().await.unwrap();
    }
    assert_eq!(database.number("SELECT count() FROM d").await, 2);
    database.drop().await;
}

#[tokio::test]
async fn many_writers_and_readers_at_once() {
    let database = Database::create().await;
    database.run(TABLE).await;
    let writers = (0..16_u64).map(|writer| {
        let client = database.client.clone();
        async move {
            for batch in 0..4 {
                let mut insert = client.insert::<Event>("events").await.unwrap();
                for row in 0..100 {
                    insert
                        .write(&event(writer * 1000 + batch * 100 + row))
                        .await
                        .unwrap();
                }
                insert.end().await.unwrap();
                let seen: u64 = client
                    .query("SELECT uniqExact(id) FROM events")
                    .fetch_one()
                    .await
                    .unwrap();
                assert!(seen >= (batch + 1) * 100);
            }
        }
    });
    futures::future::join_all(writers).await;
    assert_eq!(
        database.number("SELECT uniqExact(id) FROM events").await,
        6400
    );
    database.drop().await;
}
