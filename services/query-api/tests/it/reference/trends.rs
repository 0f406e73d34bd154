//! Trends, bucket by bucket.

use super::Event;
use super::filter::{passes, selects};
use super::local::Range;
use super::rows::{Key, Row, belongs, distinct, name, properties, rows};
use chrono::Days;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The answer to a trend.
pub(crate) fn answer(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let events: Vec<&Event> = events
        .iter()
        .filter(|event| passes(event, &params["filters"], range.zone))
        .collect();
    let series: Vec<Vec<&Event>> = list(params)
        .iter()
        .map(|one| {
            events
                .iter()
                .filter(|event| selects(one, event, range.zone))
                .copied()
                .collect()
        })
        .collect();
    let all_rows: Vec<Vec<Option<Row>>> = rows_of_series(params, &range, &series);
    let mut answered = Vec::new();
    if let Some(formula) = params["formula"].as_str() {
        for row in &all_rows[0] {
            let of = |range: &Range| -> Vec<Vec<f64>> {
                let each = list(params).iter().zip(&series);
                each.map(|(one, events)| {
                    data(
                        params,
                        range,
                        one,
                        &within(one, events, row, (&all_rows[0], params)),
                    )
                })
                .collect()
            };
            let evaluate = |values: Vec<Vec<f64>>| -> Vec<f64> {
                (0..values[0].len())
                    .map(|at| {
                        formula_value(
                            formula,
                            &values.iter().map(|row| row[at]).collect::<Vec<_>>(),
                        )
                    })
                    .collect()
            };
            let now = evaluate(of(&range));
            let before =
                (params["compare"] == true).then(|| evaluate(of(&range.earlier(range.days()))));
            answered.push(shape(params, ("formula", formula), row, now, before));
        }
    } else {
        for (index, (one, events)) in list(params).iter().zip(&series).enumerate() {
            let letter = char::from(b'A' + index as u8).to_string();
            let label = one["label"]
                .as_str()
                .or(one["event"].as_str())
                .unwrap_or("any event");
            for row in &all_rows[index] {
                let events = within(one, events, row, (&all_rows[index], params));
                let now = data(params, &range, one, &events);
                let before = (params["compare"] == true)
                    .then(|| data(params, &range.earlier(range.days()), one, &events));
                answered.push(shape(params, (&letter, label), row, now, before));
            }
        }
    }
    json!({"labels": range.labels(), "series": answered})
}

fn list(params: &Value) -> &Vec<Value> {
    params["series"].as_array().unwrap()
}

fn is_total(params: &Value) -> bool {
    params["display"] == "total_value"
}

/// The rows of each series; under a formula the same for all.
fn rows_of_series(params: &Value, range: &Range, series: &[Vec<&Event>]) -> Vec<Vec<Option<Row>>> {
    let breakdown = &params["breakdown"];
    if breakdown.is_null() {
        return vec![vec![None]; series.len()];
    }
    let names = properties(breakdown);
    let ranked = |one: &Value, events: &[&Event]| -> Vec<(Key, f64)> {
        let keys = distinct(
            read(one, range, params, events)
                .iter()
                .map(|event| event.values(&names)),
        );
        keys.into_iter()
            .map(|key| {
                let own = with_key(one, events, &names, |value| *value == key);
                let rank = whole(one, range, &own, is_long(range) && !is_total(params));
                (key, rank)
            })
            .collect()
    };
    let each: Vec<Vec<(Key, f64)>> = list(params)
        .iter()
        .zip(series)
        .map(|(one, events)| ranked(one, events))
        .collect();
    if params["formula"].is_null() {
        return each
            .into_iter()
            .map(|ranked| rows(breakdown, ranked).into_iter().map(Some).collect())
            .collect();
    }
    let mut union = each[0].clone();
    for (key, _) in each.into_iter().skip(1).flatten() {
        if !union.iter().any(|(known, _)| *known == key) {
            union.push((key, 0.0));
        }
    }
    vec![rows(breakdown, union).into_iter().map(Some).collect(); series.len()]
}

fn is_long(range: &Range) -> bool {
    ["week", "month"].contains(&range.interval.as_str())
}

/// The events that a series reads at all: those whose values have rows.
fn read<'e>(one: &Value, range: &Range, params: &Value, events: &[&'e Event]) -> Vec<&'e Event> {
    let days = rolling_days(one).filter(|_| is_total(params) || !is_long(range));
    let ends = |event: &&&Event| range.is_before_end(event.at);
    if one["math"] == "first_time" {
        return first_events(events)
            .into_iter()
            .filter(|event| range.contains(event))
            .collect();
    }
    match days {
        None => events
            .iter()
            .filter(|event| range.contains(event))
            .copied()
            .collect(),
        Some(days) => {
            let total_from = range.last_date() - Days::new(days - 1);
            let first = range.hours_or_dates().into_iter().next();
            events
                .iter()
                .filter(ends)
                .filter(|event| {
                    range.date(event.at) >= total_from
                        || (!is_total(params)
                            && first
                                .as_ref()
                                .is_some_and(|first| range.in_window(event.at, first, days)))
                        || (!is_total(params) && range.is_after_start(event.at))
                })
                .copied()
                .collect()
        }
    }
}

/// Every person's first event of a list.
fn first_events<'e>(events: &[&'e Event]) -> Vec<&'e Event> {
    let persons: BTreeSet<&str> = events
        .iter()
        .map(|event| event.distinct_id.as_str())
        .collect();
    persons
        .into_iter()
        .filter_map(|person| {
            let own = events.iter().filter(|event| event.distinct_id == person);
            own.min_by_key(|event| event.order()).copied()
        })
        .collect()
}

/// The events of a row. The first event ever is chosen before its value counts.
fn with_key<'e>(
    one: &Value,
    events: &[&'e Event],
    names: &[String],
    keep: impl Fn(&Key) -> bool,
) -> Vec<&'e Event> {
    let events = if one["math"] == "first_time" {
        first_events(events)
    } else {
        events.to_vec()
    };
    events
        .into_iter()
        .filter(|event| keep(&event.values(names)))
        .collect()
}

fn within<'e>(
    one: &Value,
    events: &[&'e Event],
    row: &Option<Row>,
    (all, params): (&[Option<Row>], &Value),
) -> Vec<&'e Event> {
    let Some(row) = row else {
        return events.to_vec();
    };
    let rows: Vec<Row> = all.iter().flatten().cloned().collect();
    let names = properties(&params["breakdown"]);
    with_key(one, events, &names, |key| belongs(row, key, &rows))
}

fn rolling_days(one: &Value) -> Option<u64> {
    match one["math"].as_str() {
        Some("wau") => Some(7),
        Some("mau") => Some(30),
        _ => None,
    }
}

/// The values of a series: one a bucket, or one in all.
fn data(params: &Value, range: &Range, one: &Value, events: &[&Event]) -> Vec<f64> {
    if is_total(params) {
        return vec![whole(one, range, events, false)];
    }
    if let Some(days) = rolling_days(one).filter(|_| !is_long(range)) {
        return range
            .hours_or_dates()
            .iter()
            .map(|bucket| {
                let inside = events.iter().filter(|event| {
                    range.is_before_end(event.at) && range.in_window(event.at, bucket, days)
                });
                persons(&inside.copied().collect::<Vec<_>>())
            })
            .collect();
    }
    let first = first_events(events);
    let counted: Vec<&Event> = match one["math"].as_str() {
        Some("first_time") => first,
        _ => events.to_vec(),
    };
    let inside: Vec<&Event> = counted
        .into_iter()
        .filter(|event| range.contains(event))
        .collect();
    let labels = range.labels();
    (0..labels.len())
        .map(|index| {
            let is_in = |event: &&&Event| {
                let at = labels
                    .iter()
                    .position(|label| *label == range.label(event.at))
                    .unwrap();
                if params["cumulative"] == true {
                    at <= index
                } else {
                    at == index
                }
            };
            measure(
                one,
                &inside.iter().filter(is_in).copied().collect::<Vec<_>>(),
            )
        })
        .collect()
}

/// The value of a whole range.
fn whole(one: &Value, range: &Range, events: &[&Event], as_unique: bool) -> f64 {
    let days = rolling_days(one).filter(|_| !as_unique);
    let inside: Vec<&Event> = match (one["math"].as_str(), days) {
        (_, Some(days)) => {
            let from = range.last_date() - Days::new(days - 1);
            let inside = events
                .iter()
                .filter(|event| range.is_before_end(event.at) && range.date(event.at) >= from);
            inside.copied().collect()
        }
        (Some("first_time"), _) => first_events(events)
            .into_iter()
            .filter(|event| range.contains(event))
            .collect(),
        _ => events
            .iter()
            .filter(|event| range.contains(event))
            .copied()
            .collect(),
    };
    measure(one, &inside)
}

fn persons(events: &[&Event]) -> f64 {
    events
        .iter()
        .map(|event| &event.distinct_id)
        .collect::<BTreeSet<_>>()
        .len() as f64
}

fn measure(one: &Value, events: &[&Event]) -> f64 {
    let math = one["math"].as_str().unwrap_or("total");
    if ["unique", "dau", "wau", "mau", "first_time"].contains(&math) {
        return persons(events);
    }
    if math == "total" {
        return events.len() as f64;
    }
    let property = one["property"].as_str().unwrap();
    let mut numbers: Vec<f64> = events
        .iter()
        .filter_map(|event| event.number(property))
        .collect();
    numbers.sort_by(f64::total_cmp);
    if numbers.is_empty() {
        return 0.0;
    }
    let sum: f64 = numbers.iter().sum();
    match math {
        "sum" => sum,
        "avg" => sum / numbers.len() as f64,
        "min" => numbers[0],
        "max" => numbers[numbers.len() - 1],
        "median" => percentile(&numbers, 0.5),
        "p90" => percentile(&numbers, 0.9),
        "p95" => percentile(&numbers, 0.95),
        "p99" => percentile(&numbers, 0.99),
        other => panic!("no math {other}"),
    }
}

fn percentile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * (place - place.floor())
}

/// The formulas that the tests use, worked out by hand.
fn formula_value(formula: &str, values: &[f64]) -> f64 {
    let divide = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
    let (a, b) = (values[0], values.get(1).copied().unwrap_or(0.0));
    match formula {
        "A + B" => a + b,
        "A - B" => a - b,
        "A / B * 100" => divide(a, b) * 100.0,
        "(A + B) / (A - B)" => divide(a + b, a - b),
        "B / A" => divide(b, a),
        "A * 2" => a * 2.0,
        other => panic!("no formula {other}"),
    }
}

fn shape(
    params: &Value,
    (series, label): (&str, &str),
    row: &Option<Row>,
    now: Vec<f64>,
    before: Option<Vec<f64>>,
) -> Value {
    let mut fields: Map<String, Value> = row.as_ref().map_or_else(
        || Map::from_iter([("breakdown".to_owned(), Value::Null)]),
        name,
    );
    fields.insert("series".to_owned(), json!(series));
    fields.insert("label".to_owned(), json!(label));
    let length = now.len();
    if is_total(params) {
        fields.insert("data".to_owned(), json!(now[0]));
        if let Some(before) = before {
            fields.insert("compare".to_owned(), json!(before[0]));
        }
        return Value::Object(fields);
    }
    fields.insert("data".to_owned(), json!(now));
    if let Some(before) = before {
        let aligned: Vec<Option<f64>> = (0..length).map(|at| before.get(at).copied()).collect();
        fields.insert("compare".to_owned(), json!(aligned));
    }
    Value::Object(fields)
}
