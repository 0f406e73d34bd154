//! What every answer has in common.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testing::eventually;

use crate::app::{TestApp, send};

#[tokio::test]
async fn browsers_of_configured_origins_may_call() {
    let app = TestApp::start().await;
    for origin in ["http://localhost:3000", "http://127.0.0.1:3000"] {
        let preflight = app
            .request(Method::OPTIONS, "/api/projects")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let answer = send(preflight).await;
        assert!(answer.status < 300, "{answer:?}");
        assert_eq!(answer.headers["access-control-allow-origin"], origin);
        assert!(
            answer.headers["access-control-allow-methods"]
                .to_str()
                .unwrap()
                .contains("PATCH")
        );
        assert!(
            answer.headers["access-control-allow-headers"]
                .to_str()
                .unwrap()
                .contains("authorization")
        );
        // Errors too, and paths that there are not.
        for path in ["/api/me", "/nothing"] {
            let answer = send(app.request(Method::GET, path).header("origin", origin)).await;
            assert!(answer.status >= 400);
            assert_eq!(answer.headers["access-control-allow-origin"], origin);
        }
    }
    let foreign = send(
        app.request(Method::GET, "/health")
            .header("origin", "http://evil.test"),
    )
    .await;
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let app = TestApp::start().await;
    assert_eq!(
        send(app.request(Method::GET, "/api/nothing")).await.error(),
        (404, "not_found")
    );
    assert_eq!(
        send(app.request(Method::PUT, "/api/login")).await.error(),
        (405, "method_not_allowed")
    );
}

#[tokio::test]
async fn tells_about_itself() {
    let app = TestApp::start().await;
    let index = send(app.request(Method::GET, "/")).await.ok();
    assert_eq!(
        index,
        json!({"service": "auth-api", "docs": "/docs", "health": "/health"})
    );
    assert_eq!(
        send(app.request(Method::GET, "/health")).await.ok(),
        json!({"status": "ok"})
    );
    // The probe has a deadline; the machine may be busy with other tests.
    let ready = eventually(Duration::from_secs(120), || async {
        let answer = send(app.request(Method::GET, "/ready")).await;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(answer.body)
        }
    })
    .await;
    assert_eq!(ready, json!({"status": "ready", "postgres": "connected"}));
    let page = send(app.request(Method::GET, "/docs")).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let page = page.ok();
    let page = page.as_str().unwrap();
    // It works where there is no internet.
    assert!(
        page.contains("openapi.json") && !page.contains("://"),
        "{page}"
    );
    let document = send(app.request(Method::GET, "/openapi.json")).await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    app.login("nobody@example.com", "wrong horse").await;
    let metrics = send(app.request(Method::GET, "/metrics")).await.ok();
    let Value::String(metrics) = metrics else {
        panic!("{metrics}")
    };
    for name in [
        "auth_logins_total{outcome=\"failure\"}",
        "auth_password_hash_seconds",
        "http_request_duration_seconds",
    ] {
        assert!(metrics.contains(name), "{name} is missing");
    }
}
