//! Filters, one event at a time.

use super::Event;
use super::event::{number, text};
use super::local::{End, try_end};
use super::pattern::is_match;
use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;

/// Whether an event passes a list of filters, a filter or a group.
pub(crate) fn passes(event: &Event, filters: &Value, zone: Tz) -> bool {
    match filters {
        Value::Null => true,
        Value::Array(list) => list.iter().all(|filter| passes(event, filter, zone)),
        Value::Object(fields) => {
            if let Some(list) = fields.get("any").and_then(Value::as_array) {
                return list.iter().any(|filter| passes(event, filter, zone));
            }
            if let Some(list) = fields.get("all").and_then(Value::as_array) {
                return list.iter().all(|filter| passes(event, filter, zone));
            }
            holds(event, filters, zone)
        }
        other => panic!("no filter: {other}"),
    }
}

/// Whether an event is one of a step, series or target, filters included.
pub(crate) fn selects(selector: &Value, event: &Event, zone: Tz) -> bool {
    if let Some(name) = selector.as_str() {
        return event.event == name;
    }
    selector["event"]
        .as_str()
        .is_none_or(|name| event.event == name)
        && passes(event, &selector["filters"], zone)
}

fn holds(event: &Event, filter: &Value, zone: Tz) -> bool {
    let name = filter["property"].as_str().unwrap();
    let operator = filter["op"].as_str().unwrap_or("exact");
    let value = event.get(name);
    let negative = [
        "is_not",
        "not_icontains",
        "not_regex",
        "is_not_set",
        "not_in",
    ];
    let Some(value) = value else {
        return negative.contains(&operator);
    };
    let operand = &filter["value"];
    match operator {
        "is_set" => true,
        "is_not_set" => false,
        "exact" | "in" => equals(&value, operand),
        "is_not" | "not_in" => !equals(&value, operand),
        "icontains" => fold(&value).contains(&fold(&text(operand).unwrap())),
        "not_icontains" => !fold(&value).contains(&fold(&text(operand).unwrap())),
        "regex" => is_match(&value, operand.as_str().unwrap()),
        "not_regex" => !is_match(&value, operand.as_str().unwrap()),
        "gt" => compares(&value, operand, |a, b| a > b),
        "gte" => compares(&value, operand, |a, b| a >= b),
        "lt" => compares(&value, operand, |a, b| a < b),
        "lte" => compares(&value, operand, |a, b| a <= b),
        "is_date_before" => {
            date(&value, zone).is_some_and(|(first, _)| first < bounds(operand, zone).0)
        }
        "is_date_after" => {
            date(&value, zone).is_some_and(|(first, _)| first > bounds(operand, zone).1)
        }
        other => panic!("no operator {other}"),
    }
}

fn equals(value: &str, operand: &Value) -> bool {
    match operand {
        Value::Array(list) => list.iter().any(|one| text(one).as_deref() == Some(value)),
        one => text(one).as_deref() == Some(value),
    }
}

fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

fn compares(value: &str, operand: &Value, test: fn(f64, f64) -> bool) -> bool {
    if operand.is_boolean() {
        return false;
    }
    let whole = |text: &str| text.parse::<i64>().ok();
    if let (Some(value), Some(operand)) =
        (whole(value), text(operand).and_then(|text| whole(&text)))
    {
        // All digits count; the difference is what a double can hold.
        return test((i128::from(value) - i128::from(operand)) as f64, 0.0);
    }
    match (number(value), text(operand).and_then(|text| number(&text))) {
        (Some(value), Some(operand)) => test(value, operand),
        _ => false,
    }
}

/// The first and the last millisecond that a date of a filter means.
fn bounds(operand: &Value, zone: Tz) -> (i64, i64) {
    date(operand.as_str().unwrap(), zone).unwrap()
}

/// The first and last millisecond of a date; of one with a time, that instant.
fn date(text: &str, zone: Tz) -> Option<(i64, i64)> {
    const LOOKS: &str =
        r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?$";
    if !is_match(text, LOOKS) {
        return None;
    }
    match try_end(text, zone)? {
        End::Instant(at) => Some((at, at)),
        End::Day(date) => {
            // Every hour around it: those of the local day.
            let noon = date.and_hms_opt(12, 0, 0)?.and_utc().timestamp_millis();
            let quarter = 15 * 60_000;
            let mut day = (-200..200).map(|step| noon + step * quarter).filter(|at| {
                DateTime::from_timestamp_millis(*at)
                    .unwrap()
                    .with_timezone(&zone)
                    .date_naive()
                    == date
            });
            let first = day.next()?;
            Some((first, day.next_back()? + quarter - 1))
        }
    }
}
