//! Breakdowns of trends.

use super::{Case, case, hold};
use serde_json::{Value, json};

fn rows(sentence: &'static str, events: &'static str, more: Value, rows: Value) -> Case {
    let mut params = json!({
        "series": [{"event": "a"}], "date_from": "2025-01-01", "date_to": "2025-01-01",
        "breakdown": {"properties": ["p"]}, "display": "total_value",
    });
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    case(
        sentence,
        events,
        ("trends", params),
        vec![("/series", rows)],
    )
}

fn row(breakdown: Value, data: i64) -> Value {
    json!({"series": "A", "label": "a", "breakdown": breakdown, "data": data})
}

fn other(data: i64) -> Value {
    json!({"series": "A", "label": "a", "breakdown": null, "other": true, "data": data})
}

const VALUES: &str = r#"
a x 2025-01-01 {"p": "one"}
a x 2025-01-01 {"p": "two"}
a y 2025-01-01 {"p": "two"}
a x 2025-01-01 {"p": "three"}
a x 2025-01-01 {"p": null}
a y 2025-01-01
a z 2025-01-01
"#;

#[tokio::test]
async fn values() {
    hold(vec![
        rows(
            "breakdown: rows for not set; ties by value",
            VALUES,
            json!({}),
            json!([row(json!([null]), 3), row(json!(["two"]), 2), row(json!(["one"]), 1), row(json!(["three"]), 1)]),
        ),
        rows(
            "top N, the rest in one other row; not set competes for the top N like any value",
            VALUES,
            json!({"breakdown": {"properties": ["p"], "limit": 1}}),
            json!([row(json!([null]), 3), other(4)]),
        ),
        rows(
            "uniques of the other row: distinct over its union",
            VALUES,
            json!({"series": [{"event": "a", "math": "unique"}], "breakdown": {"properties": ["p"], "limit": 1}}),
            json!([row(json!([null]), 3), other(2)]),
        ),
        rows(
            "empty extra rows are left out",
            "a x 2025-01-01 {\"p\": 1}",
            json!({"breakdown": {"properties": ["p"], "limit": 1}}),
            json!([row(json!(["1"]), 1)]),
        ),
        rows(
            "values of a breakdown are text (\"true\", \"95\")",
            "a x 2025-01-01 {\"p\": true}\na x 2025-01-01 {\"p\": 95}\na x 2025-01-01 {\"p\": \"95\"}",
            json!({}),
            json!([row(json!(["95"]), 2), row(json!(["true"]), 1)]),
        ),
        rows(
            "with several properties each place may be null on its own",
            "a x 2025-01-01 {\"p\": 1}\na x 2025-01-01 {\"q\": 2}\na x 2025-01-01 {\"p\": 1}",
            json!({"breakdown": {"properties": ["p", "q"]}}),
            json!([row(json!(["1", null]), 2), row(json!([null, "2"]), 1)]),
        ),
        rows(
            "first_time with a breakdown: that event's value",
            "a x 2024-12-31 {\"p\": 1}\na x 2025-01-01 {\"p\": 2}\na y 2025-01-01T10:00:00Z {\"p\": 3}\na y 2025-01-01T11:00:00Z {\"p\": 4}",
            json!({"series": [{"event": "a", "math": "first_time"}]}),
            json!([row(json!(["3"]), 1)]),
        ),
        rows(
            "where a definition needs an order, that of uuid",
            "a y 2025-01-01 {\"p\": 3, \"uuid\": \"bbbbbbbb-0000-4000-8000-000000000000\"}\na y 2025-01-01 {\"p\": 4, \"uuid\": \"0bbbbbbb-0000-4000-8000-000000000000\"}",
            json!({"series": [{"event": "a", "math": "first_time"}]}),
            json!([row(json!(["4"]), 1)]),
        ),
        rows(
            "top N by the math over the range",
            "a x 2025-01-01 {\"p\": \"few\", \"n\": 9}\na x 2025-01-01 {\"p\": \"many\", \"n\": 1}\na x 2025-01-01 {\"p\": \"many\", \"n\": 2}",
            json!({
                "series": [{"event": "a", "math": "sum", "property": "n"}],
                "breakdown": {"properties": ["p"], "limit": 1},
            }),
            json!([row(json!(["few"]), 9), other(3)]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn formulas() {
    let series = json!([{"event": "a"}, {"event": "b"}]);
    let row = |breakdown: Value, data: f64| json!({"series": "formula", "label": "A / B * 100", "breakdown": breakdown, "data": data});
    hold(vec![rows(
        "under a formula the top N of the first series with the union of rows",
        "a x 2025-01-01 {\"p\": 1}\nb x 2025-01-01 {\"p\": 1}\nb x 2025-01-01 {\"p\": 1}\nb x 2025-01-01 {\"p\": 2}",
        json!({"series": series, "formula": "A / B * 100"}),
        json!([row(json!(["1"]), 50.0), row(json!(["2"]), 0.0)]),
    )])
    .await;
}
