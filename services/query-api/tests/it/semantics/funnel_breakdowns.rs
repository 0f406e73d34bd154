//! Breakdowns of funnels: whose value a person counts for.

use super::{Case, case, hold};
use serde_json::{Value, json};

/// A funnel by `p`, and its rows: value, persons at the steps.
fn rows(
    sentence: &'static str,
    events: &'static str,
    breakdown: Value,
    rows: &[(Value, [u64; 2])],
) -> Case {
    let mut by = json!({"properties": ["p"]});
    by.as_object_mut()
        .unwrap()
        .extend(breakdown.as_object().unwrap().clone());
    let params = json!({
        "steps": ["a", "b"], "window_seconds": 60, "breakdown": by,
        "date_from": "2025-01-01", "date_to": "2025-01-31",
    });
    let places = [
        (
            "/breakdowns/0/breakdown",
            "/breakdowns/0/steps/0/count",
            "/breakdowns/0/steps/1/count",
        ),
        (
            "/breakdowns/1/breakdown",
            "/breakdowns/1/steps/0/count",
            "/breakdowns/1/steps/1/count",
        ),
        (
            "/breakdowns/2/breakdown",
            "/breakdowns/2/steps/0/count",
            "/breakdowns/2/steps/1/count",
        ),
    ];
    let mut expected = Vec::new();
    for ((name, first, second), (value, counts)) in places.iter().zip(rows) {
        expected.extend([
            (*name, value.clone()),
            (*first, json!(counts[0])),
            (*second, json!(counts[1])),
        ]);
    }
    if let Some((next, _, _)) = places.get(rows.len()) {
        expected.push((*next, Value::Null));
    }
    case(sentence, events, ("funnels", params), expected)
}

#[tokio::test]
async fn attribution() {
    let late = r#"
a x 2025-01-01T10:00:00Z
z x 2025-01-01T10:00:00Z {"p": "other event"}
b x 2025-01-01T10:00:01Z {"p": "one"}
b x 2025-01-01T10:00:02Z {"p": "two"}
a y 2025-01-01T10:00:00Z
"#;
    let both = r#"
a x 2025-01-01T10:00:00Z {"p": "one"}
a x 2025-01-01T10:01:30Z {"p": "two"}
b x 2025-01-01T10:02:00Z {"p": "three"}
a y 2025-01-01T10:00:00Z
b z 2025-01-01T10:00:00Z {"p": "one"}
"#;
    let tie = r#"
a x 2025-01-01T10:00:00Z {"p": "late", "uuid": "ffffffff-0000-4000-8000-000000000000"}
a x 2025-01-01T10:00:00Z {"p": "early", "uuid": "10000000-0000-4000-8000-000000000000"}
"#;
    hold(vec![
        rows(
            "attributed to the first known value among the person's in-range events that match any step (first_touch; nobody's value known: not set)",
            late,
            json!({}),
            &[(json!(["one"]), [1, 1]), (json!([null]), [1, 0])],
        ),
        rows(
            "last_touch the last such",
            late,
            json!({"attribution": "last_touch"}),
            &[(json!(["two"]), [1, 1]), (json!([null]), [1, 0])],
        ),
        rows(
            "step: once for each value that the person's events of that step carry, with the other values' events of that step left out; persons without that step are left out",
            both,
            json!({"attribution": "step", "attribution_step": 1}),
            &[(json!(["one"]), [1, 0]), (json!(["two"]), [1, 1]), (json!([null]), [1, 0])],
        ),
        rows(
            "first and last touch: of equal times the order of uuid",
            tie,
            json!({}),
            &[(json!(["early"]), [1, 0])],
        ),
        rows(
            "the rest in one other row",
            both,
            json!({"attribution": "step", "attribution_step": 1, "limit": 1}),
            &[(json!(["one"]), [1, 0]), (Value::Null, [2, 1])],
        ),
    ])
    .await;
}
