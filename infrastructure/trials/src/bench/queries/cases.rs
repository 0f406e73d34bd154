//! What is asked, compiled and by hand.

use serde_json::{Value, json};

/// One query, compiled and by hand.
pub(super) struct Case {
    /// What it is called in the table.
    pub(super) name: &'static str,
    /// The type.
    pub(super) kind: &'static str,
    /// The first and the last day.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// The params without the range.
    pub(super) params: fn() -> Value,
    /// The same by hand; its last column holds the figures.
    hand: &'static str,
    /// The condition that leaves as few rows as the query can do with, and the
    /// columns that it needs.
    scan: (&'static str, &'static str),
    /// The figures of the compiled query's result.
    pub(super) figures: fn(&Value) -> Vec<f64>,
}

impl Case {
    /// The body of `POST /api/query`; nothing from the cache.
    pub(super) fn request(&self) -> Value {
        let mut params = (self.params)();
        params["date_from"] = self.from.into();
        params["date_to"] = self.to.into();
        params["max_age"] = 0.into();
        json!({"type": self.kind, "params": params})
    }

    /// The hand-written statement.
    pub(super) fn by_hand(&self, project: &str) -> String {
        let zone = (self.params)()["timezone"]
            .as_str()
            .map_or("UTC".to_owned(), str::to_owned);
        let code: Vec<&str> = self
            .hand
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect();
        let [from, to] = self.ends(&zone);
        code.join("\n")
            .replace("{{project}}", &format!("project_id = '{project}'"))
            .replace("{from}", &from)
            .replace("{to}", &to)
    }

    /// Reading the columns and doing nothing.
    pub(super) fn scan(&self, project: &str) -> String {
        let (condition, columns) = self.scan;
        let [from, to] = self.ends("UTC");
        format!(
            "SELECT count() FROM millrace.events WHERE project_id = '{project}' AND timestamp >= {from} \
             AND timestamp < {to} AND {condition} AND NOT ignore({columns})"
        )
    }

    /// The first instant, and the first one after.
    fn ends(&self, zone: &str) -> [String; 2] {
        let start = |day| format!("toDateTime64('{day} 00:00:00', 3, '{zone}')");
        [
            start(self.from),
            format!("({} + INTERVAL 1 DAY)", start(self.to)),
        ]
    }
}

/// All numbers in a value.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

/// All numbers under `field` of the objects in a list.
fn each(list: &Value, field: &str) -> Vec<f64> {
    let items = list.as_array().map_or(&[] as &[Value], Vec::as_slice);
    items
        .iter()
        .flat_map(|item| numbers(&item[field]))
        .collect()
}

fn series(result: &Value) -> Vec<f64> {
    each(&result["series"], "data")
}

fn steps(result: &Value) -> Vec<f64> {
    each(&result["steps"], "count")
}

fn of_steps() -> Value {
    json!([{"event": "$pageview"}, {"event": "add_to_cart"}, {"event": "purchase"}])
}

const WEEK_SECONDS: u32 = 604_800;
const ANY: &str = "1";
const STEPS: &str = "event IN ('$pageview', 'add_to_cart', 'purchase')";
const MONTH: (&str, &str) = ("2025-02-01", "2025-03-02");

/// Everything that is measured.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "trends: total a day",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": "$pageview"}]}),
        hand: include_str!("hand/trends_total.sql"),
        scan: ("event = '$pageview'", "timestamp"),
        figures: series,
    },
    Case {
        name: "trends: total a day over a change of clocks, Berlin",
        kind: "trends",
        from: "2025-01-02",
        to: "2025-03-31",
        params: || json!({"series": [{"event": null}], "timezone": "Europe/Berlin"}),
        hand: include_str!("hand/trends_total_zone.sql"),
        scan: (ANY, "timestamp"),
        figures: series,
    },
    Case {
        name: "trends: persons a day",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": null, "math": "unique"}]}),
        hand: include_str!("hand/trends_unique.sql"),
        scan: (ANY, "timestamp, person_id"),
        figures: series,
    },
    Case {
        name: "trends: total by page, 25 and the rest",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": "$pageview"}], "breakdown": {"properties": ["$pathname"]}}),
        hand: include_str!("hand/trends_breakdown.sql"),
        scan: ("event = '$pageview'", "timestamp, pathname"),
        figures: series,
    },
    Case {
        name: "trends: median of a number",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": "purchase", "math": "median", "property": "price"}]}),
        hand: include_str!("hand/trends_median.sql"),
        scan: ("event = 'purchase'", "timestamp, props['price']"),
        figures: series,
    },
    Case {
        name: "trends: persons of seven days",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": "purchase", "math": "wau"}]}),
        hand: include_str!("hand/trends_wau.sql"),
        scan: ("event = 'purchase'", "timestamp, person_id"),
        figures: series,
    },
    Case {
        name: "trends: first time",
        kind: "trends",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"series": [{"event": "purchase", "math": "first_time"}]}),
        hand: include_str!("hand/trends_first_time.sql"),
        scan: ("event = 'purchase'", "timestamp, person_id"),
        figures: series,
    },
    Case {
        name: "funnels: three steps",
        kind: "funnels",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"steps": of_steps(), "window_seconds": WEEK_SECONDS}),
        hand: include_str!("hand/funnel_ordered.sql"),
        scan: (STEPS, "timestamp, person_id, event"),
        figures: steps,
    },
    Case {
        name: "funnels: three steps by country, with times",
        kind: "funnels",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"steps": of_steps(), "window_seconds": WEEK_SECONDS, "breakdown": {"properties": ["$geoip_country_code"]}}),
        hand: include_str!("hand/funnel_breakdown.sql"),
        scan: (STEPS, "timestamp, person_id, event, country_code"),
        figures: |result| {
            let rows = result["breakdowns"].as_array().cloned().unwrap_or_default();
            rows.iter().flat_map(steps).collect()
        },
    },
    Case {
        name: "funnels: three steps, strict",
        kind: "funnels",
        from: MONTH.0,
        to: MONTH.1,
        params: || {
            let steps = json!([{"event": "$pageview"}, {"event": "product_viewed"}, {"event": "add_to_cart"}]);
            json!({"steps": steps, "window_seconds": WEEK_SECONDS, "order": "strict"})
        },
        hand: include_str!("hand/funnel_strict.sql"),
        scan: (ANY, "timestamp, person_id, event"),
        figures: steps,
    },
    Case {
        name: "retention: eight weeks",
        kind: "retention",
        from: "2025-01-06",
        to: "2025-03-02",
        params: || json!({"period": "week", "intervals": 8, "target": {"event": "$pageview"}, "returning": {"event": "purchase"}}),
        hand: include_str!("hand/retention.sql"),
        scan: (
            "event IN ('$pageview', 'purchase')",
            "timestamp, person_id, event",
        ),
        figures: |result| each(&result["cohorts"], "values"),
    },
    Case {
        name: "stickiness: days",
        kind: "stickiness",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"event": "$pageview"}),
        hand: include_str!("hand/stickiness.sql"),
        scan: ("event = '$pageview'", "timestamp, person_id"),
        figures: |result| numbers(&result["counts"]),
    },
    Case {
        name: "lifecycle: days",
        kind: "lifecycle",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({"event": "purchase"}),
        hand: include_str!("hand/lifecycle.sql"),
        scan: ("event = 'purchase'", "timestamp, person_id"),
        figures: |result| {
            let classes = ["new", "returning", "resurrecting", "dormant"];
            classes
                .iter()
                .flat_map(|class| numbers(&result[*class]))
                .collect()
        },
    },
    Case {
        name: "paths: five events of a session",
        kind: "paths",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({}),
        hand: include_str!("hand/paths.sql"),
        scan: (ANY, "timestamp, person_id, event, uuid, session_id"),
        figures: |result| each(&result["edges"], "count"),
    },
    Case {
        name: "sessions",
        kind: "sessions",
        from: MONTH.0,
        to: MONTH.1,
        params: || json!({}),
        hand: include_str!("hand/sessions.sql"),
        scan: (
            ANY,
            "timestamp, person_id, event, uuid, session_id, current_url, referring_domain, utm_source, utm_medium, utm_campaign, props['gclid']",
        ),
        figures: |result| numbers(&result["sessions"]),
    },
];
