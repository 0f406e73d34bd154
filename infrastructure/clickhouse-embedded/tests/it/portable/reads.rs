//! Reads by the `clickhouse` crate.

use clickhouse::{Compression, Row};
use serde::Deserialize;

use crate::server::Database;

#[derive(Row, Deserialize)]
struct Pair<'a> {
    number: u64,
    text: &'a str,
}

#[tokio::test]
async fn a_million_rows_are_streamed() {
    let database = Database::create().await;
    for validation in [true, false] {
        let client = database.client.clone().with_validation(validation);
        let mut rows = client
            .query("SELECT number, toString(number) AS text FROM numbers(1000000)")
            .fetch::<Pair<'_>>()
            .unwrap();
        let mut count = 0_u64;
        while let Some(row) = rows.next().await.unwrap() {
            assert_eq!(row.number, count);
            assert_eq!(row.text.parse::<u64>().unwrap(), count);
            count += 1;
        }
        assert_eq!(count, 1_000_000);
    }
    database.drop().await;
}

#[tokio::test]
async fn no_rows_are_no_error() {
    let database = Database::create().await;
    for validation in [true, false] {
        let client = database.client.clone().with_validation(validation);
        let query = client.query("SELECT number FROM numbers(0)");
        assert_eq!(query.fetch_all::<u64>().await.unwrap(), Vec::<u64>::new());
        let query = client.query("SELECT number FROM numbers(0)");
        assert_eq!(query.fetch_optional::<u64>().await.unwrap(), None);
    }
    database.drop().await;
}

#[tokio::test]
async fn parameters_are_values_and_nothing_else() {
    let database = Database::create().await;
    for text in [
        "plain",
        "tab\tline\nreturn\r",
        "'; DROP TABLE x; --",
        "back\\slash\\n",
        "ünï ☃",
        "",
    ] {
        let same: String = database
            .client
            .query("SELECT {text:String}")
            .param("text", text)
            .fetch_one()
            .await
            .unwrap();
        assert_eq!(same, text);
    }
    let sum: u64 = database
        .client
        .query(
            "SELECT arraySum({list:Array(UInt64)}) + {one:UInt8} + length({words:Array(String)})",
        )
        .param("list", vec![1_u64, 2, 3])
        .param("one", 1_u8)
        .param("words", vec!["a'b", "c\\d"])
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(sum, 9);
    let bound: String = database
        .client
        .query("SELECT ? || 'x'")
        .bind("it's")
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(bound, "it'sx");
    let named = database
        .client
        .query("SELECT count() FROM {db:Identifier}.{name:Identifier}");
    let count: u64 = named
        .param("db", "system")
        .param("name", "one")
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(count, 1);
    database.drop().await;
}

#[tokio::test]
async fn statements_that_cannot_be_streamed_answer_too() {
    let database = Database::create().await;
    database
        .run("CREATE TABLE t (a UInt8 COMMENT 'x') ENGINE = MergeTree ORDER BY a")
        .await;
    for sql in [
        "DESCRIBE TABLE t",
        "SHOW TABLES",
        "SHOW CREATE TABLE t",
        "EXPLAIN SELECT a FROM t",
        "EXPLAIN ESTIMATE SELECT a FROM t",
        "EXISTS TABLE t",
        "CHECK TABLE t",
        "WITH 1 AS x SELECT x UNION ALL SELECT 2",
        "(SELECT 1)",
    ] {
        let mut bytes = database
            .client
            .query(sql)
            .fetch_bytes("JSONEachRow")
            .unwrap();
        if let Err(error) = bytes.collect().await {
            panic!("{sql}: {error}");
        }
    }
    database.drop().await;
}

#[tokio::test]
async fn formats_are_whole_documents() {
    let database = Database::create().await;
    let text = async |sql: &str, format: &str| {
        let client = database.client.clone().with_compression(Compression::None);
        let bytes = client
            .query(sql)
            .fetch_bytes(format)
            .unwrap()
            .collect()
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let many = "SELECT number AS n FROM numbers(200000) SETTINGS max_block_size = 1000";
    assert_eq!(text(many, "CSVWithNames").await.matches("\"n\"").count(), 1);
    assert_eq!(
        text(many, "TabSeparatedWithNames")
            .await
            .matches('n')
            .count(),
        1
    );
    let json: serde_json::Value = serde_json::from_str(&text(many, "JSON").await).unwrap();
    assert_eq!(json["rows"], 200_000);
    assert_eq!(text(many, "JSONEachRow").await.lines().count(), 200_000);
    assert_eq!(
        text(many, "JSONCompactEachRow").await.lines().count(),
        200_000
    );
    let array = format!("{many}, output_format_json_array_of_rows = 1");
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&text(&array, "JSONEachRow").await).unwrap();
    assert_eq!(rows.len(), 200_000);
    let sparse = "SELECT number FROM numbers(3000000) WHERE number % 1000000 = 5 \
                  SETTINGS max_block_size = 100, max_threads = 1";
    assert_eq!(text(sparse, "TSV").await, "5\n1000005\n2000005\n");
    let own = text("SELECT 1 AS n FORMAT JSONEachRow", "TabSeparated").await;
    assert_eq!(own, "{\"n\":1}\n");
    database.drop().await;
}

#[tokio::test]
async fn settings_apply_to_one_request() {
    let database = Database::create().await;
    let value = "SELECT toUInt64(getSetting('max_block_size'))";
    let changed = database
        .client
        .clone()
        .with_setting("max_block_size", "777");
    assert_eq!(changed.query(value).fetch_one::<u64>().await.unwrap(), 777);
    assert_ne!(database.number(value).await, 777);
    let limited = database
        .client
        .clone()
        .with_setting("max_rows_to_read", "10");
    let error = limited
        .query("SELECT sum(number) FROM numbers(1000)")
        .fetch_one::<u64>()
        .await;
    assert!(error.unwrap_err().to_string().contains("Code: 158"));
    database.drop().await;
}
