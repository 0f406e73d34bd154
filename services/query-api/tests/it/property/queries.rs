//! Random queries of every type.

use super::data::{NAMES, PROPERTIES, Set, ZONES, value};
use super::random::Random;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat};
use serde_json::{Map, Value, json};

/// A random query: its type and its parameters.
pub(crate) fn query(random: &mut Random, set: &Set) -> (String, Value) {
    let kind = *random.of(&[
        "trends",
        "trends",
        "trends",
        "funnels",
        "funnels",
        "funnels",
        "funnel_persons",
        "retention",
        "stickiness",
        "lifecycle",
        "paths",
        "sessions",
    ]);
    let mut params = Map::new();
    let zone = *random.of(ZONES);
    if zone != "UTC" || random.once_in(2) {
        params.insert("timezone".to_owned(), json!(zone));
    }
    range(random, set, &mut params);
    if random.once_in(3) {
        params.insert("filters".to_owned(), filters(random, 2));
    }
    if random.once_in(4) && !["paths", "sessions", "retention"].contains(&kind) {
        params.insert("week_start".to_owned(), json!("sunday"));
    }
    match kind {
        "trends" => trends(random, set, &mut params),
        "funnels" => funnels(random, set, &mut params),
        "funnel_persons" => persons(random, set, &mut params),
        "retention" => retention(random, set, &mut params),
        "stickiness" | "lifecycle" => activity(random, set, &mut params),
        "paths" => paths(random, &mut params),
        _ => sessions(random, set, &mut params),
    }
    (kind.to_owned(), Value::Object(params))
}

/// A range around some of the events: dates, instants, or local times.
fn range(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    let mut ends = [pick_time(random, set), pick_time(random, set)];
    ends.sort_unstable();
    let date = |at: i64| -> NaiveDate { DateTime::from_timestamp_millis(at).unwrap().date_naive() };
    let exact = |at: i64| {
        DateTime::from_timestamp_millis(at)
            .unwrap()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    };
    let (from, to) = match random.below(5) {
        0 => (exact(ends[0]), exact(ends[1])),
        1 => (
            date(ends[0]).to_string(),
            exact(ends[1].max(ends[0] + 2 * 86_400_000)),
        ),
        2 => (
            (date(ends[0]) - Days::new(random.below(3))).to_string(),
            (date(ends[1]) + Days::new(random.below(3))).to_string(),
        ),
        // Local, and not in a repeated or skipped hour.
        3 => (
            format!("{}T07:30:00", date(ends[0])),
            format!("{}T20:15:00", date(ends[1])),
        ),
        _ => (date(ends[0]).to_string(), date(ends[1]).to_string()),
    };
    params.insert("date_from".to_owned(), json!(from));
    params.insert("date_to".to_owned(), json!(to));
}

fn pick_time(random: &mut Random, set: &Set) -> i64 {
    random.of(&set.events).at
}

/// Hours only where they are few.
fn interval(random: &mut Random, set: &Set) -> &'static str {
    let all: &[&'static str] = if set.scale <= 3_600_000 {
        &["hour", "day", "week", "month"]
    } else {
        &["day", "week", "month"]
    };
    random.of::<&str>(all)
}

fn event(random: &mut Random) -> Value {
    if random.once_in(5) {
        return Value::Null;
    }
    let end = if random.once_in(4) { NAMES.len() } else { 3 };
    json!(*random.of(&NAMES[..end]))
}

fn selector(random: &mut Random) -> Value {
    let mut selector = json!({ "event": event(random) });
    if random.once_in(4) {
        selector["filters"] = filters(random, 1);
    }
    selector
}

fn property(random: &mut Random) -> &'static str {
    let end = if random.once_in(2) {
        2
    } else {
        PROPERTIES.len()
    };
    random.of::<&str>(&PROPERTIES[..end])
}

fn filters(random: &mut Random, depth: u64) -> Value {
    let count = 1 + random.below(2);
    (0..count).map(|_| filter(random, depth)).collect()
}

fn filter(random: &mut Random, depth: u64) -> Value {
    if depth > 0 && random.once_in(4) {
        let group = *random.of(&["any", "all"]);
        let inner: Vec<Value> = (0..random.below(3))
            .map(|_| filter(random, depth - 1))
            .collect();
        return json!({ group: inner });
    }
    let name = if random.once_in(8) {
        *random.of(&["event", "distinct_id", "uuid"])
    } else {
        property(random)
    };
    let operator = *random.of(&[
        "exact",
        "is_not",
        "icontains",
        "not_icontains",
        "regex",
        "not_regex",
        "is_set",
        "is_not_set",
        "gt",
        "gte",
        "lt",
        "lte",
        "in",
        "not_in",
        "is_date_before",
        "is_date_after",
    ]);
    let mut filter = json!({"property": name, "op": operator});
    let operand = match operator {
        "is_set" | "is_not_set" => return filter,
        "regex" | "not_regex" => json!(*random.of(&[
            "^pro",
            "o",
            "^a.b$",
            "[0-9]+",
            "^$",
            "(?i)PRO|free",
            "r\\w",
            "é|日"
        ])),
        "icontains" | "not_icontains" => {
            json!(*random.of(&["pro", "STRASSE", "straße", "οδοσ", "1", "", "日", "E"]))
        }
        "gt" | "gte" | "lt" | "lte" => random
            .of(&[
                json!(1),
                json!(2.5),
                json!("3"),
                json!("abc"),
                json!(-1),
                json!(true),
                json!(9_007_199_254_740_992_i64),
                json!(0),
            ])
            .clone(),
        "is_date_before" | "is_date_after" => {
            filter["property"] = json!(if random.once_in(3) { name } else { "when" });
            json!(*random.of(&[
                "2025-03-30",
                "2025-03-30T10:00:00Z",
                "2025-03-30T11:00:00",
                "2025-03-29"
            ]))
        }
        "in" | "not_in" => {
            let first = operand(random, name);
            let second = operand(random, name);
            json!([first, second])
        }
        _ if random.once_in(4) => json!([operand(random, name), operand(random, name)]),
        _ => operand(random, name),
    };
    filter["value"] = operand;
    if operator == "exact" && random.once_in(2) {
        filter.as_object_mut().unwrap().remove("op");
    }
    filter
}

fn operand(random: &mut Random, name: &str) -> Value {
    match name {
        "event" => json!(*random.of(NAMES)),
        "distinct_id" => json!(format!("person {}", random.below(4))),
        _ => loop {
            let value = value(random, name);
            if !value.is_null() && !value.is_array() {
                return value;
            }
        },
    }
}

fn breakdown(random: &mut Random) -> Value {
    let count = 1 + random.below(2);
    let mut names: Vec<&str> = (0..count).map(|_| property(random)).collect();
    if random.once_in(8) {
        names = vec!["event"];
    }
    let mut breakdown = json!({ "properties": names });
    if random.once_in(2) {
        breakdown["limit"] = json!(1 + random.below(3));
    }
    breakdown
}

fn trends(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    params.insert("interval".to_owned(), json!(interval(random, set)));
    let cumulative = random.once_in(6);
    let total = random.once_in(5);
    let maths: &[&str] = if cumulative {
        &["total", "unique", "sum", "dau"]
    } else {
        &[
            "total",
            "unique",
            "dau",
            "wau",
            "mau",
            "sum",
            "avg",
            "min",
            "max",
            "median",
            "p90",
            "p95",
            "p99",
            "first_time",
        ]
    };
    let count = 1 + random.below(2);
    let series: Vec<Value> = (0..count)
        .map(|index| {
            let mut one = selector(random);
            let math = *random.of(maths);
            if math != "total" || random.once_in(2) {
                one["math"] = json!(math);
            }
            if !["total", "unique", "dau", "wau", "mau", "first_time"].contains(&math) {
                one["property"] = json!(if random.once_in(4) {
                    property(random)
                } else {
                    "amount"
                });
            }
            if random.once_in(4) {
                one["label"] = json!(format!("series {index}"));
            }
            one
        })
        .collect();
    params.insert("series".to_owned(), json!(series));
    if random.once_in(2) {
        params.insert("breakdown".to_owned(), breakdown(random));
    }
    if random.once_in(5) {
        let formulas: &[&str] = if count == 2 {
            &[
                "A + B",
                "A - B",
                "A / B * 100",
                "(A + B) / (A - B)",
                "B / A",
            ]
        } else {
            &["A * 2"]
        };
        params.insert("formula".to_owned(), json!(*random.of(formulas)));
    }
    if random.once_in(4) {
        params.insert("compare".to_owned(), json!(true));
    }
    if cumulative {
        params.insert("cumulative".to_owned(), json!(true));
    }
    if total && !cumulative {
        params.insert("display".to_owned(), json!("total_value"));
    }
}

fn steps(random: &mut Random, set: &Set, params: &mut Map<String, Value>) -> u64 {
    // The reference tries every chain of a person's events.
    let more = if set.most_of_a_person() > 20 { 2 } else { 3 };
    let count = 2 + random.below(more);
    let steps: Vec<Value> = (0..count)
        .map(|_| {
            let step = selector(random);
            if step.get("filters").is_none() && step["event"].is_string() && random.once_in(3) {
                return step["event"].clone();
            }
            step
        })
        .collect();
    params.insert("steps".to_owned(), json!(steps));
    count
}

/// Steps, order, window, exclusions; how many steps there are.
fn funnel(random: &mut Random, set: &Set, params: &mut Map<String, Value>) -> u64 {
    let count = steps(random, set, params);
    let order = *random.of(&["ordered", "ordered", "strict", "unordered", "simple"]);
    if order != "ordered" || random.once_in(2) {
        params.insert("order".to_owned(), json!(order));
    }
    let scale = set.scale / 1_000;
    let window = *random.of(&[1, scale.max(1), scale * 3 + 1, 1_800, 86_400, 30 * 86_400]);
    params.insert("window_seconds".to_owned(), json!(window));
    if order != "simple" && random.once_in(3) {
        let exclusions: Vec<Value> = (0..1 + random.below(2))
            .map(|_| {
                let from = 1 + random.below(count - 1);
                let to = from + 1 + random.below(count - from);
                let mut exclusion =
                    json!({"event": event(random), "from_step": from, "to_step": to});
                if random.once_in(4) {
                    exclusion["filters"] = filters(random, 0);
                }
                exclusion
            })
            .collect();
        params.insert("exclusions".to_owned(), json!(exclusions));
    }
    count
}

fn funnels(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    let count = funnel(random, set, params);
    if random.once_in(2) {
        let mut breakdown = breakdown(random);
        let attribution = *random.of(&["first_touch", "last_touch", "step"]);
        if attribution != "first_touch" || random.once_in(2) {
            breakdown["attribution"] = json!(attribution);
        }
        if attribution == "step" {
            breakdown["attribution_step"] = json!(1 + random.below(count));
        }
        params.insert("breakdown".to_owned(), breakdown);
    }
    if random.once_in(4) {
        params.insert("histogram".to_owned(), json!(true));
    }
    if random.once_in(3) {
        params.insert("over_time".to_owned(), json!(interval(random, set)));
    }
}

fn persons(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    let count = funnel(random, set, params);
    // What the times of a simple funnel's persons are is not defined.
    params
        .remove("order")
        .filter(|order| order != "simple")
        .map(|order| params.insert("order".to_owned(), order));
    let step = 1 + random.below(count);
    params.insert("step".to_owned(), json!(step));
    params.insert("reached".to_owned(), json!(step == 1 || random.once_in(2)));
}

fn retention(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    let period = interval(random, set);
    params.insert("period".to_owned(), json!(period));
    params.insert(
        "intervals".to_owned(),
        json!(1 + random.below(if period == "hour" { 30 } else { 12 })),
    );
    if random.once_in(3) {
        params.insert("columns".to_owned(), json!(1 + random.below(6)));
    }
    if random.once_in(2) {
        params.insert("retention_type".to_owned(), json!("first_time"));
    }
    if random.once_in(4) {
        params.insert("week_start".to_owned(), json!("sunday"));
    }
    params.insert("target".to_owned(), selector(random));
    if !random.once_in(4) {
        params.insert("returning".to_owned(), selector(random));
    }
    if random.once_in(3) {
        params.insert("breakdown".to_owned(), breakdown(random));
    }
}

fn activity(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    params.insert("interval".to_owned(), json!(interval(random, set)));
    params.insert("event".to_owned(), event(random));
    if random.once_in(3) {
        params.insert("breakdown".to_owned(), breakdown(random));
    }
}

fn paths(random: &mut Random, params: &mut Map<String, Value>) {
    params.insert("limit".to_owned(), json!(10_000));
    if random.once_in(2) {
        params.insert("by".to_owned(), json!(*random.of(&["session", "person"])));
    }
    if random.once_in(3) {
        params.insert(
            "events".to_owned(),
            json!([random.of(NAMES), random.of(NAMES), "a"]),
        );
    }
    let node = *random.of(&["event", "event", "plan", "$pathname"]);
    if node != "event" || random.once_in(2) {
        params.insert("node".to_owned(), json!(node));
    }
    let nodes: &[&str] = match node {
        "event" => &NAMES[..3],
        "plan" => &["free", "pro"],
        _ => &["/p/1", "/"],
    };
    if random.once_in(3) {
        params.insert("start".to_owned(), json!(*random.of(nodes)));
    }
    if random.once_in(3) {
        params.insert("end".to_owned(), json!(*random.of(nodes)));
    }
    if random.once_in(2) {
        params.insert("max_steps".to_owned(), json!(1 + random.below(8)));
    }
}

fn sessions(random: &mut Random, set: &Set, params: &mut Map<String, Value>) {
    if random.once_in(2) {
        params.insert("interval".to_owned(), json!(interval(random, set)));
    }
    if random.once_in(3) {
        params.insert("breakdown".to_owned(), breakdown(random));
    }
}
