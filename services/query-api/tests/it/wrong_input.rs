//! Wrong input, item by item: a clear 400 or a defined number, at every door.

use crate::harness::{A, Stores};
use http::StatusCode;
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

const DOORS: [&str; 3] = ["/api/query", "/api/query/estimate", "/api/query/async"];

fn trend(more: Value) -> (&'static str, Value) {
    let mut params = json!({"series": [{"event": "a"}]});
    let fields = params.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    ("trends", params)
}

fn funnel(steps: usize, more: Value) -> (&'static str, Value) {
    let mut params = json!({"steps": vec![json!({"event": "a"}); steps]});
    let fields = params.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    ("funnels", params)
}

fn filtered(op: &str, value: Value) -> (&'static str, Value) {
    trend(json!({"filters": [{"property": "p", "op": op, "value": value}]}))
}

/// What is asked, and where the fault lies.
fn wrong() -> Vec<((&'static str, Value), &'static str, &'static str)> {
    let properties: Vec<String> = (0..65).map(|n| format!("p{n}")).collect();
    let by_many = json!({"breakdown": {"properties": properties}});
    let reversed = json!({"date_from": "2025-02-01", "date_to": "2025-01-01"});
    let centuries = json!({"date_from": "1900-01-01", "date_to": "2250-12-31"});
    let far = |end: &str| json!({end: "9999-12-31"});
    let mars = json!({"timezone": "Mars/Olympus_Mons"});
    let paths = |more: &Value| ("paths", more.clone());
    vec![
        (
            trend(reversed.clone()),
            "params.date_from",
            "reversed_range",
        ),
        (
            funnel(2, reversed.clone()),
            "params.date_from",
            "reversed_range",
        ),
        (paths(&reversed), "params.date_from", "reversed_range"),
        (("events", reversed), "params.date_from", "reversed_range"),
        (
            trend(centuries.clone()),
            "params.interval",
            "too_many_buckets",
        ),
        (
            ("lifecycle", {
                let mut params = centuries;
                params["event"] = json!("a");
                params
            }),
            "params.interval",
            "too_many_buckets",
        ),
        (funnel(21, json!({})), "params.steps", "too_many"),
        (funnel(1, json!({})), "params.steps", "too_few"),
        (
            trend(by_many.clone()),
            "params.breakdown.properties",
            "too_many",
        ),
        (
            funnel(2, by_many.clone()),
            "params.breakdown.properties",
            "too_many",
        ),
        (
            ("sessions", by_many),
            "params.breakdown.properties",
            "too_many",
        ),
        (
            trend(json!({"formula": "A / "})),
            "params.formula",
            "invalid_formula",
        ),
        (
            trend(json!({"formula": "A / B"})),
            "params.formula",
            "invalid_formula",
        ),
        (
            trend(json!({"formula": "A; DROP"})),
            "params.formula",
            "invalid_formula",
        ),
        (trend(mars.clone()), "params.timezone", "unknown_timezone"),
        (paths(&mars), "params.timezone", "unknown_timezone"),
        (("catalogue", mars), "params.timezone", "unknown_timezone"),
        (trend(far("date_to")), "params.date_to", "invalid_date"),
        (trend(far("date_from")), "params.date_from", "invalid_date"),
        (
            ("persons", far("date_to")),
            "params.date_to",
            "invalid_date",
        ),
        (
            trend(json!({"date_to": "9999-12-31T23:59:59.999Z"})),
            "params.date_to",
            "invalid_date",
        ),
        (
            filtered("is_date_before", json!("9999-12-31")),
            "params.filters[0].value",
            "invalid_date",
        ),
        (
            filtered("is_date_after", json!(5)),
            "params.filters[0].value",
            "invalid_date",
        ),
        (
            filtered("regex", json!("(")),
            "params.filters[0].value",
            "invalid_regex",
        ),
        (
            filtered("sounds_like", json!("x")),
            "params.filters[0].op",
            "invalid",
        ),
        (
            trend(
                json!({"cumulative": true, "series": [{"event": "a", "math": "median", "property": "p"}]}),
            ),
            "params.series[0].math",
            "not_cumulative",
        ),
        (
            (
                "funnel_persons",
                json!({"steps": [{"event": "a"}, {"event": "b"}], "step": 1, "reached": false}),
            ),
            "params.reached",
            "invalid",
        ),
        (
            (
                "retention",
                json!({"target": {"event": "a"}, "intervals": 61}),
            ),
            "params.intervals",
            "out_of_range",
        ),
    ]
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_place_at_every_door() {
    let stores = Stores::create().await;
    let app = stores.app();
    for ((kind, params), path, code) in wrong() {
        let body = json!({"type": kind, "params": params});
        for door in DOORS {
            let answer = app.post(door, &body).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{door} {body}: {}",
                answer.text
            );
            let errors = answer.body["errors"].as_array().unwrap();
            assert!(
                errors
                    .iter()
                    .any(|error| error["path"] == path && error["code"] == code),
                "{door} {body}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn what_is_odd_but_right_has_a_defined_number() {
    let stores = Stores::create().await;
    let event = |name: &str| TestEvent::new(A, name, "x", "2025-01-01T12:00:00Z");
    stores.warehouse.insert(&[event("a"), event("a")]).await;
    let app = stores.app();
    let day = json!({"date_from": "2025-01-01", "date_to": "2025-01-01"});
    let with = |more: Value| {
        let mut params = day.clone();
        let fields = params.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        params
    };
    let two = json!([{"event": "a"}, {"event": "nobody sends this"}]);
    for (what, params, data) in [
        (
            "dividing by zero",
            with(json!({"series": two, "formula": "A / B"})),
            json!([0]),
        ),
        (
            "an unknown event",
            with(json!({"series": [{"event": "nobody sends this"}]})),
            json!([0]),
        ),
        (
            "an unknown property",
            with(json!({"series": [{"event": "a", "math": "max", "property": "none"}]})),
            json!([0]),
        ),
        (
            "centuries as one number",
            with(
                json!({"series": [{"event": "a"}], "date_from": "1900-01-01", "date_to": "2250-12-31", "display": "total_value"}),
            ),
            json!(2),
        ),
    ] {
        let answer = app.query("trends", params).await;
        assert_eq!(
            answer["result"]["series"][0]["data"], data,
            "{what}: {answer}"
        );
    }
    let months = json!({"series": [{"event": "a"}], "interval": "month", "date_from": "1900-01-01", "date_to": "2250-12-31"});
    let answer = app.query("trends", months).await;
    let data = answer["result"]["series"][0]["data"].as_array().unwrap();
    let sum: u64 = data.iter().filter_map(Value::as_u64).sum();
    assert_eq!((data.len(), sum), (351 * 12, 2));
    // The name that is nearest to one that nobody sends.
    let wrong_name = with(json!({"series": [{"event": "b"}]}));
    let answer = app.query("trends", wrong_name).await;
    assert_eq!(answer["hints"][0]["unknown"], "b", "{answer}");
}
