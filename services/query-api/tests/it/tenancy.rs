//! A key of one project neither reads nor changes anything of another, on any
//! route. The cases are made of the table of routes: a new route without a
//! case fails.

use crate::harness::{A, Answer, B, KEY_A, KEY_B, KEY_CAPTURE, Stores, TestApp};
use http::StatusCode;
use query_api::endpoints::{Guard, ROUTES};
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

/// Something that only project B has, and that must never be seen by A.
const SECRET: &str = "belongs_to_b";

/// The request that a test makes of a route.
struct Case {
    path: String,
    body: Option<Value>,
}

/// What B has, by id.
struct Things {
    job: String,
    dashboard: String,
    insight: String,
}

fn case(method: &str, path: &str, things: &Things) -> Option<Case> {
    let dates = "date_from=2025-01-01&date_to=2025-01-31";
    let range = json!({"date_from": "2025-01-01", "date_to": "2025-01-31"});
    let with = |body: Value| Some(body);
    let query = json!({"type": "events", "params": range.clone()});
    let (path, body) = match (method, path) {
        ("GET", "/api/trends") => (format!("{path}?event={SECRET}&{dates}"), None),
        ("POST", "/api/funnels") => {
            let body = json!({"steps": [SECRET, SECRET], "date_from": "2025-01-01", "date_to": "2025-01-31"});
            (path.to_owned(), with(body))
        }
        (
            "GET",
            "/api/events/recent" | "/api/query/async" | "/api/dashboards" | "/api/insights"
            | "/api/pipeline",
        ) => (path.to_owned(), None),
        ("POST", "/api/query" | "/api/query/estimate" | "/api/query/async") => {
            (path.to_owned(), with(query))
        }
        ("GET" | "DELETE", "/api/query/async/{job_id}") => {
            (path.replace("{job_id}", &things.job), None)
        }
        ("POST", "/api/dashboards") => (path.to_owned(), with(json!({"name": "mine"}))),
        ("PATCH", "/api/dashboards/{id}") => (
            path.replace("{id}", &things.dashboard),
            with(json!({"name": "taken"})),
        ),
        ("GET" | "DELETE", "/api/dashboards/{id}")
        | ("POST", "/api/dashboards/{id}/duplicate")
        | ("POST" | "DELETE", "/api/dashboards/{id}/share") => {
            (path.replace("{id}", &things.dashboard), None)
        }
        ("POST", "/api/insights") => {
            let body = json!({"name": "mine", "widget": {"type": "live"}});
            (path.to_owned(), with(body))
        }
        ("PATCH", "/api/insights/{id}") => (
            path.replace("{id}", &things.insight),
            with(json!({"name": "taken"})),
        ),
        ("DELETE", "/api/insights/{id}") => (path.replace("{id}", &things.insight), None),
        ("GET", "/api/shared/{token}") => (path.replace("{token}", "guessed"), None),
        ("GET", "/api/reconciliation") => (format!("{path}?{dates}"), None),
        _ => return None,
    };
    Some(Case { path, body })
}

async fn stack() -> (Stores, TestApp, Things) {
    let stores = Stores::create().await;
    let event = |project, name: &str| TestEvent::new(project, name, SECRET, "2025-01-10T00:00:00Z");
    stores
        .warehouse
        .insert(&[event(B, SECRET), event(B, SECRET)])
        .await;
    let app = stores.app();
    let job = app
        .send(
            "POST",
            "/api/query/async",
            Some(KEY_B),
            Some(&json!({"type": "live", "params": {}})),
        )
        .await;
    let dashboard = app
        .send(
            "POST",
            "/api/dashboards",
            Some(KEY_B),
            Some(&json!({"name": SECRET})),
        )
        .await;
    let insight = app
        .send(
            "POST",
            "/api/insights",
            Some(KEY_B),
            Some(&json!({"name": SECRET, "widget": {"type": "live"}})),
        )
        .await;
    let things = Things {
        insight: insight.body["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", insight.text))
            .to_owned(),
        job: job.body["job_id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", job.text))
            .to_owned(),
        dashboard: dashboard.body["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", dashboard.text))
            .to_owned(),
    };
    (stores, app, things)
}

fn guarded() -> impl Iterator<Item = &'static query_api::endpoints::Route> {
    ROUTES.iter().filter(|route| route.guard != Guard::Open)
}

fn assert_hidden(answer: &Answer, what: &str) {
    // A range of B's events may be named by the request itself; B's person,
    // dashboard and counts may not come back.
    assert!(
        !answer
            .text
            .contains(&format!("\"distinct_id\":\"{SECRET}\"")),
        "{what}: {}",
        answer.text
    );
    assert!(
        !answer.text.contains(&format!("\"name\":\"{SECRET}\"")),
        "{what}: {}",
        answer.text
    );
}

#[tokio::test]
async fn every_route_keeps_projects_apart() {
    let (_stores, app, things) = stack().await;
    for route in guarded() {
        let what = format!("{} {}", route.method, route.path);
        let case =
            case(route.method, route.path, &things).unwrap_or_else(|| panic!("{what} has no case"));
        let body = case.body.as_ref();
        // Without a credential, with a wrong one, and with one for another use.
        if route.guard != Guard::Link {
            assert_eq!(
                app.send(route.method, &case.path, None, body).await.status,
                StatusCode::UNAUTHORIZED,
                "{what}"
            );
            let wrong = app
                .send(route.method, &case.path, Some("ak_wrong"), body)
                .await;
            assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{what}");
            let capture = app
                .send(route.method, &case.path, Some(KEY_CAPTURE), body)
                .await;
            assert_eq!(capture.status, StatusCode::FORBIDDEN, "{what}");
        }
        // With A's key, what is B's is not there.
        let answer = app.send(route.method, &case.path, Some(KEY_A), body).await;
        assert_hidden(&answer, &what);
        if case.path.contains(&things.job)
            || case.path.contains(&things.dashboard)
            || case.path.contains(&things.insight)
            || route.guard == Guard::Link
        {
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{what}: {}",
                answer.text
            );
        }
        // Naming B with A's key is refused, in the query string and in the body.
        if route.guard != Guard::Link {
            let joint = if case.path.contains('?') { '&' } else { '?' };
            for name in [B.to_string(), "b".to_owned(), "nobody".to_owned()] {
                let path = format!("{}{joint}project_id={name}", case.path);
                let answer = app.send(route.method, &path, Some(KEY_A), body).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{what}: {}",
                    answer.text
                );
            }
        }
        if let Some(Value::Object(fields)) = &case.body {
            let mut fields = fields.clone();
            fields.insert("project_id".to_owned(), json!(B.to_string()));
            let answer = app
                .send(
                    route.method,
                    &case.path,
                    Some(KEY_A),
                    Some(&Value::Object(fields)),
                )
                .await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{what}: {}",
                answer.text
            );
        }
    }
    // Nothing of B's was touched.
    let path = format!("/api/dashboards/{}", things.dashboard);
    assert_eq!(
        app.send("GET", &path, Some(KEY_B), None).await.body["name"],
        SECRET
    );
    let insights = app.send("GET", "/api/insights", Some(KEY_B), None).await;
    assert_eq!(insights.body[0]["name"], SECRET);
}

#[tokio::test]
async fn a_project_inside_params_is_refused_too() {
    let (_stores, app, _things) = stack().await;
    let body = json!({"type": "events", "params": {"project_id": B.to_string()}});
    for path in ["/api/query", "/api/query/estimate", "/api/query/async"] {
        assert_eq!(
            app.post(path, &body).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    for own in [A.to_string(), "a".to_owned(), "default".to_owned()] {
        let body = json!({"type": "events", "project_id": own, "params": {"project_id": own}});
        let answer = app.post("/api/query", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body["result"]["events"], json!([]));
    }
}

#[tokio::test]
async fn open_routes_tell_nothing_of_any_project() {
    let (_stores, app, _things) = stack().await;
    for route in ROUTES.iter().filter(|route| route.guard == Guard::Open) {
        let answer = app.send(route.method, route.path, None, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", route.path);
        assert!(!answer.text.contains(SECRET));
    }
}
