//! Every error has the contract's shape and names all faults at once.

use crate::harness::{KEY_A, Stores, TestApp};
use http::StatusCode;
use serde_json::{Value, json};

async fn app() -> (Stores, TestApp) {
    let stores = Stores::create().await;
    let app = stores.app();
    (stores, app)
}

fn paths(body: &Value) -> Vec<&str> {
    let errors = body["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{body}"));
    errors
        .iter()
        .map(|error| error["path"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn all_faults_of_a_request_are_named_with_their_paths() {
    let (_stores, app) = app().await;
    let body = json!({
        "type": "funnels", "colour": 1,
        "params": {"steps": [{"event": "a"}, {"event": 5}], "window_seconds": 0, "max_age": "x", "unknown": 1},
    });
    let answer = app.post("/api/query", &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["code"], "invalid_request");
    let mut found = paths(&answer.body);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "colour",
            "params.max_age",
            "params.steps[1].event",
            "params.unknown",
            "params.window_seconds"
        ]
    );
    for error in answer.body["errors"].as_array().unwrap() {
        assert!(error["code"].is_string() && error["detail"].is_string());
    }
}

#[tokio::test]
async fn the_forms_of_old_name_their_own_fields() {
    let (_stores, app) = app().await;
    let trend = app
        .get("/api/trends?date_from=nonsense&interval=fortnight&colour=1")
        .await;
    assert_eq!(trend.status, StatusCode::BAD_REQUEST);
    let mut found = paths(&trend.body);
    found.sort_unstable();
    assert_eq!(found, ["colour", "date_from", "event", "interval"]);
    let steps = |steps: Value| json!({"steps": steps});
    for (body, path) in [
        (steps(json!(["a"])), "steps"),
        (steps(json!([])), "steps"),
        (json!({}), "steps"),
        (steps(json!(vec!["a"; 21])), "steps"),
        (
            json!({"steps": ["a", "b"], "conversion_window_days": 400}),
            "conversion_window_days",
        ),
        (
            json!({"steps": ["a", "b"], "conversion_window_seconds": 0}),
            "conversion_window_seconds",
        ),
        (
            json!({"steps": ["a", {"event": "b", "filters": [{"property": "x", "op": "gtx", "value": 1}]}]}),
            "steps[1].filters[0].op",
        ),
    ] {
        let answer = app.post("/api/funnels", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            paths(&answer.body).contains(&path),
            "{body}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_a_400() {
    let (_stores, app) = app().await;
    let deep = "[".repeat(100_000);
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"type\":\"trends\",\"type\":".to_vec(),
        deep.into_bytes(),
        b"{\"type\":\"events\",\"params\":7}".to_vec(),
        b"{\"type\":7,\"params\":{}}".to_vec(),
        b"{\"type\":\"events\",\"params\":{\"limit\":1e400}}".to_vec(),
        b"{\"type\":\"events\",\"params\":{\"limit\":-1}}".to_vec(),
        b"{\"type\":\"events\",\"params\":{\"cursor\":\"\\u0000\"}}".to_vec(),
        b"{\"type\":\"events\",\"params\":{\"timezone\":\"Mars/Base\"}}".to_vec(),
        b"{\"type\":\"trace\",\"params\":{\"uuid\":\"x\"}}".to_vec(),
        b"{\"type\":\"trace\",\"params\":{}}".to_vec(),
        b"{\"type\":\"nonsense\",\"params\":{}}".to_vec(),
        b"{\"params\":{}}".to_vec(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        for path in ["/api/query", "/api/query/estimate", "/api/query/async"] {
            let answer = app
                .send_bytes("POST", path, Some(KEY_A), body.clone())
                .await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{path} {shown}: {}",
                answer.text
            );
            assert!(
                answer.body["detail"].is_string() && answer.body["code"].is_string(),
                "{shown}"
            );
        }
    }
    let large = vec![b' '; 3 << 20];
    let answer = app
        .send_bytes("POST", "/api/query", Some(KEY_A), large)
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_as_json() {
    let (_stores, app) = app().await;
    let answer = app.get("/api/nothing").await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    for id in ["nonsense", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            app.get(&format!("/api/query/async/{id}")).await.status,
            StatusCode::NOT_FOUND
        );
        let dashboard = app.get(&format!("/api/dashboards/{id}")).await;
        assert_eq!(dashboard.status, StatusCode::NOT_FOUND);
        assert_eq!(dashboard.body["detail"], "Not found");
    }
    let method = app.send("PUT", "/api/query", Some(KEY_A), None).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.body["code"], "method_not_allowed");
    assert_eq!(method.headers["allow"], "POST");
    let bytes = app.get("/api/dashboards/%FF").await;
    assert_eq!(bytes.status, StatusCode::BAD_REQUEST);
    assert_eq!(bytes.body["code"], "invalid_request");
}

#[tokio::test]
async fn a_query_that_costs_too_much_says_what_would_fit_or_becomes_a_job() {
    let stores = Stores::create().await;
    let events: Vec<_> = (0..2_000)
        .map(|n| {
            warehouse::testing::TestEvent::new(
                crate::harness::A,
                "e",
                &format!("p{n}"),
                "2025-01-01T00:00:00Z",
            )
        })
        .collect();
    stores.warehouse.insert(&events).await;
    let mut config = stores.config();
    config.query.interactive.rows = 100;
    let app = TestApp::of(config).with_workers();
    let params =
        json!({"series": [{"event": "e"}], "date_from": "2025-01-01", "date_to": "2025-01-02"});
    let answer = app
        .post("/api/query", &json!({"type": "trends", "params": params}))
        .await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text
    );
    assert_eq!(answer.body["code"], "too_expensive");
    assert_eq!(answer.body["limit"], "rows");
    assert_eq!(answer.body["allowed"], 100);
    assert!(
        answer.body["needed"].as_u64().unwrap() >= 2_000,
        "{}",
        answer.text
    );
    assert!(answer.body["hint"].is_string());
    let body = json!({"type": "trends", "params": params, "when_expensive": "job"});
    let job = app.post("/api/query", &body).await;
    assert_eq!(job.status, StatusCode::ACCEPTED, "{}", job.text);
    let done = app.finish(job.body["job_id"].as_str().unwrap()).await;
    assert_eq!(
        done.body["result"]["series"][0]["data"],
        json!([2_000, 0]),
        "{}",
        done.text
    );
}

#[tokio::test]
async fn a_query_over_its_memory_says_which_limit() {
    let stores = Stores::create().await;
    // Memory is accounted for by the megabyte.
    stores
        .warehouse
        .execute(
            "INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, received_at, arrived_at, claim) \
             SELECT toUUID('00000000-0000-0000-0000-00000000000a'), generateUUIDv4(), 'e', toString(number), cityHash64(number), \
             toDateTime64('2025-01-01 00:00:00', 3, 'UTC'), now64(3), now64(3), 1 FROM numbers(400000) \
             SETTINGS max_threads = 1, max_block_size = 8192, min_insert_block_size_rows = 8192, min_insert_block_size_bytes = 0",
        )
        .await;
    let mut config = stores.config();
    config.query.interactive.memory = bytesize::ByteSize::mib(1);
    let params = json!({"series": [{"event": "e", "math": "unique"}], "date_from": "2025-01-01", "date_to": "2025-01-02"});
    let body = json!({"type": "trends", "params": params});
    let answer = TestApp::of(config).post("/api/query", &body).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text
    );
    assert_eq!(answer.body["limit"], "memory_bytes");
    assert_eq!(answer.body["allowed"], 1 << 20);
}

#[tokio::test]
async fn a_project_that_runs_too_much_at_once_is_told_to_wait() {
    let stores = Stores::create().await;
    let mut config = stores.config();
    config.query.interactive.concurrency = 0;
    config.query.interactive.wait = std::time::Duration::from_millis(20);
    let app = TestApp::of(config);
    let answer = app
        .post("/api/query", &json!({"type": "live", "params": {}}))
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.body["code"], "busy");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503_and_the_rest_goes_on() {
    let stores = Stores::create().await;
    let mut config = stores.config();
    config.postgres.url = service_kit::config::Secret::new("postgres://nobody@127.0.0.1:9/none");
    config.postgres.acquire_timeout = std::time::Duration::from_millis(200);
    let without_postgres = TestApp::of(config.clone());
    let jobs = without_postgres.get("/api/dashboards").await;
    assert_eq!(
        (jobs.status, &jobs.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    without_postgres.query("live", json!({})).await;
    config.clickhouse.url = "http://127.0.0.1:9".to_owned();
    config.redis.url = service_kit::config::Secret::new("redis://127.0.0.1:9/0");
    let without_all = TestApp::of(config);
    let answer = without_all
        .post("/api/query", &json!({"type": "live", "params": {}}))
        .await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    assert_eq!(
        without_all.get("/ready").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(without_all.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn browsers_of_the_configured_origins_may_call() {
    let (_stores, app) = app().await;
    let preflight = |origin: &'static str| {
        let router = app.router.clone();
        async move {
            let request = http::Request::builder()
                .method("OPTIONS")
                .uri("/api/query")
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "x-api-key,content-type")
                .body(axum::body::Body::empty())
                .unwrap();
            tower::ServiceExt::oneshot(router, request).await.unwrap()
        }
    };
    let own = preflight("http://127.0.0.1:3000").await;
    assert_eq!(
        own.headers()["access-control-allow-origin"],
        "http://127.0.0.1:3000"
    );
    assert!(
        preflight("http://evil.example")
            .await
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}
