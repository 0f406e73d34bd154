//! Registering and signing in.

use reqwest::Method;
use serde_json::json;

use crate::app::{PASSWORD, Person, TestApp, send};

#[tokio::test]
async fn registers_and_signs_in_by_form_and_by_json() {
    let app = TestApp::start().await;
    let made = app
        .post(
            "/api/register",
            json!({"email": "Ada@Example.com", "password": PASSWORD}),
        )
        .await
        .ok();
    assert_eq!(made["email"], "ada@example.com");
    assert_eq!(made.as_object().unwrap().len(), 2);

    let form = [
        ("grant_type", "password"),
        ("username", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let by_form = send(app.request(Method::POST, "/api/login").form(&form)).await;
    assert_eq!(by_form.headers["cache-control"], "no-store");
    let by_form = by_form.ok();
    assert_eq!(
        (
            by_form["token_type"].as_str(),
            by_form["expires_in"].as_u64()
        ),
        (Some("bearer"), Some(900))
    );
    let by_json = app.login("ADA@example.com ", PASSWORD).await.ok();
    for tokens in [by_form, by_json] {
        let me = app
            .call(
                &Person::of("", &tokens),
                Method::GET,
                "/api/me",
                json!(null),
            )
            .await
            .ok();
        assert_eq!((&me["id"], &me["email"]), (&made["id"], &made["email"]));
    }
}

#[tokio::test]
async fn one_address_registers_once() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let again = app
        .post(
            "/api/register",
            json!({"email": "ADA@example.com", "password": PASSWORD}),
        )
        .await;
    assert_eq!(again.error(), (400, "email_taken"));
    assert_eq!(again.body["detail"], "Email already registered");
}

#[tokio::test]
async fn faults_of_a_registration_are_named() {
    let app = TestApp::start().await;
    let long = "x".repeat(1025);
    for (body, paths) in [
        (
            json!({"email": "nobody", "password": "short"}),
            vec!["email", "password"],
        ),
        (
            json!({"email": "a@example.com", "password": long}),
            vec!["password"],
        ),
        (
            json!({"email": "a@example.com\u{0}", "password": PASSWORD}),
            vec!["email"],
        ),
        (json!({"email": 7, "password": PASSWORD}), vec!["email"]),
    ] {
        let answer = app.post("/api/register", body).await;
        assert_eq!(
            (answer.status, answer.paths()),
            (400, paths),
            "{:?}",
            answer.body
        );
    }
    let broken = send(app.request(Method::POST, "/api/register").body("{")).await;
    assert_eq!(broken.error(), (400, "invalid_json"));
    let large = send(
        app.request(Method::POST, "/api/register")
            .body(vec![b' '; 70_000]),
    )
    .await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_account_look_alike() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let wrong = app.login("ada@example.com", "wrong horse").await;
    assert_eq!(wrong.body["detail"], "Invalid credentials");
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
        ("ada@example.com", &"x".repeat(2000)),
        ("ada@example.com\u{0}", PASSWORD),
    ] {
        let answer = app.login(email, password).await;
        assert_eq!(
            (answer.status, &answer.body),
            (401, &wrong.body),
            "{email:?}"
        );
    }
    let missing = app.post("/api/login", json!({})).await;
    assert_eq!(
        (missing.status, missing.paths()),
        (400, vec!["username", "password"])
    );
}

#[tokio::test]
async fn registration_can_be_closed() {
    let app =
        TestApp::with(|config| config.auth.registration = auth_api::config::Registration::Closed)
            .await;
    let answer = app
        .post(
            "/api/register",
            json!({"email": "a@example.com", "password": PASSWORD}),
        )
        .await;
    assert_eq!(answer.error(), (403, "registration_closed"));
}

#[tokio::test]
async fn a_request_without_a_good_token_is_a_401() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let none = send(app.request(Method::GET, "/api/me")).await;
    assert_eq!(none.error(), (401, "not_authenticated"));
    for wrong in [
        "",
        "nonsense",
        "a.b.c",
        &ada.refresh,
        &format!("{}x", ada.access),
    ] {
        let answer = send(app.request(Method::GET, "/api/me").bearer_auth(wrong)).await;
        assert_eq!(answer.error(), (401, "invalid_token"), "{wrong}");
    }
    app.clock.advance(std::time::Duration::from_secs(900));
    let expired = app.call(&ada, Method::GET, "/api/me", json!(null)).await;
    assert_eq!(expired.error(), (401, "token_expired"));
}
