//! Refreshing and signing out.

use std::time::Duration;

use identity::SigningKey;
use identity::token::{KeySet, TokenVerifier};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Person, TestApp, send};

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/api/refresh", json!({"refresh_token": token}))
        .await
}

async fn is_signed_in(app: &TestApp, person: &Person) -> bool {
    app.call(person, Method::GET, "/api/me", Value::Null)
        .await
        .status
        == 200
}

#[tokio::test]
async fn a_used_refresh_token_ends_its_whole_family() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let elsewhere = app.sign_in("ada@example.com").await;
    let second = Person::of(&ada.email, &refresh(&app, &ada.refresh).await.ok());
    let third = Person::of(&ada.email, &refresh(&app, &second.refresh).await.ok());
    assert!(is_signed_in(&app, &third).await);

    assert_eq!(
        refresh(&app, &ada.refresh).await.error(),
        (401, "invalid_refresh_token")
    );
    for person in [&ada, &second, &third] {
        assert!(!is_signed_in(&app, person).await);
        assert_eq!(refresh(&app, &person.refresh).await.status, 401);
    }
    // Another sign-in of the same account is another family.
    assert!(is_signed_in(&app, &elsewhere).await);
    refresh(&app, &elsewhere.refresh).await.ok();
}

#[tokio::test]
async fn refresh_tokens_run_out() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    app.clock.advance(Duration::from_secs(29 * 24 * 3600));
    let renewed = Person::of(&ada.email, &refresh(&app, &ada.refresh).await.ok());
    app.clock.advance(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(
        refresh(&app, &renewed.refresh).await.error(),
        (401, "invalid_refresh_token")
    );
    for wrong in [json!({}), json!({"refresh_token": null}), json!([])] {
        assert_eq!(app.post("/api/refresh", wrong).await.status, 400);
    }
    assert_eq!(refresh(&app, "rt_unknown").await.status, 401);
}

#[tokio::test]
async fn signing_out_ends_access_and_refresh() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let out = app
        .call(&ada, Method::POST, "/api/logout", Value::Null)
        .await
        .ok();
    assert_eq!(out, json!({"status": "logged_out"}));
    assert!(!is_signed_in(&app, &ada).await);
    assert_eq!(refresh(&app, &ada.refresh).await.status, 401);

    // With an expired access token the refresh token says which session.
    let ada = app.sign_in("ada@example.com").await;
    app.clock.advance(Duration::from_secs(3600));
    let out = app
        .call(
            &ada,
            Method::POST,
            "/api/logout",
            json!({"refresh_token": ada.refresh}),
        )
        .await;
    assert_eq!(out.status, 200);
    assert_eq!(refresh(&app, &ada.refresh).await.status, 401);

    let nobody = send(app.request(Method::POST, "/api/logout")).await;
    assert_eq!(nobody.error(), (401, "not_authenticated"));
    assert_eq!(
        app.post("/api/logout", json!({"refresh_token": "unknown"}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn other_services_check_tokens_with_the_published_keys() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let jwks = send(app.request(Method::GET, "/.well-known/jwks.json"))
        .await
        .ok();
    let key = &jwks["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
    );
    assert!(key["kid"].is_string() && key.get("d").is_none());
    let keys = KeySet::from_json(jwks.to_string().as_bytes()).unwrap();
    let claims = TokenVerifier::fixed(keys, app.clock.clone())
        .verify(&ada.access)
        .await
        .unwrap();
    let me = app
        .call(&ada, Method::GET, "/api/me", Value::Null)
        .await
        .ok();
    assert_eq!(claims.sub.to_string(), me["id"].as_str().unwrap());

    let url = app
        .request(Method::GET, "/.well-known/jwks.json")
        .build()
        .unwrap()
        .url()
        .to_string();
    let config = identity::TokenConfig {
        jwks_url: url,
        ..identity::TokenConfig::default()
    };
    let remote = TokenVerifier::new(&config, app.clock.clone());
    assert_eq!(remote.verify(&ada.access).await.unwrap(), claims);
}

#[tokio::test]
async fn tokens_of_a_retired_key_stay_good() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.pem");
    let old = SigningKey::load_or_create(&file).unwrap();
    let app = TestApp::with(|config| config.auth.retired_key_paths = vec![file]).await;
    let ada = app.sign_up("ada@example.com").await;
    let claims = app.state.tokens.verify(&ada.access).await.unwrap();
    let access = old
        .issue(
            claims.sub,
            claims.sid,
            app.clock.now(),
            chrono::TimeDelta::minutes(15),
        )
        .unwrap();
    assert!(
        is_signed_in(
            &app,
            &Person {
                access,
                ..ada.clone()
            }
        )
        .await
    );
    let jwks = send(app.request(Method::GET, "/.well-known/jwks.json"))
        .await
        .ok();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    // Signed for a session that there is not: no session, no user.
    let forged = old
        .issue(
            claims.sub,
            uuid::Uuid::nil(),
            app.clock.now(),
            chrono::TimeDelta::minutes(15),
        )
        .unwrap();
    assert!(
        !is_signed_in(
            &app,
            &Person {
                access: forged,
                ..ada
            }
        )
        .await
    );
}
