//! Retention, person by person.

use super::Event;
use super::filter::{passes, selects};
use super::local::{End, Range};
use super::rows::{Key, Row, belongs, distinct, name, properties, rows};
use chrono::Months;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The periods of the cohorts: their labels.
struct Periods {
    range: Range,
    labels: Vec<String>,
}

impl Periods {
    fn of(params: &Value) -> Self {
        let mut asked = params.clone();
        asked["interval"] = params["period"].as_str().unwrap_or("week").into();
        asked["date_to"] = Value::Null;
        let mut range = Range::of(&asked);
        let count = params["intervals"].as_u64().unwrap_or(8) as usize;
        // Far enough for as many periods, then cut.
        let far = range.first_date() + Months::new(u32::try_from(count).unwrap() + 1);
        range.to = if range.interval == "hour" {
            End::Day(range.first_date() + chrono::Days::new(count as u64 / 24 + 2))
        } else {
            End::Day(far)
        };
        range.from = match (range.interval.as_str(), range.from) {
            ("hour", from) => from,
            (_, _) => End::Day(range.floor(range.first_date())),
        };
        let labels = range.labels().into_iter().take(count).collect();
        Self { range, labels }
    }

    fn index(&self, at: i64) -> Option<usize> {
        let label = self.range.label(at);
        self.labels.iter().position(|known| *known == label)
    }
}

/// The answer to a retention query.
pub(crate) fn answer(params: &Value, events: &[Event]) -> Value {
    let periods = Periods::of(params);
    let zone = periods.range.zone;
    let events: Vec<&Event> = events
        .iter()
        .filter(|event| passes(event, &params["filters"], zone))
        .collect();
    let mut result = json!({ "cohorts": cohorts(params, &periods, &events) });
    if params["breakdown"].is_null() {
        return result;
    }
    let names = properties(&params["breakdown"]);
    let keys = distinct(events.iter().map(|event| event.values(&names)));
    let ranked: Vec<(Key, f64)> = keys
        .into_iter()
        .map(|key| {
            let own: Vec<&Event> = events
                .iter()
                .filter(|event| event.values(&names) == key)
                .copied()
                .collect();
            let members = persons(&own)
                .into_iter()
                .filter(|person| !member(params, &periods, &own, person).is_empty());
            (key, members.count() as f64)
        })
        .filter(|(_, members)| *members > 0.0)
        .collect();
    let rows = rows(&params["breakdown"], ranked);
    let breakdowns: Vec<Value> = rows
        .iter()
        .filter_map(|row: &Row| {
            let own: Vec<&Event> = events
                .iter()
                .filter(|event| belongs(row, &event.values(&names), &rows))
                .copied()
                .collect();
            let mut fields = name(row);
            let cohorts = cohorts(params, &periods, &own);
            // An empty row for the rest is left out.
            let is_empty = cohorts
                .as_array()
                .unwrap()
                .iter()
                .all(|cohort| cohort["values"][0] == 0);
            fields.insert("cohorts".to_owned(), cohorts);
            (*row != Row::Other || !is_empty).then_some(Value::Object(fields))
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

/// The cohorts that a person belongs to.
fn member(params: &Value, periods: &Periods, events: &[&Event], person: &str) -> BTreeSet<usize> {
    let zone = periods.range.zone;
    let targets: Vec<i64> = events
        .iter()
        .filter(|event| event.distinct_id == person && selects(&params["target"], event, zone))
        .map(|event| event.at)
        .collect();
    if params["retention_type"] == "first_time" {
        return targets
            .iter()
            .min()
            .and_then(|first| periods.index(*first))
            .into_iter()
            .collect();
    }
    targets
        .into_iter()
        .filter_map(|at| periods.index(at))
        .collect()
}

fn cohorts(params: &Value, periods: &Periods, events: &[&Event]) -> Value {
    let zone = periods.range.zone;
    let count = periods.labels.len();
    let columns = params["columns"].as_u64().unwrap_or(count as u64) as usize;
    let returning = if params["returning"].is_null() {
        &params["target"]
    } else {
        &params["returning"]
    };
    let rows = periods.labels.iter().enumerate().map(|(cohort, start)| {
        let cells = columns.min(count - cohort);
        let mut values = vec![0; cells];
        for person in persons(events) {
            if !member(params, periods, events, person).contains(&cohort) {
                continue;
            }
            let returns: BTreeSet<usize> = events
                .iter()
                .filter(|event| event.distinct_id == person && selects(returning, event, zone))
                .filter_map(|event| periods.index(event.at))
                .collect();
            for (after, value) in values.iter_mut().enumerate() {
                if after == 0 || returns.contains(&(cohort + after)) {
                    *value += 1;
                }
            }
        }
        json!({"start": start, "values": values})
    });
    rows.collect()
}
