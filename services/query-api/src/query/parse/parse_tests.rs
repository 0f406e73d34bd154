use super::*;
use crate::engine::QueryLimits;
use chrono::DateTime;
use serde_json::json;

fn context() -> Context {
    let now = DateTime::parse_from_rfc3339("2025-03-15T12:00:00Z")
        .unwrap()
        .to_utc();
    Context {
        now,
        limits: QueryLimits::default(),
    }
}

fn faults(kind: &str, params: &Value) -> Vec<(String, &'static str)> {
    let faults = parse(kind, params, &context()).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.path, fault.code))
        .collect()
}

#[test]
fn every_fault_is_named_at_once() {
    let params = json!({
        "steps": [{"event": 5}, {"event": "b", "filter": []}],
        "date_from": "yesterday",
        "window_seconds": 0,
        "order": "loose",
        "colour": 1,
    });
    let found = faults("funnels", &params);
    for expected in [
        ("params.date_from", "invalid_date"),
        ("params.steps[0].event", "wrong_type"),
        ("params.steps[1].filter", "unknown_field"),
        ("params.window_seconds", "out_of_range"),
        ("params.order", "invalid"),
        ("params.colour", "unknown_field"),
    ] {
        assert!(
            found.contains(&(expected.0.to_owned(), expected.1)),
            "{expected:?} in {found:?}"
        );
    }
}

#[test]
fn limits_of_the_contract_are_kept() {
    let steps: Vec<Value> = (0..21).map(|index| json!(format!("e{index}"))).collect();
    let properties: Vec<String> = (0..65).map(|index| format!("p{index}")).collect();
    let series: Vec<Value> = (0..27).map(|_| json!({"event": "a"})).collect();
    for (kind, params, path, code) in [
        (
            "funnels",
            json!({"steps": steps}),
            "params.steps",
            "too_many",
        ),
        (
            "funnels",
            json!({"steps": ["a"]}),
            "params.steps",
            "too_few",
        ),
        ("funnels", json!({}), "params.steps", "missing"),
        (
            "trends",
            json!({"series": series}),
            "params.series",
            "too_many",
        ),
        ("trends", json!({}), "params.series", "missing"),
        ("trends", json!({"series": []}), "params.series", "missing"),
        (
            "trends",
            json!({"series": [{"event": "a"}], "breakdown": {"properties": properties}}),
            "params.breakdown.properties",
            "too_many",
        ),
        (
            "trends",
            json!({"series": [{"event": "a"}], "breakdown": {"properties": ["p"], "limit": 1001}}),
            "params.breakdown.limit",
            "out_of_range",
        ),
        (
            "trends",
            json!({"series": [{"event": "a"}], "date_from": "1950-01-01", "date_to": "2250-01-01"}),
            "params.interval",
            "too_many_buckets",
        ),
        (
            "retention",
            json!({"target": {"event": "a"}, "intervals": 61}),
            "params.intervals",
            "out_of_range",
        ),
        ("stickiness", json!({}), "params.event", "missing"),
        ("nonsense", json!({}), "type", "unknown_type"),
    ] {
        let found = faults(kind, &params);
        assert!(
            found.contains(&(path.to_owned(), code)),
            "{path} {code} in {found:?}"
        );
    }
}

#[test]
fn wrong_values_are_clear_faults() {
    let series = json!([{"event": "a", "math": "avg", "property": "p"}, {"event": "a"}]);
    for (params, path, code) in [
        (
            json!({"timezone": "Mars/Olympus"}),
            "params.timezone",
            "unknown_timezone",
        ),
        (
            json!({"date_from": "2025-02-01", "date_to": "2025-01-01"}),
            "params.date_from",
            "reversed_range",
        ),
        (
            json!({"date_to": "9999-01-01"}),
            "params.date_to",
            "invalid_date",
        ),
        (
            json!({"formula": "A +"}),
            "params.formula",
            "invalid_formula",
        ),
        (
            json!({"formula": "A / C"}),
            "params.formula",
            "invalid_formula",
        ),
        (
            json!({"cumulative": true}),
            "params.series[0].math",
            "not_cumulative",
        ),
        (
            json!({"filters": [{"property": "p", "op": "regex", "value": "("}]}),
            "params.filters[0].value",
            "invalid_regex",
        ),
        (
            json!({"filters": [{"property": "p", "op": "like", "value": "x"}]}),
            "params.filters[0].op",
            "invalid",
        ),
        (
            json!({"filters": [{"property": "p"}]}),
            "params.filters[0].value",
            "missing",
        ),
        (
            json!({"filters": [{"op": "is_set"}]}),
            "params.filters[0].property",
            "missing",
        ),
        (
            json!({"filters": [{"any": [{"property": 1, "op": "is_set"}]}]}),
            "params.filters[0].any[0].property",
            "wrong_type",
        ),
        (json!({"display": "pie"}), "params.display", "invalid"),
        (json!({"interval": "minute"}), "params.interval", "invalid"),
    ] {
        let mut params = params;
        params["series"] = series.clone();
        let found = faults("trends", &params);
        assert!(
            found.contains(&(path.to_owned(), code)),
            "{path} {code} in {found:?}"
        );
    }
}

#[test]
fn a_saved_range_moves_with_the_days() {
    let labels = |range: Value| {
        let mut params = json!({"series": [{"event": "a"}], "interval": "day"});
        params["date_from"] = range;
        match parse("trends", &params, &context()) {
            Ok(Parsed::Trends(trends)) => trends.buckets.labels(),
            _ => Vec::new(),
        }
    };
    assert_eq!(
        labels(json!("-2d")),
        ["2025-03-13", "2025-03-14", "2025-03-15"]
    );
    assert_eq!(labels(json!("-24h")), ["2025-03-14", "2025-03-15"]);
    for wrong in ["-d", "-2w", "--2d", "-2", "2d", "-99999d", "-é"] {
        assert_eq!(labels(json!(wrong)), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn defaults_are_those_of_the_contract() {
    let Ok(Parsed::Trends(trends)) =
        parse("trends", &json!({"series": [{"event": "a"}]}), &context())
    else {
        panic!("a trend");
    };
    assert_eq!(trends.buckets.len(), 30);
    assert_eq!(
        trends.buckets.labels().first().map(String::as_str),
        Some("2025-02-14")
    );
    let Ok(Parsed::Funnels(funnel)) = parse("funnels", &json!({"steps": ["a", "b"]}), &context())
    else {
        panic!("a funnel");
    };
    assert_eq!(funnel.window_ms, 30 * 86_400_000);
    let Ok(Parsed::Retention(retention)) = parse(
        "retention",
        &json!({"target": {"event": null}, "returning": {"event": null}}),
        &context(),
    ) else {
        panic!("retention");
    };
    assert_eq!(
        retention.periods.labels().last().map(String::as_str),
        Some("2025-03-10")
    );
    assert_eq!(retention.periods.len(), 8);
}

#[test]
fn persons_before_the_first_step_are_a_fault() {
    let params = json!({"steps": ["a", "b"], "step": 1, "reached": false});
    assert_eq!(
        faults("funnel_persons", &params),
        [("params.reached".to_owned(), "invalid")]
    );
    let params = json!({"steps": ["a", "b"], "step": 3, "reached": true});
    assert_eq!(
        faults("funnel_persons", &params),
        [("params.step".to_owned(), "out_of_range")]
    );
    let params = json!({"steps": ["a", "b"]});
    assert_eq!(
        faults("funnel_persons", &params),
        [("params.step".to_owned(), "missing")]
    );
}
