//! Funnels, person by person.

use super::Event;
use super::filter::passes;
use super::funnel_chain::Rules;
use super::local::Range;
use super::rows::{Key, Row, belongs, distinct, name, properties, rows};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// One person's in-range events that pass the filters, in time order.
type Person<'e> = Vec<&'e Event>;

fn persons<'e>(params: &Value, range: &Range, events: &'e [Event]) -> Vec<Person<'e>> {
    let mut events: Vec<&Event> = events
        .iter()
        .filter(|event| range.contains(event) && passes(event, &params["filters"], range.zone))
        .collect();
    events.sort_by_key(|event| event.order());
    let ids: BTreeSet<&str> = events
        .iter()
        .map(|event| event.distinct_id.as_str())
        .collect();
    ids.into_iter()
        .map(|id| {
            events
                .iter()
                .filter(|event| event.distinct_id == id)
                .copied()
                .collect()
        })
        .collect()
}

/// The answer to a funnel.
pub(crate) fn answer(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let rules = Rules::of(params, range.zone);
    let persons = persons(params, &range, events);
    let mut result = Value::Object(counted(params, &rules, &persons));
    if !params["breakdown"].is_null() {
        result["breakdowns"] = breakdowns(params, &rules, &persons).into();
    }
    if params["over_time"].is_string() {
        result["over_time"] = over_time(params, &rules, &persons);
    }
    result
}

fn counted(params: &Value, rules: &Rules<'_>, persons: &[Person<'_>]) -> Map<String, Value> {
    let reached: Vec<Vec<bool>> = persons.iter().map(|events| rules.reached(events)).collect();
    let count = |step: usize| reached.iter().filter(|reached| reached[step]).count();
    let chains: Vec<Vec<i64>> = persons.iter().map(|events| rules.best(events)).collect();
    let first = count(0);
    let gaps = |step: usize| -> Vec<f64> {
        let reached = chains.iter().filter(|chain| step > 0 && chain.len() > step);
        reached
            .map(|chain| (chain[step] - chain[step - 1]) as f64 / 1_000.0)
            .collect()
    };
    let steps: Vec<Value> = (0..rules.steps.len())
        .map(|step| {
            let mut gaps = gaps(step);
            gaps.sort_by(f64::total_cmp);
            let middle = |gaps: &[f64]| (gaps[(gaps.len() - 1) / 2] + gaps[gaps.len() / 2]) / 2.0;
            let known = !gaps.is_empty();
            let event = rules.steps[step]
                .as_str()
                .or(rules.steps[step]["event"].as_str());
            json!({
                "step": step + 1,
                "event": event,
                "count": count(step),
                "conversion": if first == 0 { 0.0 } else { count(step) as f64 / first as f64 },
                "average_seconds": known.then(|| gaps.iter().sum::<f64>() / gaps.len() as f64),
                "median_seconds": known.then(|| middle(&gaps)),
            })
        })
        .collect();
    let mut fields = Map::from_iter([("steps".to_owned(), steps.into())]);
    if params["histogram"] == true {
        let all = (1..rules.steps.len())
            .map(|step| json!({"from_step": step, "to_step": step + 1, "bins": bins(&gaps(step))}));
        fields.insert("histogram".to_owned(), all.collect());
    }
    fields
}

fn bins(gaps: &[f64]) -> Vec<Value> {
    let longest = gaps.iter().copied().fold(-1.0, f64::max);
    let mut bins = Vec::new();
    let (mut from, mut to) = (0_u64, 1_u64);
    while from as f64 <= longest {
        let inside = gaps
            .iter()
            .filter(|gap| **gap >= from as f64 && **gap < to as f64);
        bins.push(json!({"from_seconds": from, "to_seconds": to, "count": inside.count()}));
        from = to;
        to *= 2;
    }
    bins
}

fn breakdowns(params: &Value, rules: &Rules<'_>, persons: &[Person<'_>]) -> Vec<Value> {
    let breakdown = &params["breakdown"];
    let names = properties(breakdown);
    let attribution = breakdown["attribution"].as_str().unwrap_or("first_touch");
    let values: Vec<Key> = distinct(
        persons
            .iter()
            .flat_map(|events| keys(params, rules, events, &names)),
    );
    let in_row = |is_own: &dyn Fn(&Key) -> bool| -> Vec<Person<'_>> {
        let own = persons.iter().filter_map(|events| {
            if !keys(params, rules, events, &names).iter().any(is_own) {
                return None;
            }
            if attribution != "step" {
                return Some(events.clone());
            }
            let step = breakdown["attribution_step"].as_u64().unwrap() as usize - 1;
            let kept = events
                .iter()
                .filter(|event| !rules.matches(step, event) || is_own(&event.values(&names)));
            Some(kept.copied().collect())
        });
        own.collect()
    };
    let ranked: Vec<(Key, f64)> = values
        .into_iter()
        .filter_map(|key| {
            let own = in_row(&|value| *value == key);
            let reached: Vec<Vec<bool>> = own.iter().map(|events| rules.reached(events)).collect();
            let any = reached.iter().flatten().any(|reached| *reached);
            let first = reached.iter().filter(|reached| reached[0]).count();
            any.then_some((key, first as f64))
        })
        .collect();
    let rows = rows(breakdown, ranked);
    rows.iter()
        .map(|row: &Row| {
            let own = in_row(&|value| belongs(row, value, &rows));
            let mut fields = name(row);
            fields.extend(counted(params, rules, &own));
            Value::Object(fields)
        })
        .filter(|row| {
            row["steps"]
                .as_array()
                .unwrap()
                .iter()
                .any(|step| step["count"] != 0)
        })
        .collect()
}

/// The values that a person counts for.
fn keys(params: &Value, rules: &Rules<'_>, events: &[&Event], names: &[String]) -> Vec<Key> {
    let breakdown = &params["breakdown"];
    let of_any_step =
        |event: &&&Event| (0..rules.steps.len()).any(|step| rules.matches(step, event));
    let known = |key: &Key| key.iter().any(Option::is_some);
    let touched: Vec<Key> = events
        .iter()
        .filter(of_any_step)
        .map(|event| event.values(names))
        .filter(known)
        .collect();
    match breakdown["attribution"].as_str().unwrap_or("first_touch") {
        "first_touch" => vec![
            touched
                .first()
                .cloned()
                .unwrap_or_else(|| vec![None; names.len()]),
        ],
        "last_touch" => vec![
            touched
                .last()
                .cloned()
                .unwrap_or_else(|| vec![None; names.len()]),
        ],
        "step" => {
            let step = breakdown["attribution_step"].as_u64().unwrap() as usize - 1;
            let own = events.iter().filter(|event| rules.matches(step, event));
            distinct(own.map(|event| event.values(names)))
        }
        other => panic!("no attribution {other}"),
    }
}

fn over_time(params: &Value, rules: &Rules<'_>, persons: &[Person<'_>]) -> Value {
    let mut asked = params.clone();
    asked["interval"] = params["over_time"].clone();
    let range = Range::of(&asked);
    let labels = range.labels();
    let is_entry = |event: &Event| match rules.order {
        "unordered" => (0..rules.steps.len()).any(|step| rules.matches(step, event)),
        _ => rules.matches(0, event),
    };
    let last = rules.steps.len() - 1;
    let starts = |events: &Person<'_>| -> Vec<i64> {
        if rules.order == "simple" {
            let entries = events
                .iter()
                .filter(|event| is_entry(event))
                .map(|event| event.at);
            return if rules.reached(events)[last] {
                entries.collect()
            } else {
                Vec::new()
            };
        }
        let complete = rules
            .chains(events)
            .into_iter()
            .filter(|chain| chain.len() == last + 1);
        complete.map(|chain| chain[0]).collect()
    };
    let count = |times: &dyn Fn(&Person<'_>) -> Vec<i64>| -> Vec<usize> {
        let each: Vec<BTreeSet<String>> = persons
            .iter()
            .map(|events| {
                times(events)
                    .into_iter()
                    .map(|at| range.label(at))
                    .collect()
            })
            .collect();
        labels
            .iter()
            .map(|label| each.iter().filter(|own| own.contains(label)).count())
            .collect()
    };
    let entered = count(&|events| {
        events
            .iter()
            .filter(|event| is_entry(event))
            .map(|event| event.at)
            .collect()
    });
    json!({"labels": labels, "entered": entered, "converted": count(&starts)})
}

/// The answer to a question for the persons behind a step.
pub(crate) fn persons_answer(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let rules = Rules::of(params, range.zone);
    let step = params["step"].as_u64().unwrap() as usize - 1;
    let reached = params["reached"].as_bool().unwrap_or(true);
    let belongs = |events: &Person<'_>| {
        let own = rules.reached(events);
        own[step] == reached && (reached || own[step - 1])
    };
    let found: Vec<Value> = persons(params, &range, events)
        .iter()
        .filter(|events| belongs(events))
        .map(|events| {
            let times = rules.best(events).into_iter().map(|at| {
                let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
                at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            });
            json!({"distinct_id": events[0].distinct_id, "times": times.collect::<Vec<_>>()})
        })
        .collect();
    json!({"persons": found, "next": null})
}
