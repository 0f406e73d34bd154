//! Range, buckets, identity.

use super::{case, hold};
use serde_json::{Value, json};

fn count(date_from: &str, date_to: &str, more: Value) -> (&'static str, Value) {
    let mut params =
        json!({"series": [{"event": "a"}], "date_from": date_from, "date_to": date_to});
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    ("trends", params)
}

const DATA: &str = "/series/0/data";

#[tokio::test]
async fn ranges() {
    let midnight = "a x 2025-01-01T23:59:59.999Z\na x 2025-01-02T00:00:00Z\na x 2025-01-02T23:59:59.999Z\na x 2025-01-03T00:00:00Z";
    hold(vec![
        case(
            "A bare date is the whole local day in the query's timezone (default UTC); both ends are included",
            midnight,
            count("2025-01-02", "2025-01-02", json!({})),
            vec![(DATA, json!([2]))],
        ),
        case(
            "A bare date is the whole local day in the query's timezone",
            "a x 2025-01-01T18:29:59.999Z\na x 2025-01-01T18:30:00Z\na x 2025-01-02T18:29:59.999Z\na x 2025-01-02T18:30:00Z",
            count("2025-01-02", "2025-01-02", json!({"timezone": "Asia/Kolkata"})),
            vec![(DATA, json!([2])), ("/labels", json!(["2025-01-02"]))],
        ),
        case(
            "A value with a time is exact; both ends are included",
            midnight,
            count("2025-01-01T23:59:59.999Z", "2025-01-02T23:59:59.999Z", json!({})),
            vec![(DATA, json!([1, 2]))],
        ),
        case(
            "local when it has no offset",
            "a x 2025-01-01T22:59:59Z\na x 2025-01-01T23:00:00Z\na x 2025-01-02T11:00:00Z\na x 2025-01-02T11:00:00.001Z",
            count("2025-01-02T00:00:00", "2025-01-02T12:00:00", json!({"timezone": "Europe/Berlin"})),
            vec![(DATA, json!([2]))],
        ),
        case(
            "Events outside the range never count, even when the first week bucket starts earlier",
            "a x 2025-01-06\na x 2025-01-07\na x 2025-01-08",
            count("2025-01-08", "2025-01-08", json!({"interval": "week"})),
            vec![(DATA, json!([1])), ("/labels", json!(["2025-01-06"]))],
        ),
        case(
            "Events outside the range never count, even when the first month bucket starts earlier",
            "a x 2025-01-06\na x 2025-01-20",
            count("2025-01-15", "2025-02-01", json!({"interval": "month"})),
            vec![(DATA, json!([1, 0])), ("/labels", json!(["2025-01-01", "2025-02-01"]))],
        ),
        case(
            "Some measures look back for history: it is read, but only buckets inside the range are answered",
            "a x 2025-01-01\na y 2025-01-08",
            (
                "trends",
                json!({"series": [{"event": "a", "math": "wau"}], "date_from": "2025-01-07", "date_to": "2025-01-08"}),
            ),
            vec![(DATA, json!([1, 1])), ("/labels", json!(["2025-01-07", "2025-01-08"]))],
        ),
    ])
    .await;
}

#[tokio::test]
async fn buckets() {
    let every_math = [
        "total",
        "unique",
        "wau",
        "sum",
        "avg",
        "min",
        "max",
        "median",
        "p99",
        "first_time",
    ]
    .map(|math| json!({"event": "a", "math": math, "property": "p"}));
    let spring = "a x 2025-03-29T22:59:59Z\na x 2025-03-29T23:00:00Z\na x 2025-03-30T21:59:59Z\na x 2025-03-30T22:00:00Z";
    hold(vec![
        case(
            "DST days have 23 or 25 hours and stay one day",
            spring,
            count("2025-03-29", "2025-03-31", json!({"timezone": "Europe/Berlin"})),
            vec![(DATA, json!([1, 2, 1])), ("/labels", json!(["2025-03-29", "2025-03-30", "2025-03-31"]))],
        ),
        case(
            "DST days have 23 hours",
            "a x 2025-03-30T00:30:00Z\na x 2025-03-30T01:30:00Z",
            count("2025-03-30T01:00:00", "2025-03-30T04:00:00", json!({"timezone": "Europe/Berlin", "interval": "hour"})),
            vec![
                (DATA, json!([1, 1, 0])),
                (
                    "/labels",
                    json!(["2025-03-30T01:00:00+01:00", "2025-03-30T03:00:00+02:00", "2025-03-30T04:00:00+02:00"]),
                ),
            ],
        ),
        case(
            "DST days have 25 hours",
            "a x 2025-10-26T00:30:00Z\na x 2025-10-26T01:30:00Z\na x 2025-10-26T01:40:00Z",
            count(
                "2025-10-26T00:00:00Z",
                "2025-10-26T01:59:59Z",
                json!({"timezone": "Europe/Berlin", "interval": "hour"}),
            ),
            vec![
                (DATA, json!([1, 2])),
                ("/labels", json!(["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"])),
            ],
        ),
        case(
            "weeks (Monday unless week_start=sunday)",
            "a x 2025-01-05\na x 2025-01-06",
            count("2025-01-01", "2025-01-06", json!({"interval": "week"})),
            vec![(DATA, json!([1, 1])), ("/labels", json!(["2024-12-30", "2025-01-06"]))],
        ),
        case(
            "weeks with week_start=sunday",
            "a x 2025-01-04\na x 2025-01-05\na x 2025-01-06",
            count("2025-01-01", "2025-01-06", json!({"interval": "week", "week_start": "sunday"})),
            vec![(DATA, json!([1, 2])), ("/labels", json!(["2024-12-29", "2025-01-05"]))],
        ),
        case(
            "Every bucket of the range is in the answer; an empty one is 0, for every math",
            "a x 2025-01-02 {\"p\": 5}",
            (
                "trends",
                json!({
                    "series": every_math,
                    "date_from": "2025-01-01", "date_to": "2025-01-03"
                }),
            ),
            vec![
                ("/series/0/data", json!([0, 1, 0])),
                ("/series/1/data", json!([0, 1, 0])),
                ("/series/2/data", json!([0, 1, 1])),
                ("/series/3/data", json!([0, 5, 0])),
                ("/series/4/data", json!([0, 5, 0])),
                ("/series/5/data", json!([0, 5, 0])),
                ("/series/6/data", json!([0, 5, 0])),
                ("/series/7/data", json!([0, 5, 0])),
                ("/series/8/data", json!([0, 5, 0])),
                ("/series/9/data", json!([0, 1, 0])),
            ],
        ),
        case(
            "Labels are bucket starts (no events at all)",
            "",
            count("2025-01-31", "2025-02-01", json!({})),
            vec![(DATA, json!([0, 0])), ("/labels", json!(["2025-01-31", "2025-02-01"]))],
        ),
        case(
            "Person: a distinct_id",
            "a x 2025-01-01\na X 2025-01-01\na x 2025-01-01",
            (
                "trends",
                json!({"series": [{"event": "a", "math": "unique"}], "date_from": "2025-01-01", "date_to": "2025-01-01"}),
            ),
            vec![(DATA, json!([2]))],
        ),
        case(
            "Two events without uuid are two events",
            "a x 2025-01-01T00:00:00Z\na x 2025-01-01T00:00:00Z",
            count("2025-01-01", "2025-01-01", json!({})),
            vec![(DATA, json!([2]))],
        ),
    ])
    .await;
}
