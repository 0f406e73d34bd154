//! `auth-api bootstrap`.

use std::path::Path;

use auth_api::bootstrap::{Arguments, Made, bootstrap};
use clap::Parser as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, send};

const OWNER: &str = "owner@localhost.localdomain";

async fn run(app: &TestApp, folder: &Path) -> Made {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let arguments = Arguments::parse_from([
        "bootstrap",
        "--email",
        OWNER,
        "--project",
        "default",
        "--password-file",
        &file("password"),
        "--write-key-file",
        &file("write"),
        "--read-key-file",
        &file("read"),
    ]);
    bootstrap(&app.state, &arguments).await.unwrap()
}

async fn project_of(app: &TestApp, key: &str) -> Option<String> {
    let answer = send(
        app.internal("/api/internal/validate-key")
            .header("x-api-key", key),
    )
    .await;
    answer.body["project_id"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn makes_what_is_missing_and_keeps_what_is_there() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("password"), "a long password\n").unwrap();
    let first = run(&app, folder.path()).await;
    assert_eq!(
        (first.slug.as_str(), first.password.as_deref()),
        ("default", None)
    );
    let owner = Person::of(OWNER, &app.login(OWNER, "a long password").await.ok());
    let keys = format!("/api/projects/{}/api-keys", first.project_id);
    let scopes = |listed: &Value| {
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["scopes"].clone())
            .collect::<Vec<_>>()
    };
    let listed = app.call(&owner, Method::GET, &keys, Value::Null).await.ok();
    assert_eq!(scopes(&listed), [json!(["capture"]), json!(["read"])]);

    // With the keys remembered, nothing is made again.
    std::fs::write(folder.path().join("write"), &first.write_key).unwrap();
    std::fs::write(folder.path().join("read"), format!("{}\n", first.read_key)).unwrap();
    let second = run(&app, folder.path()).await;
    assert_eq!(
        (second.project_id, &second.write_key, &second.read_key),
        (first.project_id, &first.write_key, &first.read_key)
    );
    assert_eq!(
        app.call(&owner, Method::GET, &keys, Value::Null).await.ok(),
        listed
    );

    // A key that was revoked is replaced, and so is one that may do something else.
    app.call(
        &owner,
        Method::DELETE,
        &format!("{keys}/{}", listed[0]["id"].as_str().unwrap()),
        Value::Null,
    )
    .await
    .ok();
    std::fs::write(folder.path().join("read"), &first.write_key).unwrap();
    let third = run(&app, folder.path()).await;
    assert!(third.write_key != first.write_key && third.read_key != first.write_key);
    for key in [&third.write_key, &third.read_key] {
        assert_eq!(
            project_of(&app, key).await,
            Some(first.project_id.to_string())
        );
    }
    assert_eq!(project_of(&app, &first.write_key).await, None);
}

#[tokio::test]
async fn remembered_keys_are_taken_over_by_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    let (write, read) = (identity::ApiKey::generate(), identity::ApiKey::generate());
    std::fs::write(folder.path().join("password"), "a long password").unwrap();
    std::fs::write(folder.path().join("write"), write.expose()).unwrap();
    std::fs::write(folder.path().join("read"), read.expose()).unwrap();
    let app = TestApp::start().await;
    let made = run(&app, folder.path()).await;
    assert_eq!(
        (made.write_key.as_str(), made.read_key.as_str()),
        (write.expose(), read.expose())
    );
    assert_eq!(
        project_of(&app, read.expose()).await,
        Some(made.project_id.to_string())
    );
}

#[tokio::test]
async fn makes_up_a_password_when_none_is_given() {
    let app = TestApp::start().await;
    let arguments = Arguments::parse_from(["bootstrap", "--email", OWNER]);
    let made = bootstrap(&app.state, &arguments).await.unwrap();
    app.login(OWNER, &made.password.unwrap()).await.ok();
    assert_eq!(
        bootstrap(&app.state, &arguments).await.unwrap().password,
        None
    );
}
