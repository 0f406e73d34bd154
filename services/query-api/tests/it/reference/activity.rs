//! Stickiness and lifecycle, person by person.

use super::Event;
use super::filter::{passes, selects};
use super::local::Range;
use super::rows::{Key, Row, belongs, distinct, name, properties, rows};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The answer to a stickiness query.
pub(crate) fn stickiness(params: &Value, events: &[Event]) -> Value {
    answer(params, events, counts, |_, _| true)
}

/// The answer to a lifecycle query.
pub(crate) fn lifecycle(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let before = BeforeRange::of(&range);
    let mut result = answer(params, events, classes, |range, at| {
        range.is_before_end(at) && (range.is_after_start(at) || before.holds(at))
    });
    result["labels"] = json!(range.labels());
    result
}

fn answer(
    params: &Value,
    events: &[Event],
    measure: fn(&Range, &[&Event]) -> Value,
    has_row: impl Fn(&Range, i64) -> bool,
) -> Value {
    let range = Range::of(params);
    let events: Vec<&Event> = events
        .iter()
        .filter(|event| passes(event, &params["filters"], range.zone))
        .filter(|event| selects(&json!({"event": params["event"]}), event, range.zone))
        .collect();
    let mut result = measure(&range, &events);
    if params["breakdown"].is_null() {
        return result;
    }
    let names = properties(&params["breakdown"]);
    let read = events
        .iter()
        .filter(|event| range.is_before_end(event.at) && has_row(&range, event.at));
    let read: Vec<&Event> = if result.get("counts").is_some() {
        read.filter(|event| range.contains(event))
            .copied()
            .collect()
    } else {
        read.copied().collect()
    };
    let keys = distinct(read.iter().map(|event| event.values(&names)));
    let ranked: Vec<(Key, f64)> = keys
        .into_iter()
        .map(|key| {
            let own = events
                .iter()
                .filter(|event| range.contains(event) && event.values(&names) == key);
            let persons: BTreeSet<&str> = own.map(|event| event.distinct_id.as_str()).collect();
            (key, persons.len() as f64)
        })
        .collect();
    let rows = rows(&params["breakdown"], ranked);
    let breakdowns: Vec<Value> = rows
        .iter()
        .map(|row: &Row| {
            let own = events
                .iter()
                .filter(|event| belongs(row, &event.values(&names), &rows));
            let mut fields = name(row);
            let own: Vec<&Event> = own.copied().collect();
            fields.extend(measure(&range, &own).as_object().unwrap().clone());
            Value::Object(fields)
        })
        .collect();
    result["breakdowns"] = breakdowns.into();
    result
}

fn persons<'e>(events: &[&'e Event]) -> BTreeSet<&'e str> {
    events
        .iter()
        .map(|event| event.distinct_id.as_str())
        .collect()
}

fn counts(range: &Range, events: &[&Event]) -> Value {
    let mut counts = vec![0; range.labels().len()];
    for person in persons(events) {
        let own = events
            .iter()
            .filter(|event| event.distinct_id == person && range.contains(event));
        let intervals: BTreeSet<String> = own.map(|event| range.label(event.at)).collect();
        if !intervals.is_empty() {
            counts[intervals.len() - 1] += 1;
        }
    }
    json!({ "counts": counts })
}

/// The whole period right before the first bucket.
struct BeforeRange {
    range: Range,
    label: String,
}

impl BeforeRange {
    fn of(range: &Range) -> Self {
        let first = range.first_instant_of_first_bucket();
        Self {
            range: range.clone(),
            label: range.label(first - 1),
        }
    }

    fn holds(&self, at: i64) -> bool {
        self.range.label(at) == self.label
    }
}

fn classes(range: &Range, events: &[&Event]) -> Value {
    let labels = range.labels();
    let before = BeforeRange::of(range);
    let mut classes = vec![vec![0; labels.len()]; 4];
    for person in persons(events) {
        let own: Vec<&&Event> = events
            .iter()
            .filter(|event| event.distinct_id == person && range.is_before_end(event.at))
            .collect();
        let Some(first) = own.iter().map(|event| event.at).min() else {
            continue;
        };
        let active = |label: &String| {
            own.iter()
                .any(|event| range.contains(event) && range.label(event.at) == *label)
        };
        for (index, label) in labels.iter().enumerate() {
            let was_active = match index.checked_sub(1) {
                Some(previous) => active(&labels[previous]),
                None => own.iter().any(|event| before.holds(event.at)),
            };
            let is_new = range.label(first) == *label;
            let class = match (active(label), is_new, was_active) {
                (true, true, _) => 0,
                (true, false, true) => 1,
                (true, false, false) => 2,
                (false, _, true) => 3,
                (false, _, false) => continue,
            };
            classes[class][index] += 1;
        }
    }
    json!({"new": classes[0], "returning": classes[1], "resurrecting": classes[2], "dormant": classes[3]})
}
