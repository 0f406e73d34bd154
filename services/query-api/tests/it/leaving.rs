//! A client that goes away stops its query in the engine.

use crate::harness::{KEY_A, Stores, TestApp, authority};
use crate::slow::{rests, slow, works};
use query_api::App;
use serde_json::json;
use service_kit::{Clock, Lifecycle};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_client_that_leaves_stops_its_query() {
    let stores = Stores::create().await;
    let params = slow(&stores).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lifecycle = Lifecycle::new();
    let app = App::with_authority(stores.config(), authority(), Clock::system()).unwrap();
    app.serve_on(listener, &lifecycle);
    let body = json!({"type": "trends", "params": params}).to_string();
    let request = format!(
        "POST /api/query HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY_A}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        clients.push(client);
    }
    works(&stores).await;
    // While one of the two who ask the same still waits, the query goes on.
    drop(clients.pop());
    tokio::task::yield_now().await;
    works(&stores).await;
    drop(clients);
    rests(&stores).await;
    lifecycle.shut_down();
}

#[tokio::test]
async fn a_query_over_its_time_is_stopped_and_told() {
    let stores = Stores::create().await;
    let params = slow(&stores).await;
    let mut config = stores.config();
    config.query.interactive.time = std::time::Duration::from_secs(1);
    let app = TestApp::of(config);
    let answer = app
        .post("/api/query", &json!({"type": "trends", "params": params}))
        .await;
    assert_eq!(
        answer.status,
        http::StatusCode::GATEWAY_TIMEOUT,
        "{}",
        answer.text
    );
    assert_eq!(answer.body["code"], "timed_out");
    rests(&stores).await;
}

#[tokio::test]
async fn queries_that_somebody_waits_for_do_not_wait_behind_jobs() {
    let stores = Stores::create().await;
    let params = slow(&stores).await;
    let app = stores.app().with_workers();
    let mut jobs = Vec::new();
    for _ in 0..6 {
        let job = app
            .post(
                "/api/query/async",
                &json!({"type": "trends", "params": params}),
            )
            .await;
        jobs.push(job.body["job_id"].as_str().unwrap().to_owned());
    }
    works(&stores).await;
    app.query("live", json!({"max_age": 0})).await;
    // It is answered while they still wait for one another.
    let waiting = app.get("/api/query/async?status=pending").await;
    assert_ne!(waiting.body, json!([]));
    for job in jobs {
        let path = format!("/api/query/async/{job}");
        app.send("DELETE", &path, Some(KEY_A), None).await;
    }
    rests(&stores).await;
}
