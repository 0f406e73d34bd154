//! The statements of one query of each type, so that a change of them shows.

use query_api::engine::{Context, QueryLimits};
use query_api::query;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The statements of a query: text on lines, then the bound values.
fn statements(kind: &str, params: &Value) -> String {
    let now = chrono::DateTime::parse_from_rfc3339("2025-03-15T12:00:00Z")
        .unwrap()
        .to_utc();
    let context = Context {
        now,
        limits: QueryLimits::default(),
    };
    let query = query::parse(kind, params, &context).unwrap();
    let mut shown = String::new();
    for statement in query.statements() {
        let mut text = statement.text().to_owned();
        for clause in [
            " FROM ",
            " WHERE ",
            " GROUP BY ",
            " HAVING ",
            " ORDER BY ",
            " AND timestamp >=",
        ] {
            text = text.replace(clause, &format!("\n {clause}"));
        }
        writeln!(shown, "{text}").unwrap();
        for (name, value) in statement.params() {
            writeln!(shown, "-- {name} = {value:?}").unwrap();
        }
        writeln!(shown).unwrap();
    }
    shown
}

fn range(mut params: Value) -> Value {
    params["date_from"] = json!("2025-03-01");
    params["date_to"] = json!("2025-03-14");
    params
}

#[test]
fn trends_of_every_math() {
    for (name, math) in [
        ("total", json!({"event": "buy", "math": "total"})),
        ("unique", json!({"event": null, "math": "unique"})),
        ("rolling", json!({"event": "buy", "math": "wau"})),
        ("first_time", json!({"event": "buy", "math": "first_time"})),
        (
            "numeric",
            json!({"event": "buy", "math": "p90", "property": "price"}),
        ),
    ] {
        let params = range(json!({"series": [math]}));
        insta::assert_snapshot!(format!("trends_{name}"), statements("trends", &params));
    }
}

#[test]
fn trends_with_a_breakdown_and_filters() {
    let params = range(json!({
        "series": [{"event": "buy", "math": "unique"}],
        "breakdown": {"properties": ["plan", "$browser"], "limit": 5},
        "interval": "month",
        "timezone": "Europe/Berlin",
        "compare": true,
        "filters": [
            {"property": "plan", "value": ["free", "pro"]},
            {"any": [
                {"property": "price", "op": "gt", "value": 10},
                {"property": "$os", "op": "is_not_set"},
                {"property": "note", "op": "not_icontains", "value": "'; DROP TABLE events"},
            ]},
        ],
    }));
    insta::assert_snapshot!(statements("trends", &params));
}

#[test]
fn funnels() {
    let params = range(json!({
        "steps": [{"event": "view"}, {"event": "buy", "filters": [{"property": "price", "op": "is_set"}]}],
        "exclusions": [{"event": "leave", "from_step": 1, "to_step": 2}],
        "breakdown": {"properties": ["$browser"], "attribution": "last_touch"},
    }));
    insta::assert_snapshot!("funnel_ordered", statements("funnels", &params));
    let params = range(json!({
        "steps": ["view", "buy"], "order": "strict",
        "breakdown": {"properties": ["plan"], "attribution": "step", "attribution_step": 2},
    }));
    insta::assert_snapshot!("funnel_strict_by_step", statements("funnels", &params));
}

#[test]
fn retention() {
    for retention_type in ["recurring", "first_time"] {
        let params = json!({
            "target": {"event": "sign_up"}, "returning": {"event": null}, "retention_type": retention_type,
            "period": "week", "intervals": 4, "date_from": "2025-03-03",
        });
        insta::assert_snapshot!(
            format!("retention_{retention_type}"),
            statements("retention", &params)
        );
    }
}

#[test]
fn the_other_types() {
    for (kind, params) in [
        ("stickiness", json!({"event": "view"})),
        ("lifecycle", json!({"event": "view", "interval": "week"})),
        (
            "paths",
            json!({"node": "$pathname", "events": ["$pageview"]}),
        ),
        ("sessions", json!({"interval": "day"})),
    ] {
        insta::assert_snapshot!(kind, statements(kind, &range(params)));
    }
}
