//! Signing in, staying signed in, signing out.

use http::{Method, StatusCode};
use reqwest::Response;
use serde_json::{Value, json};

use crate::app::TestApp;

fn cookie(response: &Response) -> String {
    let value = response.headers().get("set-cookie");
    value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

/// Signs Ada in or up, by a path.
async fn enter(app: &TestApp, path: &str, password: &str) -> Response {
    let who = json!({"email": "ada@example.com", "password": password});
    app.session(path).json(&who).send().await.unwrap()
}

#[tokio::test]
async fn the_refresh_token_goes_into_a_cookie_that_no_script_reads() {
    let app = TestApp::start().await;
    let response = enter(&app, "/session/login", "right").await;
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = cookie(&response);
    assert!(
        cookie.starts_with("millrace_session=rt_first; Path=/session;"),
        "{cookie}"
    );
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    assert!(cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains("Secure"), "{cookie}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["access_token"], "at");
    assert_eq!(body["refresh_token"], Value::Null);
}

#[tokio::test]
async fn the_cookie_stays_on_https_where_that_is_switched_on() {
    let app = TestApp::with(|config| config.is_secure = true).await;
    let response = enter(&app, "/session/register", "right").await;
    assert!(cookie(&response).ends_with("; Secure"));
    let asked = app.asked();
    let paths: Vec<&str> = asked.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/api/register", "/api/login"]);
    // Attempts are counted by where they come from.
    assert!(
        asked
            .iter()
            .all(|one| one.headers["x-forwarded-for"] == "127.0.0.1")
    );
}

#[tokio::test]
async fn a_wrong_password_is_told_and_sets_nothing() {
    let app = TestApp::start().await;
    let response = enter(&app, "/session/login", "wrong").await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(cookie(&response), "");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["detail"], "Invalid credentials");
}

#[tokio::test]
async fn a_used_cookie_is_replaced_and_a_dead_one_removed() {
    let app = TestApp::start().await;
    let refresh = |token: &str| {
        app.session("/session/refresh")
            .header("cookie", format!("other=1; millrace_session={token}"))
            .send()
    };
    let response = refresh("rt_first").await.unwrap();
    assert!(cookie(&response).starts_with("millrace_session=rt_second;"));
    let response = refresh("rt_stolen").await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(cookie(&response).starts_with("millrace_session=; Path=/session; "));
    assert!(cookie(&response).contains("Max-Age=0"));
}

#[tokio::test]
async fn two_tabs_that_renew_with_one_cookie_both_stay_signed_in() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        let response = app
            .session("/session/refresh")
            .header("cookie", "millrace_session=rt_first")
            .send()
            .await
            .unwrap();
        assert!(cookie(&response).starts_with("millrace_session=rt_second;"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["access_token"], "at");
        assert_eq!(body["refresh_token"], Value::Null);
    }
    assert_eq!(app.asked().len(), 1);
}

#[tokio::test]
async fn without_a_cookie_nobody_is_asked() {
    let app = TestApp::start().await;
    let response = app.session("/session/refresh").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(app.asked().is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_on_both_sides() {
    let app = TestApp::start().await;
    let response = app
        .session("/session/logout")
        .header("cookie", "millrace_session=rt_first")
        .send()
        .await
        .unwrap();
    assert!(cookie(&response).contains("Max-Age=0"));
    let asked = app.asked();
    assert_eq!(asked[0].path, "/api/logout");
    assert!(asked[0].body.contains("rt_first"));
}

#[tokio::test]
async fn requests_that_another_site_could_send_are_refused() {
    let app = TestApp::start().await;
    for path in ["login", "register", "refresh", "logout"] {
        let response = app
            .ask(Method::POST, &format!("/session/{path}"))
            .header("cookie", "millrace_session=rt_first")
            .json(&json!({"email": "a@b.c", "password": "right"}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert!(app.asked().is_empty());
}

#[tokio::test]
async fn the_page_learns_where_it_is() {
    let app = TestApp::start().await;
    let body: Value = app
        .get("/session/surroundings")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let expected = json!({
        "capture_url": "https://events.example", "has_realtime": false, "is_empty": true, "is_registration_open": true,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_service_that_is_away_is_a_503() {
    let app = TestApp::with(|config| "http://127.0.0.1:9".clone_into(&mut config.auth_url)).await;
    let response = enter(&app, "/session/login", "right").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let told = app.get("/session/surroundings").send().await.unwrap();
    assert_eq!(told.status(), StatusCode::OK);
}
