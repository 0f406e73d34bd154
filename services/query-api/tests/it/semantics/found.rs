//! What the random queries found, as named cases.

use super::{case, hold};
use serde_json::{Value, json};

#[tokio::test]
async fn counter_examples() {
    let two = json!({
        "series": [{"event": null, "math": "p99", "property": "p"}], "formula": "A * 2",
        "breakdown": {"properties": ["p"]}, "display": "total_value",
        "date_from": "2025-01-01", "date_to": "2025-01-01",
    });
    hold(vec![
        case(
            "the last of two months is longer than the first",
            "a x 2025-02-10\na x 2025-03-30",
            (
                "trends",
                json!({
                    "series": [{"event": "a"}], "interval": "month",
                    "date_from": "2025-02-01", "date_to": "2025-03-31",
                }),
            ),
            vec![("/series/0/data", json!([1, 1]))],
        ),
        case(
            "the one before the first bucket is longer or shorter than it",
            "a x 2025-03-30",
            ("lifecycle", json!({"event": "a", "interval": "month", "date_from": "2025-03-29", "date_to": "2025-03-30"})),
            vec![("/new", json!([1])), ("/dormant", json!([0]))],
        ),
        case(
            "a first target long before the periods belongs to none of them",
            "a x 2020-01-01\na x 2025-01-01",
            (
                "retention",
                json!({
                    "target": {"event": "a"}, "retention_type": "first_time", "period": "day",
                    "intervals": 2, "date_from": "2025-01-01",
                }),
            ),
            vec![("/cohorts/0/values", json!([0, 0]))],
        ),
        case(
            "minus zero ranks like zero, and ties go by value",
            "a x 2025-01-01 {\"p\": \"-0\"}\na x 2025-01-01",
            ("trends", two),
            vec![("/series/0/breakdown", json!(["-0"])), ("/series/1/breakdown", json!([null]))],
        ),
        case(
            "a value that was active only in the part of the first bucket before the range has no row",
            "a x 2025-01-06 {\"p\": 1}\na x 2025-01-09 {\"p\": 2}",
            (
                "lifecycle",
                json!({
                    "event": "a", "interval": "week", "breakdown": {"properties": ["p"]},
                    "date_from": "2025-01-08", "date_to": "2025-01-12",
                }),
            ),
            vec![("/breakdowns/0/breakdown", json!(["2"])), ("/breakdowns/1", Value::Null)],
        ),
        case(
            "whole numbers that no double holds are compared by all their digits",
            "a x 2025-01-01 {\"p\": 9007199254740993}",
            (
                "trends",
                json!({
                    "series": [{"event": "a"}], "display": "total_value",
                    "filters": [{"property": "p", "op": "gt", "value": 9_007_199_254_740_992_i64}],
                    "date_from": "2025-01-01", "date_to": "2025-01-01",
                }),
            ),
            vec![("/series/0/data", json!(1))],
        ),
        case(
            "a name that is no date lies after none, in a step of a funnel as elsewhere",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z",
            (
                "funnels",
                json!({
                    "steps": [
                        {"event": "a"},
                        {"event": null, "filters": [{"property": "event", "op": "is_date_after", "value": "2024-01-01"}]},
                    ],
                    "breakdown": {"properties": ["event"], "attribution": "step", "attribution_step": 1},
                    "date_from": "2025-01-01", "date_to": "2025-01-01",
                }),
            ),
            vec![("/steps/0/count", json!(1)), ("/steps/1/count", json!(0))],
        ),
        case(
            "an earlier range that ends at a time which the clock skips ends as long after the last hour that it shows",
            "a x 2025-03-09T07:15:00Z\na x 2025-03-09T07:45:00Z\na x 2025-03-10T05:30:00Z",
            (
                "trends",
                json!({
                    "series": [{"event": "a"}], "compare": true, "timezone": "America/New_York",
                    "date_from": "2025-03-10T05:00:00Z", "date_to": "2025-03-10T06:30:00Z",
                }),
            ),
            vec![
                ("/series/0/data", json!([1])),
                ("/series/0/compare", json!([1])),
            ],
        ),
        case(
            "a list of no events names none",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z",
            ("paths", json!({"events": [], "date_from": "2025-01-01", "date_to": "2025-01-01"})),
            vec![("/edges", json!([]))],
        ),
    ])
    .await;
}
