//! Trends: maths, totals, running sums, formulas, comparisons.

use super::{Case, case, hold};
use serde_json::{Value, json};

const DATA: &str = "/series/0/data";

fn ask(sentence: &'static str, events: &'static str, params: Value, data: Value) -> Case {
    case(sentence, events, ("trends", params), vec![(DATA, data)])
}

fn one(math: &str, from: &str, to: &str) -> Value {
    json!({"series": [{"event": "a", "math": math, "property": "p"}], "date_from": from, "date_to": to})
}

fn with(mut params: Value, more: Value) -> Value {
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    params
}

#[tokio::test]
async fn persons() {
    let days = "a x 2025-01-01\na x 2025-01-01\na y 2025-01-01\na x 2025-01-02\nb z 2025-01-02";
    let long = "a x 2025-01-01\na y 2025-01-07\na y 2025-01-08\na z 2025-01-30\na w 2025-01-31";
    hold(vec![
        ask("total (events)", days, one("total", "2025-01-01", "2025-01-02"), json!([3, 1])),
        ask("unique (distinct persons in the bucket)", days, one("unique", "2025-01-01", "2025-01-02"), json!([2, 1])),
        ask("alias dau", days, one("dau", "2025-01-01", "2025-01-02"), json!([2, 1])),
        ask(
            "total_value: unique: distinct over the range",
            days,
            with(one("unique", "2025-01-01", "2025-01-02"), json!({"display": "total_value"})),
            json!(2),
        ),
        ask(
            "wau (distinct persons in the 7 local days ending with the bucket)",
            long,
            one("wau", "2025-01-06", "2025-01-09"),
            json!([1, 2, 1, 1]),
        ),
        ask(
            "mau (distinct persons in the 30 local days ending with the bucket)",
            long,
            one("mau", "2025-01-29", "2025-01-31"),
            json!([2, 3, 3]),
        ),
        ask(
            "for hours, ending with that hour",
            "a x 2025-01-01T10:00:00Z\na y 2025-01-08T09:59:59Z",
            with(one("wau", "2025-01-08T09:00:00Z", "2025-01-08T10:30:00Z"), json!({"interval": "hour"})),
            json!([2, 1]),
        ),
        ask(
            "for weeks the same as unique",
            "a x 2025-01-06\na y 2025-01-13",
            with(one("wau", "2025-01-06", "2025-01-14"), json!({"interval": "week"})),
            json!([1, 1]),
        ),
        ask(
            "for months the same as unique",
            "a x 2025-01-31\na y 2025-02-01",
            with(one("mau", "2025-01-31", "2025-02-01"), json!({"interval": "month"})),
            json!([1, 1]),
        ),
        ask(
            "as a total value, the days that end with the range",
            long,
            with(one("wau", "2025-01-01", "2025-01-08"), json!({"display": "total_value"})),
            json!(1),
        ),
        ask(
            "first_time (persons whose first event ever that matches lies in the bucket)",
            "a x 2024-01-01\na x 2025-01-01\na y 2025-01-01\na y 2025-01-02\nb z 2025-01-01\na z 2025-01-02",
            one("first_time", "2025-01-01", "2025-01-02"),
            json!([1, 1]),
        ),
        ask(
            "first_time: that matches the event and all filters",
            "a x 2024-01-01 {\"p\": 1}\na x 2025-01-01 {\"p\": 2}",
            with(one("first_time", "2025-01-01", "2025-01-01"), json!({"filters": [{"property": "p", "value": 2}]})),
            json!([1]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn numbers() {
    let two = "a x 2025-01-01 {\"p\": 1}\na x 2025-01-01 {\"p\": \"2\"}";
    let mixed = r#"
a x 2025-01-01 {"p": "abc"}
a x 2025-01-01 {"p": true}
a x 2025-01-01
a x 2025-01-01 {"p": -3}
a x 2025-01-01 {"p": "NaN"}
a x 2025-01-01 {"p": 10.5}
"#;
    let math = |math: &'static str, events: &'static str, value: Value| {
        ask(
            "sum|avg|min|max|median|p90|p95|p99 of a numeric property",
            events,
            one(math, "2025-01-01", "2025-01-01"),
            json!([value]),
        )
    };
    hold(vec![
        ask(
            "percentiles interpolate linearly, inclusive: the median of 1, 2 is 1.5",
            two,
            one("median", "2025-01-01", "2025-01-01"),
            json!([1.5]),
        ),
        math("p90", two, json!(1.9)),
        math("p95", two, json!(1.95)),
        math("p99", two, json!(1.99)),
        math("sum", mixed, json!(7.5)),
        math("avg", mixed, json!(3.75)),
        math("min", mixed, json!(-3)),
        math("max", mixed, json!(10.5)),
        ask(
            "what is no number is ignored by numeric math (booleans too)",
            "a x 2025-01-01 {\"p\": true}\na x 2025-01-01 {\"p\": \"x\"}",
            one("avg", "2025-01-01", "2025-01-01"),
            json!([0]),
        ),
        ask(
            "total_value: the math over the whole range",
            "a x 2025-01-01 {\"p\": 1}\na x 2025-01-02 {\"p\": 2}\na x 2025-01-03 {\"p\": 9}",
            with(
                one("median", "2025-01-01", "2025-01-03"),
                json!({"display": "total_value"}),
            ),
            json!(2),
        ),
    ])
    .await;
}

#[tokio::test]
async fn running_sums_and_formulas() {
    let days = "a x 2025-01-01 {\"p\": 2}\na y 2025-01-02 {\"p\": 3}\na x 2025-01-02\na x 2025-01-03\nb x 2025-01-02";
    let cumulative = json!({"cumulative": true});
    let formula = |formula: &str| {
        json!({
            "series": [{"event": "a"}, {"event": "b"}], "formula": formula,
            "date_from": "2025-01-01", "date_to": "2025-01-03",
        })
    };
    hold(vec![
        ask(
            "cumulative: the running sum",
            days,
            with(one("total", "2025-01-01", "2025-01-03"), cumulative.clone()),
            json!([1, 3, 4]),
        ),
        ask(
            "cumulative: for unique, distinct persons so far",
            days,
            with(
                one("unique", "2025-01-01", "2025-01-03"),
                cumulative.clone(),
            ),
            json!([1, 2, 2]),
        ),
        ask(
            "cumulative: the running sum of numbers",
            days,
            with(one("sum", "2025-01-01", "2025-01-03"), cumulative),
            json!([2, 5, 5]),
        ),
        ask(
            "formula over series A, B, … per bucket",
            days,
            formula("A + B"),
            json!([1, 3, 1]),
        ),
        ask(
            "x / 0 is 0",
            days,
            formula("A / B * 100"),
            json!([0, 200, 0]),
        ),
        case(
            "with a formula the answer holds only the formula's rows",
            days,
            ("trends", formula("A - B")),
            vec![
                ("/series/0/series", json!("formula")),
                ("/series/1", Value::Null),
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn comparisons() {
    let compare = json!({"compare": true});
    hold(vec![
        case(
            "compare: the range shifted back by its number of local days, bucket by bucket",
            "a x 2025-01-01\na x 2025-01-02\na x 2025-01-02\na x 2025-01-03\na x 2025-01-04",
            (
                "trends",
                with(one("total", "2025-01-03", "2025-01-04"), compare.clone()),
            ),
            vec![(DATA, json!([1, 1])), ("/series/0/compare", json!([1, 2]))],
        ),
        case(
            "compare over a clock change stays on local days",
            "a x 2025-03-28T23:30:00Z\na x 2025-03-29T23:30:00Z\na x 2025-03-30T21:30:00Z",
            (
                "trends",
                with(
                    one("total", "2025-03-30", "2025-03-30"),
                    json!({"compare": true, "timezone": "Europe/Berlin"}),
                ),
            ),
            vec![(DATA, json!([2])), ("/series/0/compare", json!([1]))],
        ),
        case(
            "compare is aligned by index, null where the other period has no such bucket",
            "a x 2025-01-29\na x 2025-03-05\na x 2025-04-05",
            (
                "trends",
                with(
                    one("total", "2025-03-31", "2025-04-30"),
                    json!({"compare": true, "interval": "month"}),
                ),
            ),
            // 31 days back: 2025-02-28 to 2025-03-30, February and March.
            vec![(DATA, json!([0, 1])), ("/series/0/compare", json!([0, 1]))],
        ),
        case(
            "compare: null where the other period has no such bucket",
            "a x 2025-05-05\na x 2025-06-05",
            (
                "trends",
                with(
                    one("total", "2025-06-24", "2025-07-05"),
                    json!({"compare": true, "interval": "month"}),
                ),
            ),
            // 12 days back: 2025-06-12 to 2025-06-23, June alone.
            vec![
                (DATA, json!([0, 0])),
                ("/series/0/compare", json!([0, null])),
            ],
        ),
        case(
            "total_value has a number in data, and in compare",
            "a x 2025-01-01\na x 2025-01-02\na x 2025-01-02",
            (
                "trends",
                with(
                    one("total", "2025-01-02", "2025-01-02"),
                    json!({"compare": true, "display": "total_value"}),
                ),
            ),
            vec![(DATA, json!(2)), ("/series/0/compare", json!(1))],
        ),
    ])
    .await;
}
