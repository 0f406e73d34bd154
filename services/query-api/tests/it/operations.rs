//! Freshness, reconciliation and the operator's page.

use crate::harness::{A, B, Stores, TestApp, with_redis};
use deadpool_redis::redis::AsyncCommands;
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

async fn mark(stores: &Stores, partition: u32, until: &str) {
    stores
        .warehouse
        .execute(&format!(
            "INSERT INTO ingest_marks (partition, partitions, complete_until, written_at, claim) \
             SELECT {partition}, 2, toDateTime64('{until}', 3, 'UTC'), now64(3, 'UTC'), 1"
        ))
        .await;
}

fn until(answer: &Value) -> &Value {
    &answer["complete_until"]
}

#[tokio::test]
async fn every_answer_says_up_to_when_it_is_complete() {
    let stores = Stores::create().await;
    let app = stores.app();
    let ask = async || app.query("live", json!({"max_age": 0})).await;
    assert_eq!(until(&ask().await), &Value::Null);
    mark(&stores, 0, "2025-01-01 00:00:05.500").await;
    // The other partition says nothing yet.
    assert_eq!(until(&ask().await), &Value::Null);
    mark(&stores, 1, "2025-01-01 00:00:04").await;
    assert_eq!(until(&ask().await), "2025-01-01T00:00:04.000Z");
    let trend = app.get("/api/trends?event=e&refresh=true").await;
    assert_eq!(until(&trend.body), "2025-01-01T00:00:04.000Z");
    let funnel = app
        .post(
            "/api/funnels",
            &json!({"steps": ["a", "b"], "refresh": true}),
        )
        .await;
    assert_eq!(until(&funnel.body), "2025-01-01T00:00:04.000Z");
    mark(&stores, 1, "2025-01-01 00:00:09").await;
    assert_eq!(until(&ask().await), "2025-01-01T00:00:05.500Z");
}

#[tokio::test]
async fn what_redis_publishes_wins_while_it_is_newer() {
    let stores = Stores::create().await;
    mark(&stores, 0, "2025-01-01 00:00:01").await;
    mark(&stores, 1, "2025-01-01 00:00:01").await;
    let mut config = with_redis(stores.config());
    config.kafka.topic_prefix = format!("{}-", uuid::Uuid::new_v4());
    let name = format!(
        "{}{}",
        config.kafka.topic_prefix,
        warehouse::complete::REDIS_KEY
    );
    let pool = deadpool_redis::Config::from_url(config.redis.url.expose())
        .create_pool(Some(deadpool_redis::Runtime::Tokio1))
        .unwrap();
    let mut redis = pool.get().await.unwrap();
    let app = TestApp::of(config);
    assert_eq!(
        until(&app.query("live", json!({"max_age": 0})).await),
        "2025-01-01T00:00:01.000Z"
    );
    let now = chrono::Utc::now().timestamp_millis() + 500;
    let published = |until_ms: i64| warehouse::complete::Mark {
        partition: 0,
        partitions: 2,
        until: until_ms,
        written_at: now,
    };
    for partition in ["0", "1"] {
        let _: () = redis
            .hset(&name, partition, published(1_735_689_602_000).to_text())
            .await
            .unwrap();
    }
    assert_eq!(
        until(&app.query("live", json!({"max_age": 0})).await),
        "2025-01-01T00:00:02.000Z"
    );
    let _: () = redis.del(&name).await.unwrap();
}

#[tokio::test]
async fn dead_letters_are_named_beside_the_answer() {
    let stores = Stores::create().await;
    let dead = |project: &str, offset: u64| {
        format!(
            "INSERT INTO ingest_quarantined (log_id, partition, offset, project_id, uuid, distinct_id, error_kind, \
             error_message, appended_at, arrived_at, claim) SELECT 'l', 0, {offset}, toUUID('{project}'), \
             generateUUIDv4(), 'p', 'refused', 'too odd', now64(3), now64(3), 1"
        )
    };
    stores.warehouse.execute(&dead(&A.to_string(), 1)).await;
    stores.warehouse.execute(&dead(&B.to_string(), 2)).await;
    let app = stores.app();
    assert_eq!(app.query("live", json!({})).await["quarantined"], 1);
    let page = app.get("/api/pipeline").await;
    assert_eq!(
        page.body["dead_letters"][0]["reason"], "refused",
        "{}",
        page.text
    );
    assert_eq!(page.body["dead_letters"][0]["count"], 1);
}

#[tokio::test]
async fn the_operators_page_shows_the_projects_own_numbers() {
    let stores = Stores::create().await;
    for (project, count) in [(A, 2), (B, 40)] {
        stores
            .warehouse
            .execute(&format!(
                "INSERT INTO ingest_refused (project_id, reason, count, window_start, window_end, detail, example, partition, offset) \
                 SELECT toUUID('{project}'), 'event_name_missing', {count}, now64(3), now64(3), 'event: is required', '{{}}', 0, {count}"
            ))
            .await;
    }
    stores
        .warehouse
        .execute(&format!(
            "INSERT INTO ingest_batches (log_id, partition, first_offset, next_offset, kind, note, first_appended_at, last_appended_at, \
             consumed_at, inserted_at, stored, duplicate, quarantined, project_ids, project_stored, project_duplicate, \
             project_quarantined, freshness, claim) SELECT 'l', 3, 0, 130, 'batch', '', now64(3), now64(3), now64(3), now64(3), \
             120, 10, 0, [toUUID('{A}'), toUUID('{B}')], [60, 60], [0, 10], [0, 0], [0, 0, 120], 1"
        ))
        .await;
    let app = stores.app();
    let page = app.get("/api/pipeline").await;
    assert_eq!(page.body["events_per_second"], 1.0, "{}", page.text);
    assert_eq!(
        page.body["freshness"],
        json!({"p50_ms": 150, "p95_ms": 150, "p99_ms": 150})
    );
    assert_eq!(page.body["lag"][0]["partition"], 3);
    assert_eq!(page.body["lag"][0]["next_offset"], 130);
    assert_eq!(
        page.body["last_hour"],
        json!({"stored": 60, "duplicate": 0, "quarantined": 0})
    );
    let refused = page.body["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (
            &refused[0]["reason"],
            &refused[0]["count"],
            &refused[0]["example"]
        ),
        (&json!("event_name_missing"), &json!(2), &json!("{}"))
    );
}

#[tokio::test]
async fn reconciliation_counts_the_project_and_names_what_differs() {
    let stores = Stores::create().await;
    let event = |project| TestEvent::new(project, "e", "p", "2025-01-01T00:00:00Z");
    stores
        .warehouse
        .insert(&[event(A), event(A), event(B)])
        .await;
    let ledger = |stored: u32| {
        format!(
            "INSERT INTO ingest_batches (log_id, partition, first_offset, next_offset, kind, note, first_appended_at, last_appended_at, \
             consumed_at, inserted_at, stored, duplicate, quarantined, project_ids, project_stored, project_duplicate, \
             project_quarantined, freshness, claim) SELECT 'test', 0, 0, 3, 'batch', '', now64(3), now64(3), now64(3), now64(3), \
             3, 0, 0, [toUUID('{A}'), toUUID('{B}')], [{stored}, 1], [0, 0], [0, 0], [], 1"
        )
    };
    stores.warehouse.execute(&ledger(2)).await;
    let app = stores.app();
    let found = app.get("/api/reconciliation").await;
    assert_eq!(found.body["accepted"], 2, "{}", found.text);
    assert_eq!(
        (
            &found.body["stored"],
            &found.body["exact"],
            &found.body["differences"]
        ),
        (&json!(2), &json!(true), &json!([]))
    );
    assert!(found.body["checked_at"].is_string());
    stores
        .warehouse
        .execute("TRUNCATE TABLE ingest_batches")
        .await;
    stores.warehouse.execute(&ledger(5)).await;
    let found = app.get("/api/reconciliation").await;
    assert_eq!(found.body["exact"], false, "{}", found.text);
    assert!(!found.body["differences"].as_array().unwrap().is_empty());
    let wrong = app.get("/api/reconciliation?date_from=x&colour=1").await;
    assert_eq!(wrong.status, http::StatusCode::BAD_REQUEST);
}
