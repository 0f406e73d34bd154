//! Funnels: who reaches which step, and when.

use super::{Case, case, hold};
use serde_json::{Value, json};

fn funnel(steps: &[&str], window_seconds: i64, more: Value) -> Value {
    let mut params = json!({
        "steps": steps, "window_seconds": window_seconds, "date_from": "2025-01-01", "date_to": "2025-01-31",
    });
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    params
}

/// A funnel and the persons at its steps.
fn counts(sentence: &'static str, events: &'static str, params: Value, counts: &[u64]) -> Case {
    let places = [
        "/steps/0/count",
        "/steps/1/count",
        "/steps/2/count",
        "/steps/3/count",
    ];
    let expected = places
        .into_iter()
        .zip(counts.iter().map(|count| json!(count)))
        .collect();
    case(sentence, events, ("funnels", params), expected)
}

#[tokio::test]
async fn ordered() {
    hold(vec![
        counts(
            "a person reaches step k when k events match steps 1..k with t1 ≤ … ≤ tk",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z\nb y 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:01Z",
            funnel(&["a", "b"], 60, json!({})),
            &[2, 1],
        ),
        counts(
            "tk − t1 ≤ window (inclusive)",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:01:00Z\na y 2025-01-01T10:00:00Z\nb y 2025-01-01T10:01:00.001Z",
            funnel(&["a", "b"], 60, json!({})),
            &[2, 1],
        ),
        counts(
            "different events: one event does not do two steps",
            "a x 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:00Z",
            funnel(&["a", "a"], 60, json!({})),
            &[2, 1],
        ),
        counts(
            "the best start counts, not only the first: a failed early attempt does not spoil a later one",
            "a x 2025-01-01T10:00:00Z\na x 2025-01-02T10:00:00Z\nb x 2025-01-02T10:00:30Z",
            funnel(&["a", "b"], 60, json!({})),
            &[1, 1],
        ),
        counts(
            "equal timestamps may be taken in either order",
            "c x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:00Z",
            funnel(&["a", "b", "c"], 60, json!({})),
            &[1, 1, 1],
        ),
        counts(
            "inside the range",
            "a x 2024-12-31T23:59:59Z\nb x 2025-01-01T00:00:00Z",
            funnel(&["a", "b"], 60, json!({})),
            &[0, 0],
        ),
        counts(
            "the query's filters apply first; what they remove does not exist for the funnel",
            "a x 2025-01-01T10:00:00Z {\"p\": 1}\nb x 2025-01-01T10:00:01Z {\"p\": 2}\nc x 2025-01-01T10:00:02Z {\"p\": 1}",
            funnel(&["a", "c"], 60, json!({"order": "strict", "filters": [{"property": "p", "value": 1}]})),
            &[1, 1],
        ),
        counts(
            "ordered (default; other events in between are fine)",
            "a x 2025-01-01T10:00:00Z\nz x 2025-01-01T10:00:01Z\nb x 2025-01-01T10:00:02Z",
            funnel(&["a", "b"], 60, json!({})),
            &[1, 1],
        ),
        counts(
            "a step with event null means any event",
            "a x 2025-01-01T10:00:00Z\nz x 2025-01-01T10:00:01Z",
            json!({"steps": [{"event": "a"}, {"event": null}], "date_from": "2025-01-01", "date_to": "2025-01-01"}),
            &[1, 1],
        ),
    ])
    .await;
}

#[tokio::test]
async fn other_orders() {
    let between = "a x 2025-01-01T10:00:00Z\nz x 2025-01-01T10:00:01Z\nb x 2025-01-01T10:00:02Z\na y 2025-01-01T10:00:00Z\nb y 2025-01-01T10:00:02Z";
    let tie = "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z\nz x 2025-01-01T10:00:01Z\nz x 2025-01-01T10:00:00Z";
    let reversed = "b x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:01Z\nb y 2025-01-01T10:00:00Z";
    hold(vec![
        counts(
            "strict (no other event of that person, in range, between two steps)",
            between,
            funnel(&["a", "b"], 60, json!({"order": "strict"})),
            &[2, 1],
        ),
        counts(
            "strict: equal timestamps may be taken in either order",
            tie,
            funnel(&["a", "b"], 60, json!({"order": "strict"})),
            &[1, 1],
        ),
        counts(
            "simple (each step counted by itself, no order, no window)",
            "b x 2025-01-01\na x 2025-01-20\nb y 2025-01-02",
            funnel(&["a", "b"], 1, json!({"order": "simple"})),
            &[1, 2],
        ),
        counts(
            "unordered (any order; step i = i distinct steps done)",
            reversed,
            funnel(&["a", "b"], 60, json!({"order": "unordered"})),
            &[2, 1],
        ),
        counts(
            "unordered: inside one window",
            "b x 2025-01-01T10:00:00Z\na x 2025-01-01T10:01:00.001Z\nb y 2025-01-01T10:00:00Z\na y 2025-01-01T10:01:00Z",
            funnel(&["a", "b"], 60, json!({"order": "unordered"})),
            &[2, 1],
        ),
        counts(
            "unordered: by different events",
            "a x 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:02Z",
            funnel(&["a", "a"], 60, json!({"order": "unordered"})),
            &[2, 1],
        ),
        counts(
            "count at step k = persons who reached at least step k, so counts never increase",
            "a x 2025-01-01T10:00:00Z\nc x 2025-01-01T10:00:01Z\nc y 2025-01-01T10:00:01Z",
            funnel(&["a", "b", "c"], 60, json!({})),
            &[1, 0, 0],
        ),
    ])
    .await;
}

#[tokio::test]
async fn exclusions() {
    let exclude = |from: u64, to: u64| json!({"exclusions": [{"event": "x", "from_step": from, "to_step": to}]});
    hold(vec![
        counts(
            "exclusions: an event strictly between the two step events' times spoils that attempt",
            "a p 2025-01-01T10:00:00Z\nx p 2025-01-01T10:00:01Z\nb p 2025-01-01T10:00:02Z",
            funnel(&["a", "b"], 60, exclude(1, 2)),
            &[1, 0],
        ),
        counts(
            "a tie does not exclude",
            "a p 2025-01-01T10:00:00Z\nx p 2025-01-01T10:00:00Z\nx p 2025-01-01T10:00:02Z\nb p 2025-01-01T10:00:02Z",
            funnel(&["a", "b"], 60, exclude(1, 2)),
            &[1, 1],
        ),
        counts(
            "the person converts by another one if there is one",
            "a p 2025-01-01T10:00:00Z\nx p 2025-01-01T10:00:01Z\na p 2025-01-01T10:00:02Z\nb p 2025-01-01T10:00:03Z",
            funnel(&["a", "b"], 60, exclude(1, 2)),
            &[1, 1],
        ),
        counts(
            "a later second step avoids what lies between steps 2 and 3",
            "a p 2025-01-01T10:00:00Z\nb p 2025-01-01T10:00:01Z\nx p 2025-01-01T10:00:02Z\nb p 2025-01-01T10:00:03Z\nc p 2025-01-01T10:00:04Z",
            funnel(&["a", "b", "c"], 60, exclude(2, 3)),
            &[1, 1, 1],
        ),
        counts(
            "an exclusion between other steps does not matter",
            "a p 2025-01-01T10:00:00Z\nx p 2025-01-01T10:00:01Z\nb p 2025-01-01T10:00:02Z\nc p 2025-01-01T10:00:03Z",
            funnel(&["a", "b", "c"], 60, exclude(2, 3)),
            &[1, 1, 1],
        ),
    ])
    .await;
}

#[tokio::test]
async fn times() {
    let chains = "a x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:05Z\nb x 2025-01-01T10:00:07Z\nb x 2025-01-01T10:00:09Z\na y 2025-01-01T10:00:00Z\nb y 2025-01-01T10:00:01.500Z\na z 2025-01-01T10:00:00Z";
    hold(vec![
        case(
            "time to convert is measured on the person's first best chain: the earliest t1, then the earliest t2",
            chains,
            ("funnels", funnel(&["a", "b"], 60, json!({"histogram": true}))),
            vec![
                ("/steps/0/average_seconds", Value::Null),
                ("/steps/1/count", json!(2)),
                ("/steps/1/average_seconds", json!(4.25)),
                ("/steps/1/median_seconds", json!(4.25)),
                ("/steps/1/conversion", json!(2.0 / 3.0)),
                (
                    "/histogram",
                    json!([{"from_step": 1, "to_step": 2, "bins": [
                        {"from_seconds": 0, "to_seconds": 1, "count": 0},
                        {"from_seconds": 1, "to_seconds": 2, "count": 1},
                        {"from_seconds": 2, "to_seconds": 4, "count": 0},
                        {"from_seconds": 4, "to_seconds": 8, "count": 1},
                    ]}]),
                ),
            ],
        ),
        case(
            "among the chains that reach the person's highest step",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z\na x 2025-01-02T10:00:00Z\nb x 2025-01-02T10:00:10Z\nc x 2025-01-02T10:00:11Z",
            ("funnels", funnel(&["a", "b", "c"], 60, json!({}))),
            vec![("/steps/1/average_seconds", json!(10)), ("/steps/2/average_seconds", json!(1))],
        ),
        case(
            "persons who reached i+1 count",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:04Z\na y 2025-01-01T10:00:00Z\nb y 2025-01-01T10:00:02Z\nc y 2025-01-01T10:00:05Z",
            ("funnels", funnel(&["a", "b", "c"], 60, json!({}))),
            vec![("/steps/1/average_seconds", json!(3)), ("/steps/2/average_seconds", json!(3))],
        ),
        case(
            "unordered: the chosen events' times in order",
            "c x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:03Z\nb x 2025-01-01T10:00:10Z",
            ("funnels", funnel(&["a", "b", "c"], 60, json!({"order": "unordered"}))),
            vec![("/steps/1/average_seconds", json!(3)), ("/steps/2/average_seconds", json!(7))],
        ),
        case(
            "conversion is 0 when step 1 is empty, the times null where nobody arrived",
            "",
            ("funnels", funnel(&["a", "b"], 60, json!({}))),
            vec![
                ("/steps/0", json!({"step": 1, "event": "a", "count": 0, "conversion": 0, "average_seconds": null, "median_seconds": null})),
                ("/steps/1/average_seconds", Value::Null),
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn over_time_and_persons() {
    let days = "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:00:01Z\na x 2025-01-03T10:00:00Z\na y 2025-01-01T23:59:59Z\nb y 2025-01-02T00:00:01Z\nb z 2025-01-01T10:00:00Z";
    let over = json!({"over_time": "day", "date_to": "2025-01-03"});
    let people = |step: u64, reached: bool| {
        funnel(&["a", "b"], 60, json!({"step": step, "reached": reached}))
    };
    hold(vec![
        case(
            "over_time: per bucket, persons who had a step-1 event in it, and those of them with an attempt started there that reached the last step",
            days,
            ("funnels", funnel(&["a", "b"], 60, over)),
            vec![(
                "/over_time",
                json!({"labels": ["2025-01-01", "2025-01-02", "2025-01-03"], "entered": [2, 0, 1], "converted": [2, 0, 0]}),
            )],
        ),
        case(
            "funnel_persons: reached: true, who reached at least the step",
            days,
            ("funnel_persons", people(2, true)),
            vec![(
                "/persons",
                json!([
                    {"distinct_id": "x", "times": ["2025-01-01T10:00:00.000Z", "2025-01-01T10:00:01.000Z"]},
                    {"distinct_id": "y", "times": ["2025-01-01T23:59:59.000Z", "2025-01-02T00:00:01.000Z"]},
                ]),
            )],
        ),
        case(
            "funnel_persons: false, who reached the one before but not it",
            "a x 2025-01-01T10:00:00Z\na y 2025-01-01T10:00:00Z\nb y 2025-01-01T10:00:00Z\nb z 2025-01-01T10:00:00Z",
            ("funnel_persons", people(2, false)),
            vec![("/persons", json!([{"distinct_id": "x", "times": ["2025-01-01T10:00:00.000Z"]}]))],
        ),
    ])
    .await;
}
