//! Conditions on events as they are typed, in the form of the query API.

use serde_json::{Map, Value, json};

use crate::args::Chosen;
use crate::output::Failure;

/// Operators as they are typed; of two that begin alike the longer one stands first.
const OPERATORS: [(&str, &str); 7] = [
    ("!=", "is_not"),
    (">=", "gte"),
    ("<=", "lte"),
    ("=", "exact"),
    ("~", "icontains"),
    (">", "gt"),
    ("<", "lt"),
];

/// The params of an `events` query for the events that are meant.
///
/// # Errors
/// When a condition cannot be read.
pub(crate) fn event_params(chosen: &Chosen) -> anyhow::Result<Map<String, Value>> {
    let mut params = Map::new();
    let mut filters = Vec::new();
    match chosen.events.as_slice() {
        [] => {}
        [event] => {
            params.insert("event".to_owned(), json!(event));
        }
        events => filters.push(json!({"property": "event", "op": "in", "value": events})),
    }
    if let Some(distinct_id) = &chosen.distinct_id {
        params.insert("distinct_id".to_owned(), json!(distinct_id));
    }
    for condition in &chosen.properties {
        filters.push(filter(condition)?);
    }
    if !filters.is_empty() {
        params.insert("filters".to_owned(), json!(filters));
    }
    Ok(params)
}

fn filter(condition: &str) -> anyhow::Result<Value> {
    let found = condition.char_indices().find_map(|(at, _)| {
        let rest = condition.get(at..)?;
        let (sign, op) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        Some((condition.get(..at)?, *op, rest.get(sign.len()..)?))
    });
    let (property, filter) = match found {
        Some((property, op @ ("gt" | "gte" | "lt" | "lte"), value)) => {
            let number: f64 = value.trim().parse().map_err(|_| {
                Failure::usage(format!("--property {condition}: {value:?} is no number"))
            })?;
            (
                property,
                json!({"property": property, "op": op, "value": number}),
            )
        }
        Some((property, op, value)) => (
            property,
            json!({"property": property, "op": op, "value": value}),
        ),
        None => match condition.strip_prefix('!') {
            Some(property) => (property, json!({"property": property, "op": "is_not_set"})),
            None => (condition, json!({"property": condition, "op": "is_set"})),
        },
    };
    if property.is_empty() {
        return Err(Failure::usage(format!(
            "--property {condition}: of which property?"
        )));
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_at_their_first_operator() {
        for (condition, expected) in [
            (
                "plan=a=b",
                json!({"property": "plan", "op": "exact", "value": "a=b"}),
            ),
            (
                "plan!=",
                json!({"property": "plan", "op": "is_not", "value": ""}),
            ),
            (
                "ü.x~é>1",
                json!({"property": "ü.x", "op": "icontains", "value": "é>1"}),
            ),
            (
                "n>=1.5",
                json!({"property": "n", "op": "gte", "value": 1.5}),
            ),
            ("n<-2", json!({"property": "n", "op": "lt", "value": -2.0})),
            ("plan", json!({"property": "plan", "op": "is_set"})),
            ("!plan", json!({"property": "plan", "op": "is_not_set"})),
        ] {
            assert_eq!(filter(condition).unwrap(), expected, "{condition}");
        }
        for wrong in ["", "!", "=x", "n>x", "n<"] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn several_events_are_any_of_them() {
        let mut chosen = Chosen {
            events: vec!["a".to_owned()],
            distinct_id: Some("x".to_owned()),
            properties: Vec::new(),
        };
        assert_eq!(
            json!(event_params(&chosen).unwrap()),
            json!({"event": "a", "distinct_id": "x"})
        );
        chosen.events.push("b".to_owned());
        assert_eq!(
            json!(event_params(&chosen).unwrap()),
            json!({"distinct_id": "x", "filters": [{"property": "event", "op": "in", "value": ["a", "b"]}]})
        );
    }
}
