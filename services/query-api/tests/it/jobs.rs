//! Jobs: every type, restarts, cancelling, expiry.

use crate::harness::{A, KEY_A, Stores, TestApp};
use crate::slow::{rests, slow, works};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use warehouse::testing::TestEvent;

async fn make(app: &TestApp, kind: &str, params: Value) -> String {
    let answer = app
        .post("/api/query/async", &json!({"type": kind, "params": params}))
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!(answer.body["status"], "pending");
    answer.body["job_id"].as_str().unwrap().to_owned()
}

fn event(n: usize) -> TestEvent {
    TestEvent::new(A, "e", &format!("p{n}"), "2025-01-01T00:00:00Z")
}

#[tokio::test]
async fn every_type_works_as_a_job_and_gives_the_same_result() {
    let stores = Stores::create().await;
    stores
        .warehouse
        .insert(&(0..5).map(event).collect::<Vec<_>>())
        .await;
    let app = stores.app().with_workers();
    let range = json!({"date_from": "2025-01-01", "date_to": "2025-01-02"});
    let with = |extra: Value| {
        let mut params = range.clone();
        params
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        params
    };
    let steps = json!([{"event": "e"}, {"event": "e"}]);
    for (kind, params) in [
        ("trends", with(json!({"series": [{"event": "e"}]}))),
        ("funnels", with(json!({"steps": steps}))),
        ("funnel_persons", with(json!({"steps": steps, "step": 1}))),
        (
            "retention",
            json!({"date_from": "2025-01-01", "target": {"event": "e"}, "returning": {"event": "e"}}),
        ),
        ("stickiness", with(json!({"event": "e"}))),
        ("lifecycle", with(json!({"event": "e"}))),
        ("paths", range.clone()),
        ("sessions", range.clone()),
        ("events", range.clone()),
        ("persons", range.clone()),
        ("catalogue", range.clone()),
        ("trace", json!({"uuid": uuid::Uuid::from_u128(1)})),
        ("trend", with(json!({"event": "e"}))),
        ("funnel", with(json!({"steps": ["e", "e"]}))),
    ] {
        let now = app.query(kind, params.clone()).await;
        let cost = app
            .post(
                "/api/query/estimate",
                &json!({"type": kind, "params": params}),
            )
            .await;
        assert_eq!(cost.status, StatusCode::OK, "{kind}: {}", cost.text);
        assert_eq!(cost.body["would_run"], "now", "{kind}: {}", cost.text);
        if !["trace", "live"].contains(&kind) {
            assert!(now["rows_read"].as_u64().unwrap() >= 5, "{kind}: {now}");
        }
        let job = make(&app, kind, params).await;
        let done = app.finish(&job).await;
        assert_eq!(done.status, StatusCode::OK);
        assert_eq!(done.body["status"], "completed", "{kind}: {}", done.text);
        assert_eq!(done.body["job_id"], job.as_str());
        assert_eq!(done.body["result"], now["result"], "{kind}");
        assert!(done.body["rows_read"].is_u64() && done.body.get("complete_until").is_some());
        // Reading it again is free.
        assert_eq!(app.finish(&job).await.body, done.body);
    }
}

#[tokio::test]
async fn a_wrong_request_never_becomes_a_job() {
    let stores = Stores::create().await;
    let app = stores.app();
    let answer = app
        .post(
            "/api/query/async",
            &json!({"type": "funnels", "params": {"steps": []}}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.get("/api/query/async").await.body, json!([]));
}

#[tokio::test]
async fn jobs_wait_for_a_process_that_runs_them() {
    let stores = Stores::create().await;
    let job = make(&stores.app(), "live", json!({})).await;
    let other = stores.app();
    let waiting = other.get(&format!("/api/query/async/{job}")).await;
    assert_eq!(waiting.status, StatusCode::ACCEPTED);
    assert_eq!(
        waiting.body,
        json!({"job_id": job, "status": "pending", "progress": 0.0})
    );
    let other = other.with_workers();
    assert_eq!(other.finish(&job).await.body["status"], "completed");
    let list = other.get("/api/query/async?status=completed").await;
    assert_eq!(list.body[0]["job_id"], job.as_str());
    assert_eq!(list.body[0]["type"], "live");
    assert_eq!(
        other.get("/api/query/async?status=failed").await.body,
        json!([])
    );
    assert_eq!(
        other.get("/api/query/async?status=lost").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn cancelling_stops_the_engine() {
    let stores = Stores::create().await;
    let params = slow(&stores).await;
    let app = stores.app().with_workers();
    let job = make(&app, "trends", params).await;
    works(&stores).await;
    let path = format!("/api/query/async/{job}");
    let state = app.get(&path).await;
    assert_eq!(state.body["status"], "running", "{}", state.text);
    let cancelled = app.send("DELETE", &path, Some(KEY_A), None).await;
    assert_eq!(cancelled.body["status"], "failed", "{}", cancelled.text);
    assert_eq!(cancelled.body["result"]["error"], "cancelled");
    rests(&stores).await;
    // Its worker cannot write over it.
    assert_eq!(app.get(&path).await.body["result"]["error"], "cancelled");
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.body["result"]["error"],
        "cancelled"
    );
}

#[tokio::test]
async fn a_job_survives_the_process_that_ran_it() {
    let stores = Stores::create().await;
    let params = slow(&stores).await;
    let first = stores.app().with_workers();
    let job = make(&first, "trends", params).await;
    works(&stores).await;
    // The process ends: the job is given back, its statements are stopped.
    drop(first);
    rests(&stores).await;
    let second = stores.app().with_workers();
    works(&stores).await;
    let state = second.get(&format!("/api/query/async/{job}")).await;
    assert_eq!(state.body["status"], "running", "{}", state.text);
    second
        .send(
            "DELETE",
            &format!("/api/query/async/{job}"),
            Some(KEY_A),
            None,
        )
        .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_and_its_holder_cannot_write() {
    use query_api::jobs::{JobStore, NewJob};
    let stores = Stores::create().await;
    let pool = query_api::store::connect(&stores.config().postgres).unwrap();
    let jobs = JobStore::new(pool);
    let now = chrono::Utc::now();
    let new = NewJob {
        id: uuid::Uuid::now_v7(),
        project: A,
        kind: "live".to_owned(),
        params: "{}".to_owned(),
        created_at: now,
        expires_at: now + chrono::Duration::hours(1),
    };
    assert!(jobs.add(&new, 1).await.unwrap());
    assert!(
        !jobs
            .add(
                &NewJob {
                    id: uuid::Uuid::now_v7(),
                    ..new.clone()
                },
                1
            )
            .await
            .unwrap()
    );
    let lease = Duration::from_secs(10);
    let dead = jobs.take(now, lease, 2).await.unwrap().unwrap();
    assert!(jobs.take(now, lease, 2).await.unwrap().is_none());
    let later = now + chrono::Duration::seconds(11);
    let alive = jobs.take(later, lease, 2).await.unwrap().unwrap();
    assert_eq!((alive.job.id, alive.attempts), (dead.job.id, 2));
    assert!(!jobs.renew(&dead, later + lease, 0.5).await.unwrap());
    assert!(
        !jobs
            .complete(&dead, "\"old\"", later, later + lease)
            .await
            .unwrap()
    );
    assert!(!jobs.fail(&dead, "internal", "old", later).await.unwrap());
    assert!(
        jobs.complete(&alive, "{\"result\":1}", later, later + lease)
            .await
            .unwrap()
    );
    assert!(
        !jobs
            .complete(&alive, "{\"result\":2}", later, later + lease)
            .await
            .unwrap()
    );
    let kept = jobs.find(A, new.id, later).await.unwrap().unwrap();
    assert_eq!(kept.result.as_deref(), Some("{\"result\":1}"));
    // It expires.
    let end = later + chrono::Duration::seconds(60);
    assert!(jobs.find(A, new.id, end).await.unwrap().is_none());
    assert_eq!(jobs.forget_expired(end).await.unwrap(), 1);
}
