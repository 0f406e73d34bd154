//! API keys.

use std::time::Duration;

use identity::{DirectoryConfig, DirectoryState, KeyDirectory, Scope};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::Clock;
use service_kit::config::{PostgresConfig, Secret};
use testing::eventually;
use tokio_util::sync::CancellationToken;

use crate::app::{Answer, Person, TestApp, send};

struct Shop {
    app: TestApp,
    ada: Person,
    id: String,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let ada = app.sign_up("ada@example.com").await;
        let id = app.project(&ada, "Shop").await;
        Self { app, ada, id }
    }

    async fn keys(&self, method: Method, rest: &str, body: Value) -> Answer {
        self.app
            .call(
                &self.ada,
                method,
                &format!("/api/projects/{}/api-keys{rest}", self.id),
                body,
            )
            .await
    }

    async fn validate(&self, key: &str) -> Answer {
        send(
            self.app
                .internal("/api/internal/validate-key")
                .header("x-api-key", key),
        )
        .await
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let shop = Shop::open().await;
    let made = shop
        .keys(Method::POST, "", json!({"name": "site"}))
        .await
        .ok();
    let key = made["api_key"].as_str().unwrap();
    assert!(key.starts_with("ak_") && key.len() == 46, "{key}");
    assert!(key.starts_with(made["key_prefix"].as_str().unwrap()));
    assert_eq!(
        (&made["name"], &made["scopes"]),
        (&json!("site"), &json!(["capture"]))
    );
    let valid = shop.validate(key).await.ok();
    assert_eq!(valid["project_id"], json!(shop.id));

    let listed = shop.keys(Method::GET, "", Value::Null).await.ok();
    assert_eq!(listed[0]["id"], made["id"]);
    assert!(!listed.to_string().contains(&key[10..]), "{listed}");
    let stored: String = sqlx::query_scalar("SELECT row_to_json(k)::text FROM accounts.api_keys k")
        .fetch_one(&mut shop.app.database.connect().await)
        .await
        .unwrap();
    assert!(!stored.contains(&key[10..]), "{stored}");

    let path = format!("/{}", made["id"].as_str().unwrap());
    assert_eq!(
        shop.keys(Method::DELETE, &path, Value::Null).await.ok(),
        json!({"status": "revoked"})
    );
    assert_eq!(
        shop.keys(Method::DELETE, &path, Value::Null).await.error(),
        (404, "key_not_found")
    );
    assert_eq!(
        shop.keys(Method::DELETE, "/nonsense", Value::Null)
            .await
            .error(),
        (404, "key_not_found")
    );
    assert_eq!(
        shop.keys(Method::GET, "", Value::Null).await.ok(),
        json!([])
    );
    assert_eq!(shop.validate(key).await.error(), (401, "invalid_api_key"));
}

#[tokio::test]
async fn everything_about_a_key_may_be_left_away_or_said() {
    let shop = Shop::open().await;
    let bare = send(
        shop.app
            .request(Method::POST, &format!("/api/projects/{}/api-keys", shop.id))
            .bearer_auth(&shop.ada.access),
    )
    .await;
    assert_eq!(bare.ok()["name"], "default");
    let wanted = json!({
        "name": "reports", "scopes": ["read", "capture"], "allowed_domains": ["Example.com", "*.shop.test"],
        "expires_at": "2099-01-01T00:00:00+01:00", "events_per_second_max": 50,
    });
    let made = shop.keys(Method::POST, "", wanted).await.ok();
    assert_eq!(made["scopes"], json!(["capture", "read"]));
    assert_eq!(
        made["allowed_domains"],
        json!(["example.com", ".shop.test"])
    );
    assert_eq!(made["expires_at"], "2098-12-31T23:00:00Z");
    assert_eq!(made["events_per_second_max"], 50);
    let mut listed = shop.keys(Method::GET, "", Value::Null).await.ok()[1].clone();
    listed["api_key"] = made["api_key"].clone();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn faults_of_a_key_are_named_all_at_once() {
    let shop = Shop::open().await;
    for (body, paths) in [
        (
            json!({"scopes": ["read", "admin"], "allowed_domains": ["ok.test", "https://no.test"], "expires_at": "2001-01-01T00:00:00Z"}),
            vec!["scopes[1]", "allowed_domains[1]", "expires_at"],
        ),
        (json!({"scopes": []}), vec!["scopes"]),
        (json!({"name": ""}), vec!["name"]),
        (
            json!({"expires_at": "tomorrow", "scopes": ["x"]}),
            vec!["scopes[0]", "expires_at"],
        ),
        (
            json!({"events_per_second_max": 0}),
            vec!["events_per_second_max"],
        ),
    ] {
        let answer = shop.keys(Method::POST, "", body).await;
        assert_eq!(
            (answer.status, answer.paths()),
            (400, paths),
            "{}",
            answer.body
        );
    }
    let unknown = shop.keys(Method::POST, "", json!({"scope": "read"})).await;
    assert!(
        unknown.status == 400 && unknown.body["detail"].as_str().unwrap().contains("scope"),
        "{}",
        unknown.body
    );
    assert_eq!(
        shop.keys(Method::GET, "", Value::Null).await.ok(),
        json!([])
    );
}

#[tokio::test]
async fn a_key_of_another_system_is_taken_over_once() {
    let shop = Shop::open().await;
    let key = format!("bk_live_{}", "0123456789abcdef".repeat(4));
    let body = json!({"name": "bklit", "api_key": key});
    let made = shop.keys(Method::POST, "", body.clone()).await.ok();
    assert_eq!(
        (&made["api_key"], &made["key_prefix"]),
        (&json!(key), &json!("bk_live_012345"))
    );
    assert_eq!(shop.validate(&key).await.ok()["project_id"], json!(shop.id));
    let again = shop.keys(Method::POST, "", body.clone()).await;
    assert_eq!(again.error(), (409, "key_taken"));
    let path = format!("/{}", made["id"].as_str().unwrap());
    shop.keys(Method::DELETE, &path, Value::Null).await.ok();
    // What was revoked stays revoked.
    let again = shop.keys(Method::POST, "", body).await;
    assert_eq!(again.error(), (409, "key_taken"));
    for wrong in ["", "secret", "bk_live_0", &"a".repeat(46)] {
        let answer = shop.keys(Method::POST, "", json!({"api_key": wrong})).await;
        assert_eq!((answer.status, answer.paths()), (400, vec!["api_key"]));
    }
}

#[tokio::test]
async fn an_expired_key_is_no_key() {
    let shop = Shop::open().await;
    let end = shop.app.clock.now() + chrono::TimeDelta::seconds(60);
    let made = shop
        .keys(Method::POST, "", json!({"expires_at": end}))
        .await
        .ok();
    let key = made["api_key"].as_str().unwrap();
    shop.validate(key).await.ok();
    shop.app.clock.advance(Duration::from_secs(60));
    assert_eq!(shop.validate(key).await.status, 401);
}

#[tokio::test]
async fn keys_are_validated_on_the_internal_listener_only() {
    let shop = Shop::open().await;
    let made = shop.keys(Method::POST, "", Value::Null).await.ok();
    let key = made["api_key"].as_str().unwrap();
    let public = send(
        shop.app
            .request(Method::GET, "/api/internal/validate-key")
            .header("x-api-key", key),
    )
    .await;
    assert_eq!(public.status, 404);
    let missing = send(shop.app.internal("/api/internal/validate-key")).await;
    assert_eq!(
        (missing.status, &missing.body["detail"]),
        (401, &json!("Missing API key"))
    );
    for wrong in [
        "",
        "ak_short",
        "ak_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(shop.validate(wrong).await.body["detail"], "Invalid API key");
    }
    assert_eq!(send(shop.app.internal("/api/projects")).await.status, 404);
}

#[tokio::test]
async fn a_directory_follows_what_is_done_over_http_within_a_second() {
    let shop = Shop::open().await;
    let postgres = PostgresConfig {
        url: Secret::new(shop.app.database.url_as("millrace_capture")),
        ..PostgresConfig::default()
    };
    let (directory, sync) =
        KeyDirectory::open(&DirectoryConfig::default(), &postgres, Clock::system());
    let stop = CancellationToken::new();
    let running = tokio::spawn(sync.run(stop.clone()));
    directory.wait_for(DirectoryState::Live).await;
    for _ in 0..5 {
        let made = shop
            .keys(Method::POST, "", json!({"scopes": ["read"]}))
            .await
            .ok();
        let key = made["api_key"].as_str().unwrap();
        // Right after the answer, without waiting.
        let info = directory.resolve(key).await.unwrap();
        assert!(
            info.may(Scope::Read) && !info.may(Scope::Capture) && info.speaks_for(Some(&shop.id))
        );
        shop.keys(
            Method::DELETE,
            &format!("/{}", made["id"].as_str().unwrap()),
            Value::Null,
        )
        .await
        .ok();
        eventually(Duration::from_secs(120), || async {
            directory.lookup(key).map_or(Ok(()), Err)
        })
        .await;
    }
    stop.cancel();
    running.await.unwrap();
}
