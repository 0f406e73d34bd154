//! The page itself, and the headers around it.

use http::StatusCode;

use crate::app::TestApp;

#[tokio::test]
async fn every_route_of_the_page_is_the_page() {
    let app = TestApp::start().await;
    for path in ["/", "/p/1/trends?range=30d", "/shared/token"] {
        let response = app.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
        assert_eq!(
            response.text().await.unwrap(),
            "<!doctype html>page",
            "{path}"
        );
    }
}

#[tokio::test]
async fn built_files_are_kept_for_ever() {
    let app = TestApp::start().await;
    let response = app.get("/assets/page-1a2b.js").send().await.unwrap();
    let kept = response.headers()["cache-control"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kept.contains("immutable"), "{kept}");
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/javascript"), "{kind}");
}

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/assets/page-1a2b.js",
        "/session/surroundings",
        "/query/api/x",
        "/auth/api/busy",
    ] {
        let response = app.get(path).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
    }
}

#[tokio::test]
async fn a_page_that_was_not_built_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = dashboard::DashboardConfig {
        assets: folder.path().to_owned(),
        ..dashboard::DashboardConfig::default()
    };
    let refused = dashboard::router(&config, &service_kit::Lifecycle::new());
    let told = refused.err().unwrap().to_string();
    assert!(told.contains("build the page first"), "{told}");
}
