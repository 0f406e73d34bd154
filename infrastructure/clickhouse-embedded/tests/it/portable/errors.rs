//! Errors, before the first byte and after it.

use clickhouse::error::Error;

use crate::server::Database;

fn text(error: Error) -> String {
    match error {
        Error::BadResponse(text) => text,
        other => panic!("not an answer of the server: {other}"),
    }
}

#[tokio::test]
async fn errors_carry_their_code() {
    let database = Database::create().await;
    for (sql, code) in [
        ("SELECT * FROM missing", 60),
        ("SELEC 1", 62),
        ("SELECT nothing", 47),
        ("SELECT missing(1)", 46),
        ("SELECT toUInt8('x')", 6),
        ("SELECT throwIf(1)", 395),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115),
        ("SELECT {missing:String}", 456),
        ("SELECT 1 FORMAT NoSuchFormat", 73),
        ("DROP TABLE missing", 60),
    ] {
        let error = database
            .client
            .query(sql)
            .fetch_all::<u8>()
            .await
            .unwrap_err();
        assert!(text(error).starts_with(&format!("Code: {code}. ")), "{sql}");
        let answer = database.post("").body(sql).send().await.unwrap();
        assert_eq!(
            answer.headers()["x-clickhouse-exception-code"],
            code.to_string(),
            "{sql}"
        );
        assert!(!answer.status().is_success(), "{sql}");
    }
    let unknown = database
        .client
        .clone()
        .with_database("millrace_test_missing");
    let error = unknown
        .query("SELECT 1")
        .fetch_one::<u8>()
        .await
        .unwrap_err();
    assert!(text(error).starts_with("Code: 81. "));
    database.drop().await;
}

#[tokio::test]
async fn an_error_in_mid_stream_is_no_end() {
    let database = Database::create().await;
    for validation in [true, false] {
        let client = database.client.clone().with_validation(validation);
        let mut rows = client
            .query("SELECT throwIf(number = 900000) + number FROM numbers(1000000)")
            .with_setting("max_block_size", "1000")
            .with_setting("max_threads", "1")
            .with_setting("http_response_buffer_size", "1")
            .fetch::<u64>()
            .unwrap();
        let mut count = 0;
        let error = loop {
            match rows.next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("the stream ended after {count} rows"),
                Err(error) => break error,
            }
        };
        assert!(count > 0, "the error came before the first row: {error}");
        assert!(text(error).starts_with("Code: 395. "));
    }
    database.drop().await;
}

#[tokio::test]
async fn waiting_for_the_end_gives_the_status_of_the_end() {
    let database = Database::create().await;
    let sql = "SELECT throwIf(number = 90000) FROM numbers(100000) SETTINGS max_block_size = 1000";
    let answer = database
        .post("wait_end_of_query=1")
        .body(sql)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-clickhouse-exception-code"], "395");
    assert_eq!(answer.status(), 500);
    database.drop().await;
}

#[tokio::test]
async fn bad_data_stores_nothing() {
    let database = Database::create().await;
    database
        .run("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        .await;
    let rows = format!("INSERT INTO t FORMAT TSV\n{}x\n", "1\n".repeat(1000));
    let answer = database
        .post("max_insert_block_size=2000")
        .body(rows)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["x-clickhouse-exception-code"], "27");
    assert_eq!(database.number("SELECT count() FROM t").await, 0);
    database.drop().await;
}

#[tokio::test]
async fn time_limits_end_statements() {
    let database = Database::create().await;
    let sql = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    let limited = database
        .client
        .clone()
        .with_setting("max_execution_time", "1");
    let error = limited.query(sql).fetch_one::<u64>().await.unwrap_err();
    assert!(text(error).starts_with("Code: 159. "));
    database.drop().await;
}
