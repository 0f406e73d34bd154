//! Members of a project.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp, send};

#[tokio::test]
async fn whether_an_address_has_an_account_cannot_be_told() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    app.sign_up("there@example.com").await;
    let members = format!("/api/projects/{}/members", app.project(&ada, "Shop").await);
    let mut answers = Vec::new();
    for email in ["there@example.com", "not-yet@example.com"] {
        let member = |role: &str| json!({"email": email, "role": role});
        let added = app
            .call(&ada, Method::POST, &members, member("viewer"))
            .await
            .ok();
        let again = app
            .call(&ada, Method::POST, &members, member("viewer"))
            .await;
        assert_eq!(again.error(), (409, "already_a_member"));
        let changed = app
            .call(&ada, Method::PATCH, &members, member("admin"))
            .await
            .ok();
        let listed = app
            .call(&ada, Method::GET, &members, Value::Null)
            .await
            .ok();
        let removed = app
            .call(&ada, Method::DELETE, &members, json!({"email": email}))
            .await
            .ok();
        let gone = app
            .call(&ada, Method::DELETE, &members, json!({"email": email}))
            .await;
        assert_eq!(gone.error(), (404, "member_not_found"));
        answers.push(
            json!([added, changed, listed, removed])
                .to_string()
                .replace(email, "?"),
        );
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn an_invited_address_is_a_member_once_it_registers() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let id = app.project(&ada, "Shop").await;
    let body = json!({"email": "New@Example.com", "role": "member"});
    app.call(
        &ada,
        Method::POST,
        &format!("/api/projects/{id}/members"),
        body,
    )
    .await
    .ok();
    let new = app.sign_up("new@example.com").await;
    let projects = app
        .call(&new, Method::GET, "/api/projects", Value::Null)
        .await
        .ok();
    assert_eq!(
        (&projects[0]["id"], &projects[0]["role"]),
        (&json!(id), &json!("member"))
    );
}

#[tokio::test]
async fn everybody_may_leave_but_the_last_owner() {
    let app = TestApp::start().await;
    let (ada, bob) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("bob@example.com").await,
    );
    let members = format!("/api/projects/{}/members", app.project(&ada, "Shop").await);
    let leaves = |email: &str| format!("{members}?email={email}");
    assert_eq!(
        app.call(&ada, Method::DELETE, &leaves(&ada.email), Value::Null)
            .await
            .error(),
        (409, "last_owner")
    );
    let demoted = json!({"email": ada.email, "role": "viewer"});
    assert_eq!(
        app.call(&ada, Method::PATCH, &members, demoted.clone())
            .await
            .error(),
        (409, "last_owner")
    );

    app.call(
        &ada,
        Method::POST,
        &members,
        json!({"email": bob.email, "role": "viewer"}),
    )
    .await
    .ok();
    let left = app
        .call(&bob, Method::DELETE, &leaves(&bob.email), Value::Null)
        .await
        .ok();
    assert_eq!(left, json!({"status": "removed", "email": bob.email}));
    assert_eq!(
        app.call(&bob, Method::GET, &members, Value::Null)
            .await
            .status,
        404
    );

    app.call(
        &ada,
        Method::POST,
        &members,
        json!({"email": bob.email, "role": "owner"}),
    )
    .await
    .ok();
    app.call(&ada, Method::PATCH, &members, demoted).await.ok();
    assert_eq!(
        app.call(&ada, Method::DELETE, &leaves(&bob.email), Value::Null)
            .await
            .error(),
        (403, "not_allowed")
    );
}

#[tokio::test]
async fn nobody_reaches_above_oneself() {
    let app = TestApp::start().await;
    let (ada, bob) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("bob@example.com").await,
    );
    let members = format!("/api/projects/{}/members", app.project(&ada, "Shop").await);
    app.call(
        &ada,
        Method::POST,
        &members,
        json!({"email": bob.email, "role": "admin"}),
    )
    .await
    .ok();
    for (method, body) in [
        (
            Method::POST,
            json!({"email": "eve@example.com", "role": "owner"}),
        ),
        (Method::PATCH, json!({"email": bob.email, "role": "owner"})),
        (Method::PATCH, json!({"email": ada.email, "role": "viewer"})),
        (Method::DELETE, json!({"email": ada.email})),
    ] {
        let answer = app.call(&bob, method.clone(), &members, body.clone()).await;
        assert_eq!(answer.error(), (403, "not_allowed"), "{method} {body}");
    }
    app.call(
        &bob,
        Method::POST,
        &members,
        json!({"email": "eve@example.com", "role": "admin"}),
    )
    .await
    .ok();
}

#[tokio::test]
async fn faults_of_a_member_are_named() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let members = format!("/api/projects/{}/members", app.project(&ada, "Shop").await);
    for (method, body, paths) in [
        (
            Method::POST,
            json!({"email": "nobody", "role": "member"}),
            vec!["email"],
        ),
        (
            Method::POST,
            json!({"email": "a@example.com", "role": "root"}),
            vec!["role"],
        ),
        (
            Method::PATCH,
            json!({"email": "nobody", "role": "member"}),
            vec!["email"],
        ),
        (Method::DELETE, json!({"email": "nobody"}), vec!["email"]),
        (Method::DELETE, Value::Null, vec!["email"]),
        (
            Method::POST,
            json!({"email": "a@example.com"}),
            vec!["role"],
        ),
        (
            Method::POST,
            json!({"email": "a@example.com", "role": "viewer", "rol": 1}),
            vec!["rol"],
        ),
    ] {
        let answer = app.call(&ada, method, &members, body).await;
        assert_eq!(
            (answer.status, answer.paths()),
            (400, paths),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_role_that_changed_counts_at_once() {
    let app = TestApp::start().await;
    let (ada, bob) = (
        app.sign_up("ada@example.com").await,
        app.sign_up("bob@example.com").await,
    );
    let id = app.project(&ada, "Shop").await;
    let members = format!("/api/projects/{id}/members");
    let keys = format!("/api/projects/{id}/api-keys");
    app.call(
        &ada,
        Method::POST,
        &members,
        json!({"email": bob.email, "role": "admin"}),
    )
    .await
    .ok();
    app.call(&bob, Method::POST, &keys, Value::Null).await.ok();
    app.call(
        &ada,
        Method::PATCH,
        &members,
        json!({"email": bob.email, "role": "viewer"}),
    )
    .await
    .ok();
    assert_eq!(
        app.call(&bob, Method::POST, &keys, Value::Null)
            .await
            .error(),
        (403, "not_allowed")
    );
    app.call(&ada, Method::DELETE, &members, json!({"email": bob.email}))
        .await
        .ok();
    let gone = app.call(&bob, Method::POST, &keys, Value::Null).await;
    assert_eq!(
        (gone.status, &gone.body["detail"]),
        (404, &json!("Project not found"))
    );
    // The account itself is as it was.
    assert_eq!(
        send(
            app.request(Method::POST, "/api/login")
                .form(&[("username", "bob@example.com"), ("password", PASSWORD)])
        )
        .await
        .status,
        200
    );
}
