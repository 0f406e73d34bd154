//! Projects.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn a_project_belongs_to_whoever_makes_it() {
    let app = TestApp::start().await;
    let (ada, eve) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("eve@example.com").await,
    );
    let made = app
        .call(
            &ada,
            Method::POST,
            "/api/projects",
            json!({"name": " My Shop "}),
        )
        .await
        .ok();
    assert_eq!(
        (&made["name"], &made["slug"], &made["role"]),
        (&json!("My Shop"), &json!("my-shop"), &json!("owner"))
    );
    assert!(uuid::Uuid::parse_str(made["id"].as_str().unwrap()).is_ok());
    assert!(chrono::DateTime::parse_from_rfc3339(made["created_at"].as_str().unwrap()).is_ok());
    assert_eq!(
        app.call(&ada, Method::GET, "/api/projects", Value::Null)
            .await
            .ok(),
        json!([made])
    );
    assert_eq!(
        app.call(&eve, Method::GET, "/api/projects", Value::Null)
            .await
            .ok(),
        json!([])
    );

    // The same name again gets a slug of its own; the same slug does not.
    let second = app
        .call(
            &eve,
            Method::POST,
            "/api/projects",
            json!({"name": "My Shop"}),
        )
        .await
        .ok();
    assert!(
        second["slug"].as_str().unwrap().starts_with("my-shop-"),
        "{second}"
    );
    let taken = app
        .call(
            &eve,
            Method::POST,
            "/api/projects",
            json!({"name": "x", "slug": "my-shop"}),
        )
        .await;
    assert_eq!(taken.error(), (409, "name_taken"));
    for (body, paths) in [
        (json!({"name": ""}), vec!["name"]),
        (
            json!({"name": "a\u{0}b", "slug": "Not A Slug"}),
            vec!["name", "slug"],
        ),
        (json!({"name": "x".repeat(201)}), vec!["name"]),
    ] {
        let answer = app.call(&eve, Method::POST, "/api/projects", body).await;
        assert_eq!(
            (answer.status, answer.paths()),
            (400, paths),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_project_is_found_by_id_and_slug_and_changed_by_its_admins() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let id = app.project(&ada, "Shop").await;
    for name in [id.as_str(), &id.to_uppercase(), "shop"] {
        let found = app
            .call(
                &ada,
                Method::GET,
                &format!("/api/projects/{name}"),
                Value::Null,
            )
            .await
            .ok();
        assert_eq!(found["id"], json!(id));
    }
    let patch = json!({"name": "Store", "slug": "store", "aliases": ["clx0", "old shop"]});
    let wrong = app
        .call(&ada, Method::PATCH, "/api/projects/shop", patch)
        .await;
    assert_eq!((wrong.status, wrong.paths()), (400, vec!["aliases[1]"]));
    let patch = json!({"name": "Store", "slug": "store", "aliases": ["clx0"]});
    let changed = app
        .call(&ada, Method::PATCH, "/api/projects/shop", patch)
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["slug"], &changed["aliases"]),
        (&json!("Store"), &json!("store"), &json!(["clx0"]))
    );
    assert_eq!(
        app.call(&ada, Method::GET, "/api/projects/shop", Value::Null)
            .await
            .status,
        404
    );
    let kept = app
        .call(&ada, Method::PATCH, "/api/projects/store", json!({}))
        .await
        .ok();
    assert_eq!(kept, changed);

    app.project(&ada, "Other").await;
    for body in [json!({"slug": "other"}), json!({"aliases": ["other"]})] {
        assert_eq!(
            app.call(&ada, Method::PATCH, "/api/projects/store", body)
                .await
                .error(),
            (409, "name_taken")
        );
    }
}

#[tokio::test]
async fn limits_say_what_is_unlimited() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let id = app.project(&ada, "Shop").await;
    let limits = app
        .call(
            &ada,
            Method::GET,
            &format!("/api/projects/{id}/limits"),
            Value::Null,
        )
        .await
        .ok();
    assert_eq!(limits["project_id"], json!(id));
    assert_eq!(limits["events_per_month_max"], Value::Null);
    assert_eq!(limits["events_per_second_per_key_max"], 100_000);
    assert_eq!(limits["batch_events_max"], 10_000);
}
