//! What ends: passwords, projects, accounts.

use std::time::Duration;

use auth_api::rate_limit::Rule;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{PASSWORD, Person, TestApp, send};

const OTHER: &str = "battery staple";

async fn me(app: &TestApp, person: &Person) -> u16 {
    app.call(person, Method::GET, "/api/me", Value::Null)
        .await
        .status
}

async fn change(app: &TestApp, person: &Person, current: &str, new: &str) -> crate::app::Answer {
    let body = json!({"current_password": current, "new_password": new});
    app.call(person, Method::POST, "/api/me/password", body)
        .await
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::start().await;
    let here = app.sign_up("ada@example.com").await;
    let elsewhere = app.sign_in("ada@example.com").await;
    let bob = app.sign_up("bob@example.com").await;
    let changed = change(&app, &here, PASSWORD, OTHER).await.ok();
    assert_eq!(changed, json!({"status": "changed"}));

    assert_eq!((me(&app, &here).await, me(&app, &bob).await), (200, 200));
    assert_eq!(me(&app, &elsewhere).await, 401);
    let refresh = |person: &Person| {
        let body = json!({"refresh_token": person.refresh});
        app.post("/api/refresh", body)
    };
    assert_eq!(refresh(&elsewhere).await.status, 401);
    assert_eq!(refresh(&here).await.status, 200);
    assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 401);
    assert_eq!(app.login("ada@example.com", OTHER).await.status, 200);
}

#[tokio::test]
async fn a_password_is_changed_only_by_whoever_knows_it() {
    let app = TestApp::with(|config| {
        config.auth.limits.login_per_account = Rule::new(3, Duration::from_secs(60));
    })
    .await;
    let ada = app.sign_up("ada@example.com").await;
    for (current, new, path, code) in [
        (OTHER, "long enough", "current_password", "wrong_password"),
        ("", "long enough", "current_password", "wrong_password"),
        (PASSWORD, "short", "new_password", "too_short"),
        (PASSWORD, &"x".repeat(1025), "new_password", "too_long"),
    ] {
        let refused = change(&app, &ada, current, new).await;
        let fault = &refused.body["errors"][0];
        assert_eq!(
            (refused.status, &fault["path"], &fault["code"]),
            (400, &json!(path), &json!(code)),
            "{}",
            refused.body
        );
    }
    let empty = app
        .call(&ada, Method::POST, "/api/me/password", json!({}))
        .await;
    assert_eq!((empty.status, empty.paths()), (400, vec!["new_password"]));
    // Guesses count together with those of the login.
    app.login("ada@example.com", OTHER).await;
    let limited = change(&app, &ada, PASSWORD, OTHER).await;
    assert_eq!(limited.error(), (429, "rate_limited"));
    assert_eq!(me(&app, &ada).await, 200);
}

#[tokio::test]
async fn a_deleted_project_is_gone_with_its_keys() {
    let app = TestApp::start().await;
    let (ada, eve) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("eve@example.com").await,
    );
    let id = app.project(&ada, "Shop").await;
    let keys = format!("/api/projects/{id}/api-keys");
    let key = app.call(&ada, Method::POST, &keys, Value::Null).await.ok();
    let key = key["api_key"].as_str().unwrap();
    let deleted = app
        .call(&ada, Method::DELETE, "/api/projects/shop", Value::Null)
        .await
        .ok();
    assert_eq!(deleted, json!({"status": "deleted"}));

    for path in [
        format!("/api/projects/{id}"),
        "/api/projects/shop".to_owned(),
        keys,
    ] {
        let gone = app.call(&ada, Method::GET, &path, Value::Null).await;
        assert_eq!(gone.error(), (404, "project_not_found"), "{path}");
    }
    let again = app
        .call(
            &ada,
            Method::DELETE,
            &format!("/api/projects/{id}"),
            Value::Null,
        )
        .await;
    assert_eq!(again.error(), (404, "project_not_found"));
    let check = app
        .internal("/api/internal/validate-key")
        .header("x-api-key", key);
    assert_eq!(send(check).await.status, 401);

    // The name is free; what programs still send with the old key is not.
    let theirs = app.project(&eve, "Shop").await;
    let found = app
        .call(&eve, Method::GET, "/api/projects/shop", Value::Null)
        .await
        .ok();
    assert_eq!(found["id"], json!(theirs));
    let taken = app
        .call(
            &eve,
            Method::POST,
            "/api/projects/shop/api-keys",
            json!({"api_key": key}),
        )
        .await;
    assert_eq!(taken.error(), (409, "key_taken"));
}

#[tokio::test]
async fn an_account_ends_unless_a_project_would_be_left_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("bob@example.com").await,
    );
    let shop = app.project(&ada, "Shop").await;
    app.project(&ada, "Blog").await;
    let leave = |password: &str| {
        let body = json!({"password": password});
        app.call(&ada, Method::DELETE, "/api/me", body)
    };
    let wrong = leave(OTHER).await;
    assert_eq!((wrong.status, wrong.paths()), (400, vec!["password"]));
    let alone = leave(PASSWORD).await;
    assert_eq!(alone.error(), (409, "last_owner"));
    let named: Vec<_> = alone.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["detail"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["blog", "shop"]);

    app.call(&ada, Method::DELETE, "/api/projects/blog", Value::Null)
        .await
        .ok();
    let members = format!("/api/projects/{shop}/members");
    let second = json!({"email": bob.email, "role": "owner"});
    app.call(&ada, Method::POST, &members, second).await.ok();
    let made = app
        .call(
            &ada,
            Method::POST,
            &format!("/api/projects/{shop}/api-keys"),
            Value::Null,
        )
        .await
        .ok();
    assert_eq!(leave(PASSWORD).await.ok(), json!({"status": "deleted"}));

    assert_eq!(me(&app, &ada).await, 401);
    assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 401);
    let left = app
        .call(&bob, Method::GET, &members, Value::Null)
        .await
        .ok();
    assert_eq!(left.as_array().unwrap().len(), 1);
    // Its keys are the project's.
    let check = app
        .internal("/api/internal/validate-key")
        .header("x-api-key", made["api_key"].as_str().unwrap());
    assert_eq!(send(check).await.status, 200);
    // The address may come back, as somebody else.
    let again = app.sign_up("ada@example.com").await;
    let projects = app
        .call(&again, Method::GET, "/api/projects", Value::Null)
        .await
        .ok();
    assert_eq!(projects, json!([]));
}
