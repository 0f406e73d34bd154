//! The cache hides a fresher answer for no longer than it says.

use crate::harness::{A, B, KEY_A, KEY_B, Stores, TestApp, with_redis};
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

fn event(name: &str) -> TestEvent {
    TestEvent::new(A, name, "p", "2025-01-01T00:00:00Z")
}

fn params(extra: Value) -> Value {
    let mut params =
        json!({"series": [{"event": "e"}], "date_from": "2025-01-01", "date_to": "2025-01-01"});
    params
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    params
}

fn count(answer: &Value) -> (&Value, bool) {
    (
        &answer["result"]["series"][0]["data"][0],
        answer["cached"].as_bool().unwrap(),
    )
}

#[tokio::test]
async fn an_answer_is_served_again_until_it_is_too_old_for_the_asker() {
    let stores = Stores::create().await;
    stores.warehouse.insert(&[event("e")]).await;
    let app = TestApp::of(with_redis(stores.config()));
    let first = app.query("trends", params(json!({"max_age": 0}))).await;
    assert_eq!(count(&first), (&json!(1), false));
    stores.warehouse.insert(&[event("e")]).await;
    let again = app.query("trends", params(json!({"max_age": 60}))).await;
    assert_eq!(count(&again), (&json!(1), true));
    assert_eq!(again["complete_until"], first["complete_until"]);
    assert_eq!(again["rows_read"], first["rows_read"]);
    for fresh in [json!({"refresh": true}), json!({"max_age": 0})] {
        assert_eq!(
            count(&app.query("trends", params(fresh)).await),
            (&json!(2), false)
        );
    }
    // The fresh answer is the one that is kept now.
    assert_eq!(
        count(&app.query("trends", params(json!({}))).await),
        (&json!(2), true)
    );
    // Another question, or the same of another process, has its own answer.
    let other = params(json!({"timezone": "Europe/Berlin"}));
    assert!(!count(&app.query("trends", other).await).1);
    let second = TestApp::of(with_redis(stores.config()));
    assert!(count(&second.query("trends", params(json!({}))).await).1);
}

#[tokio::test]
async fn one_projects_answer_is_never_anothers() {
    let stores = Stores::create().await;
    stores
        .warehouse
        .insert(&[
            event("e"),
            TestEvent::new(B, "e", "p", "2025-01-01T00:00:00Z"),
            TestEvent::new(B, "e", "p", "2025-01-01T00:00:00Z"),
        ])
        .await;
    let app = TestApp::of(with_redis(stores.config()));
    let body = json!({"type": "trends", "params": params(json!({}))});
    for _ in 0..2 {
        for (key, expected) in [(KEY_A, 1), (KEY_B, 2)] {
            let answer = app.send("POST", "/api/query", Some(key), Some(&body)).await;
            assert_eq!(count(&answer.body).0, &json!(expected), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn without_redis_every_answer_is_computed() {
    let stores = Stores::create().await;
    stores.warehouse.insert(&[event("e")]).await;
    let mut config = stores.config();
    config.redis.url = service_kit::config::Secret::new("redis://127.0.0.1:9/0");
    let app = TestApp::of(config);
    for _ in 0..3 {
        assert_eq!(
            count(&app.query("trends", params(json!({}))).await),
            (&json!(1), false)
        );
    }
}

#[tokio::test]
async fn identical_queries_in_flight_run_once() {
    let stores = Stores::create().await;
    stores.warehouse.insert(&[event("e")]).await;
    let app = stores.app();
    let asks = (0..20).map(|_| app.query("trends", params(json!({}))));
    let answers = futures::future::join_all(asks).await;
    for answer in &answers {
        assert_eq!(count(answer).0, &json!(1));
    }
}
