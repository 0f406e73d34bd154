//! Retention.

use super::{Case, case, hold};
use serde_json::{Value, json};

fn cohorts(
    sentence: &'static str,
    events: &'static str,
    more: Value,
    values: &[(&str, Value)],
) -> Case {
    let mut params = json!({
        "period": "day", "date_from": "2025-01-01", "intervals": 3,
        "target": {"event": "a"}, "returning": {"event": "b"},
    });
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let rows: Vec<Value> = values
        .iter()
        .map(|(start, values)| json!({"start": start, "values": values}))
        .collect();
    case(
        sentence,
        events,
        ("retention", params),
        vec![("/cohorts", json!(rows))],
    )
}

#[tokio::test]
async fn cohorts_and_cells() {
    let days = "a x 2025-01-01\nb x 2025-01-02\na y 2025-01-01\nb y 2025-01-01\na y 2025-01-02\nb y 2025-01-03";
    hold(vec![
        cohorts(
            "value 0 of row i = persons in cohort i, value k = those of them who did the returning event in period i+k",
            days,
            json!({}),
            &[("2025-01-01", json!([2, 1, 1])), ("2025-01-02", json!([1, 1])), ("2025-01-03", json!([0]))],
        ),
        cohorts(
            "recurring: a person is in every cohort in whose period they did the target event",
            "a x 2025-01-01\na x 2025-01-02\na x 2025-01-03",
            json!({"returning": {"event": "a"}}),
            &[("2025-01-01", json!([1, 1, 1])), ("2025-01-02", json!([1, 1])), ("2025-01-03", json!([1]))],
        ),
        cohorts(
            "first_time: only in that of their first target event ever, even when that lies before the range (then in none)",
            "a x 2024-12-31\na x 2025-01-01\na y 2025-01-02\na y 2025-01-03\nb y 2025-01-03",
            json!({"retention_type": "first_time"}),
            &[("2025-01-01", json!([0, 0, 0])), ("2025-01-02", json!([1, 1])), ("2025-01-03", json!([0]))],
        ),
        cohorts(
            "rows = cohorts, whole periods from the one that holds date_from",
            "a x 2025-01-06\nb x 2025-01-19T23:59:59Z",
            json!({"period": "week", "date_from": "2025-01-08", "intervals": 2}),
            &[("2025-01-06", json!([1, 1])), ("2025-01-13", json!([0]))],
        ),
        cohorts(
            "the last period observed is that of the last row; columns only cuts rows shorter",
            "a x 2025-01-01\nb x 2025-01-04",
            json!({"columns": 2}),
            &[("2025-01-01", json!([1, 0])), ("2025-01-02", json!([0, 0])), ("2025-01-03", json!([0]))],
        ),
        cohorts(
            "a period that has not come yet counts 0",
            "a x 2025-12-30",
            json!({"date_from": "2025-12-30"}),
            &[("2025-12-30", json!([1, 0, 0])), ("2025-12-31", json!([0, 0])), ("2026-01-01", json!([0]))],
        ),
        cohorts(
            "period month, local",
            "a x 2025-01-31T23:30:00Z\nb x 2025-02-28T22:59:59Z",
            json!({"period": "month", "timezone": "Europe/Berlin", "intervals": 2, "date_from": "2025-02-15"}),
            &[("2025-02-01", json!([1, 0])), ("2025-03-01", json!([0]))],
        ),
        cohorts(
            "period hour",
            "a x 2025-01-01T10:10:00Z\nb x 2025-01-01T11:59:00Z",
            json!({"period": "hour", "date_from": "2025-01-01T10:30:00Z", "intervals": 2}),
            &[("2025-01-01T10:00:00+00:00", json!([1, 1])), ("2025-01-01T11:00:00+00:00", json!([0]))],
        ),
    ])
    .await;
}

#[tokio::test]
async fn breakdowns() {
    let params = json!({
        "period": "day", "date_from": "2025-01-01", "intervals": 2, "retention_type": "first_time",
        "target": {"event": "a"}, "returning": {"event": "b"}, "breakdown": {"properties": ["p"]},
    });
    hold(vec![case(
        "retention with a breakdown: each value is answered as if only the events that carry it existed",
        "a x 2024-12-01 {\"p\": 1}\na x 2025-01-01 {\"p\": 2}\nb x 2025-01-02 {\"p\": 1}\na y 2025-01-01 {\"p\": 2}\nb y 2025-01-02 {\"p\": 2}",
        ("retention", params),
        vec![(
            "/breakdowns",
            json!([{"breakdown": ["2"], "cohorts": [
                {"start": "2025-01-01", "values": [2, 1]}, {"start": "2025-01-02", "values": [0]},
            ]}]),
        )],
    )])
    .await;
}
