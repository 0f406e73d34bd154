//! How often somebody may try.

use std::time::Duration;

use auth_api::rate_limit::Rule;
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn wrong_guesses_into_one_account_are_limited() {
    let app =
        TestApp::with(|config| config.auth.limits.login_per_account = Rule::new(3, MINUTE)).await;
    app.sign_up("ada@example.com").await;
    // Whether there is an account makes no difference.
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            assert_eq!(app.login(email, "wrong horse").await.status, 401);
        }
        let limited = app.login(email, "wrong horse").await;
        assert_eq!(limited.error(), (429, "rate_limited"));
        assert_eq!(limited.headers["retry-after"], "60");
        assert_eq!(app.login(&email.to_uppercase(), PASSWORD).await.status, 429);
    }
    assert_eq!(
        app.login("bob@example.com", "wrong horse").await.status,
        401
    );
    app.clock.advance(MINUTE);
    assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn right_passwords_do_not_count() {
    let app = TestApp::with(|config| {
        config.auth.limits.login_per_account = Rule::new(2, MINUTE);
        config.auth.limits.login_per_address = Rule::new(2, MINUTE);
    })
    .await;
    app.sign_up("ada@example.com").await;
    for _ in 0..10 {
        assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn guesses_from_one_address_are_limited_over_all_accounts() {
    let app =
        TestApp::with(|config| config.auth.limits.login_per_address = Rule::new(5, MINUTE)).await;
    for number in 0..5 {
        assert_eq!(
            app.login(&format!("user{number}@example.com"), "password1")
                .await
                .status,
            401
        );
    }
    assert_eq!(
        app.login("user6@example.com", "password1").await.status,
        429
    );
    // Nobody escapes by naming another address.
    let request = app
        .request(reqwest::Method::POST, "/api/login")
        .header("x-forwarded-for", "198.51.100.1");
    let body = json!({"username": "user7@example.com", "password": "password1"});
    assert_eq!(crate::app::send(request.json(&body)).await.status, 429);
}

#[tokio::test]
async fn registrations_are_limited_by_address_and_by_account() {
    let app = TestApp::with(|config| {
        config.auth.limits.register_per_address = Rule::new(4, MINUTE);
        config.auth.limits.register_per_account = Rule::new(2, MINUTE);
    })
    .await;
    let register = |email: &'static str| {
        app.post(
            "/api/register",
            json!({"email": email, "password": PASSWORD}),
        )
    };
    assert_eq!(register("ada@example.com").await.status, 200);
    assert_eq!(register("ada@example.com").await.status, 400);
    assert_eq!(
        register("ada@example.com").await.error(),
        (429, "rate_limited")
    );
    assert_eq!(register("bob@example.com").await.status, 200);
    let limited = register("eve@example.com").await;
    assert_eq!(limited.error(), (429, "rate_limited"));
    assert!(limited.headers.contains_key("retry-after"));
    app.clock.advance(MINUTE);
    assert_eq!(register("eve@example.com").await.status, 200);
}
