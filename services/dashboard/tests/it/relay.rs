//! What is passed on to the services, and what is passed back.

use http::{Method, StatusCode};

use crate::app::TestApp;

#[tokio::test]
async fn method_path_body_and_credential_are_passed_on_but_no_cookie() {
    let app = TestApp::start().await;
    let response = app
        .ask(Method::PATCH, "/query/api/dashboards/7?project_id=a%20b")
        .header("authorization", "Bearer at")
        .header("cookie", "millrace_session=rt_first")
        .header("x-forwarded-for", "10.0.0.1")
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap(), r#"{"ok":true}"#);
    let asked = app.asked().remove(0);
    assert_eq!(asked.method, Method::PATCH);
    assert_eq!(asked.path, "/api/dashboards/7?project_id=a%20b");
    assert_eq!(asked.body, "{}");
    assert_eq!(asked.headers["authorization"], "Bearer at");
    assert!(!asked.headers.contains_key("cookie"));
    // Not what the client wrote, but where it is.
    assert_eq!(asked.headers["x-forwarded-for"], "127.0.0.1");
}

#[tokio::test]
async fn statuses_come_back_as_they_are_and_foreign_cookies_do_not() {
    let app = TestApp::start().await;
    let response = app.get("/auth/api/busy").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "7");
    assert!(!response.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn only_the_services_apis_are_reachable() {
    let app = TestApp::start().await;
    for path in [
        "/auth/metrics",
        "/query/metrics",
        "/auth/api/../metrics",
        "/query/",
    ] {
        let text = app.get(path).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains("ok"), "{path}: {text}");
    }
    assert!(app.asked().is_empty());
}

#[tokio::test]
async fn a_shared_dashboard_needs_no_credential() {
    let app = TestApp::start().await;
    let response = app.get("/query/api/shared/token").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(app.asked()[0].path, "/api/shared/token");
}

#[tokio::test]
async fn the_stream_of_events_is_there_when_a_realtime_service_is() {
    let app = TestApp::with(|config| config.realtime_url = config.query_url.clone()).await;
    let response = app
        .get("/realtime/api/live-stream?projectId=p")
        .header("last-event-id", "41")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let asked = app.asked().remove(0);
    assert_eq!(asked.path, "/api/live-stream?projectId=p");
    assert_eq!(asked.headers["last-event-id"], "41");
    let without = TestApp::start().await;
    let response = without.get("/realtime/api/live-stream").send().await;
    assert_eq!(response.unwrap().status(), StatusCode::NOT_FOUND);
    assert!(without.asked().is_empty());
}

#[tokio::test]
async fn a_service_that_is_away_is_a_503_with_a_sentence() {
    let app = TestApp::with(|config| "http://127.0.0.1:9".clone_into(&mut config.query_url)).await;
    let response = app.get("/query/api/pipeline").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["code"], "unavailable");
}
