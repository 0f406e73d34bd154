//! What a request may say whatever its type, and to the last digit.

use crate::harness::{A, KEY_A, Stores};
use http::StatusCode;
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

/// Params that make a query of each type.
pub(crate) fn every_type() -> Vec<(&'static str, Value)> {
    let steps = json!([{"event": "a"}, {"event": "b"}]);
    vec![
        ("trends", json!({"series": [{"event": "a"}]})),
        ("funnels", json!({"steps": steps})),
        ("funnel_persons", json!({"steps": steps, "step": 1})),
        ("retention", json!({"target": {"event": "a"}})),
        ("stickiness", json!({"event": "a"})),
        ("lifecycle", json!({"event": "a"})),
        ("paths", json!({})),
        ("sessions", json!({})),
        ("live", json!({})),
        ("persons", json!({})),
        ("events", json!({})),
        (
            "trace",
            json!({"uuid": "018f0000-0000-7000-8000-000000000000"}),
        ),
        ("catalogue", json!({})),
        ("trend", json!({"event": "a"})),
        ("funnel", json!({"steps": ["a", "b"]})),
    ]
}

#[tokio::test]
async fn the_common_params_go_with_every_type() {
    let stores = Stores::create().await;
    let app = stores.app();
    for (kind, mut params) in every_type() {
        let common = json!({
            "date_from": "2025-01-01", "date_to": "2025-01-31", "timezone": "Asia/Kathmandu",
            "filters": [{"property": "$browser", "value": "Firefox"}, {"any": [{"property": "p", "op": "is_set"}]}],
            "refresh": true, "max_age": 5,
        });
        let fields = params.as_object_mut().unwrap();
        fields.extend(common.as_object().unwrap().clone());
        app.query(kind, params.clone()).await;
        params["date_form"] = json!("2025-01-01");
        let body = json!({"type": kind, "params": params});
        let answer = app.post("/api/query", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{kind}");
        assert_eq!(
            answer.body["errors"][0]["path"], "params.date_form",
            "{kind}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_filters_number_keeps_all_its_digits() {
    let long = "123456789012345678901234567890";
    let event = |who: &str, p: &str| {
        let properties: Value = serde_json::from_str(&format!("{{\"p\":\"{p}\"}}")).unwrap();
        TestEvent::new(A, "a", who, "2025-01-01T00:00:00Z").with(properties)
    };
    let stores = Stores::create().await;
    let one_more = "123456789012345678901234567891";
    stores
        .warehouse
        .insert(&[event("x", long), event("y", one_more)])
        .await;
    let app = stores.app();
    for (op, operand, expected) in [
        ("exact", long, 1),
        ("is_not", long, 1),
        ("gt", long, 1),
        ("gte", long, 2),
        ("lt", one_more, 1),
        ("in", "[123456789012345678901234567890, 1]", 1),
    ] {
        let body = format!(
            "{{\"type\":\"trends\",\"params\":{{\"series\":[{{\"event\":\"a\"}}],\"date_from\":\"2025-01-01\",\
             \"date_to\":\"2025-01-01\",\"filters\":[{{\"property\":\"p\",\"op\":\"{op}\",\"value\":{operand}}}]}}}}"
        );
        let answer = app
            .send_bytes("POST", "/api/query", Some(KEY_A), body.into_bytes())
            .await;
        assert_eq!(
            answer.body["result"]["series"][0]["data"],
            json!([expected]),
            "{op} {operand}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_window_has_no_maximum() {
    let stores = Stores::create().await;
    let app = stores.app();
    for window in [
        json!(1),
        json!(1_000_000_000_000_i64),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
    ] {
        let params = json!({"steps": [{"event": "a"}, {"event": "b"}], "window_seconds": window});
        app.query("funnels", params).await;
    }
}

#[tokio::test]
async fn exclusions_say_nothing_of_a_simple_funnel() {
    let at = |name: &str, at: &str| TestEvent::new(A, name, "p", at);
    let stores = Stores::create().await;
    stores
        .warehouse
        .insert(&[
            at("b", "2025-01-01T00:00:00Z"),
            at("x", "2025-01-01T00:00:01Z"),
            at("a", "2025-01-01T00:00:02Z"),
        ])
        .await;
    let params = json!({
        "steps": [{"event": "a"}, {"event": "b"}], "order": "simple", "exclusions": [{"event": "x"}],
        "date_from": "2025-01-01", "date_to": "2025-01-01",
    });
    let answer = stores.app().query("funnels", params).await;
    let counts: Vec<_> = answer["result"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [1, 1]);
}
