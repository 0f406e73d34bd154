//! Dashboards: made, changed, copied, shared, run.

use crate::harness::{A, KEY_A, KEY_B, Stores};
use http::StatusCode;
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

#[tokio::test]
async fn a_dashboard_lives_from_its_making_to_its_removal() {
    let stores = Stores::create().await;
    let app = stores.app();
    assert_eq!(app.get("/api/dashboards").await.body, json!([]));
    let layout = json!([{"type": "trend", "params": {"event": "e", "big": 12345678901234567890_u64}, "w": 6}]);
    let made = app
        .post(
            "/api/dashboards",
            &json!({"name": " Sales ", "layout": layout}),
        )
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(
        (&made.body["name"], &made.body["layout"]),
        (&json!("Sales"), &layout)
    );
    let path = format!("/api/dashboards/{}", made.body["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.body, made.body);
    assert_eq!(app.get("/api/dashboards").await.body, json!([made.body]));
    // Reordering is a change of the layout.
    let changed = app
        .send("PATCH", &path, Some(KEY_A), Some(&json!({"layout": []})))
        .await;
    assert_eq!(
        (&changed.body["name"], &changed.body["layout"]),
        (&json!("Sales"), &json!([]))
    );
    assert!(changed.body["updated_at"].as_str() >= made.body["updated_at"].as_str());
    let renamed = app
        .send("PATCH", &path, Some(KEY_A), Some(&json!({"name": "New"})))
        .await;
    assert_eq!(
        (&renamed.body["name"], &renamed.body["layout"]),
        (&json!("New"), &json!([]))
    );
    let copy = app
        .send("POST", &format!("{path}/duplicate"), Some(KEY_A), None)
        .await;
    assert_eq!(copy.body["name"], "New (copy)");
    assert_ne!(copy.body["id"], made.body["id"]);
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.body,
        json!({"deleted": true})
    );
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.get("/api/dashboards")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn wrong_dashboards_are_refused_with_all_their_faults() {
    let stores = Stores::create().await;
    let app = stores.app();
    let answer = app
        .post(
            "/api/dashboards",
            &json!({"layout": [{"params": {}}, 3], "colour": 1}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let mut paths: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["colour", "layout[0].type", "layout[1]", "name"]);
}

#[tokio::test]
async fn widgets_run_together_and_one_that_fails_spoils_only_itself() {
    let stores = Stores::create().await;
    stores
        .warehouse
        .insert(&[TestEvent::new(A, "e", "p", "2025-01-01T00:00:00Z")])
        .await;
    let app = stores.app();
    let range = |extra: Value| {
        let mut params = json!({"date_from": "2025-01-01", "date_to": "2025-01-02"});
        params
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        params
    };
    let layout = json!([
        {"type": "trend", "params": range(json!({"event": "e"}))},
        {"type": "funnel", "params": range(json!({"steps": ["e"]}))},
        {"type": "nonsense", "params": {}},
        {"type": "trends", "params": range(json!({"series": [{"event": "e", "math": "unique"}]}))},
        {"type": "live"},
    ]);
    let made = app
        .post("/api/dashboards", &json!({"name": "all", "layout": layout}))
        .await;
    let path = format!(
        "/api/dashboards/{}?with_results=true",
        made.body["id"].as_str().unwrap()
    );
    let answer = app.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["dashboard"], made.body);
    let widgets = answer.body["widgets"].as_array().unwrap();
    assert_eq!(widgets.len(), 5);
    assert_eq!(widgets[0]["data"]["series"], json!([1, 0]));
    assert_eq!(
        (
            &widgets[0]["index"],
            &widgets[0]["type"],
            &widgets[0]["params"]
        ),
        (&json!(0), &layout[0]["type"], &layout[0]["params"])
    );
    assert!(widgets[1]["error"].is_string() && widgets[1].get("data").is_none());
    assert!(widgets[2]["error"].as_str().unwrap().contains("nonsense"));
    assert_eq!(widgets[3]["data"]["series"][0]["data"], json!([1, 0]));
    assert_eq!(widgets[4]["data"]["persons"], 0);
}

#[tokio::test]
async fn a_link_shows_the_dashboard_until_it_is_revoked() {
    let stores = Stores::create().await;
    let app = stores.app();
    let made = app
        .post(
            "/api/dashboards",
            &json!({"name": "shown", "layout": [{"type": "live"}]}),
        )
        .await;
    let path = format!(
        "/api/dashboards/{}/share",
        made.body["id"].as_str().unwrap()
    );
    let link = app.send("POST", &path, Some(KEY_A), None).await;
    let token = link.body["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 40);
    let shared = app
        .send("GET", &format!("/api/shared/{token}"), None, None)
        .await;
    assert_eq!(shared.status, StatusCode::OK, "{}", shared.text);
    assert_eq!(shared.body["dashboard"]["name"], "shown");
    assert_eq!(shared.body["widgets"][0]["data"]["persons"], 0);
    // It opens nothing else, and is not kept in the clear.
    assert_eq!(
        app.send("GET", "/api/dashboards", Some(&token), None)
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_B), None).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.body["token"],
        Value::Null
    );
    assert_eq!(
        app.send("GET", &format!("/api/shared/{token}"), None, None)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}
