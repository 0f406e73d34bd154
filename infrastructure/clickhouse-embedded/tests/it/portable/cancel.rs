//! A client that leaves takes its reading statement with it.

use std::time::Duration;

use testing::eventually;

use crate::server::Database;

const ENDLESS: &str = "FROM numbers(1000000000000) WHERE sipHash64(number) = 1";

/// Waits until `count` statements that hold `mark` are running.
async fn await_running(database: &Database, mark: &str, count: u64) {
    eventually(Duration::from_secs(120), || async {
        let running = database.running(mark).await;
        if running == count {
            Ok(())
        } else {
            Err(running)
        }
    })
    .await;
}

#[tokio::test]
async fn a_dropped_aggregation_stops() {
    let database = Database::create().await;
    let mark = database.name.clone();
    let sql = format!("SELECT count(), '{mark}' AS mark {ENDLESS}");
    let client = database
        .client
        .clone()
        .with_setting("cancel_http_readonly_queries_on_client_close", "1");
    let asked = tokio::spawn(async move { client.query(&sql).fetch_one::<(u64, String)>().await });
    await_running(&database, &mark, 1).await;
    asked.abort();
    await_running(&database, &mark, 0).await;
    database.drop().await;
}

#[tokio::test]
async fn a_dropped_stream_stops() {
    let database = Database::create().await;
    let mark = database.name.clone();
    let mut rows = database
        .client
        .query(&format!(
            "SELECT number, '{mark}' AS mark FROM numbers(1000000000000)"
        ))
        .with_setting("cancel_http_readonly_queries_on_client_close", "1")
        .fetch::<(u64, String)>()
        .unwrap();
    assert!(rows.next().await.unwrap().is_some());
    await_running(&database, &mark, 1).await;
    drop(rows);
    await_running(&database, &mark, 0).await;
    database.drop().await;
}

#[tokio::test]
async fn a_statement_is_killed_by_its_query_id() {
    let database = Database::create().await;
    let mark = database.name.clone();
    let id = format!("id-{mark}");
    let (client, query_id) = (database.client.clone(), id.clone());
    let sql = format!("SELECT count() {ENDLESS} AND '{mark}' != ''");
    let asked = tokio::spawn(async move {
        client
            .query(&sql)
            .with_setting("query_id", query_id)
            .fetch_one::<u64>()
            .await
    });
    await_running(&database, &mark, 1).await;
    let kill =
        "KILL QUERY WHERE query_id = {id:String} OR Settings['log_comment'] = {id:String} ASYNC";
    database
        .client
        .query(kill)
        .param("id", &id)
        .execute()
        .await
        .unwrap();
    let error = asked.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("Code: 394. "), "{error}");
    await_running(&database, &mark, 0).await;
    database.drop().await;
}
