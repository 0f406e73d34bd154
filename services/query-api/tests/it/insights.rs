//! Saved insights: saved, found again, changed, removed.

use crate::harness::{KEY_A, Stores};
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_insight_is_kept_as_it_was_saved_and_the_last_changed_comes_first() {
    let stores = Stores::create().await;
    let app = stores.app();
    assert_eq!(app.get("/api/insights").await.body, json!([]));
    let widget = json!({"type": "trends", "params": {"series": [{"event": "e"}]}, "search": {"look": "bar"}});
    let save = async |name: &str| {
        let body = json!({"name": name, "widget": widget});
        app.post("/api/insights", &body).await
    };
    let first = save(" Sales ").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(
        (&first.body["name"], &first.body["widget"]),
        (&json!("Sales"), &widget)
    );
    let second = save("Visits").await;
    assert_eq!(
        app.get("/api/insights").await.body,
        json!([second.body, first.body])
    );
    let path = format!("/api/insights/{}", first.body["id"].as_str().unwrap());
    let renamed = app
        .send("PATCH", &path, Some(KEY_A), Some(&json!({"name": "Sold"})))
        .await;
    assert_eq!(
        (&renamed.body["name"], &renamed.body["widget"]),
        (&json!("Sold"), &widget)
    );
    assert_eq!(app.get("/api/insights").await.body[0], renamed.body);
    let asked_anew = app
        .send(
            "PATCH",
            &path,
            Some(KEY_A),
            Some(&json!({"widget": {"type": "live"}})),
        )
        .await;
    assert_eq!(asked_anew.body["widget"], json!({"type": "live"}));
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.body,
        json!({"deleted": true})
    );
    assert_eq!(
        app.send("DELETE", &path, Some(KEY_A), None).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get("/api/insights").await.body, json!([second.body]));
}

#[tokio::test]
async fn wrong_insights_are_refused_with_all_their_faults() {
    let stores = Stores::create().await;
    let app = stores.app();
    let paths = |body: serde_json::Value| {
        let app = &app;
        async move {
            let answer = app.post("/api/insights", &body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
            let errors = answer.body["errors"].as_array().unwrap();
            let mut paths: Vec<String> = errors
                .iter()
                .map(|error| error["path"].as_str().unwrap().to_owned())
                .collect();
            paths.sort_unstable();
            paths
        }
    };
    assert_eq!(paths(json!({})).await, ["name", "widget"]);
    assert_eq!(
        paths(json!({"name": "", "widget": {"params": 1}, "colour": 1})).await,
        ["colour", "name", "widget.params", "widget.type"]
    );
    assert_eq!(paths(json!({"name": "a", "widget": []})).await, ["widget"]);
}
