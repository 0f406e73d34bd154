//! An answer without anything in it may be a name that nobody sends: the
//! catalogue's nearest names say so.

use crate::query::bindings::Bindings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use warehouse::read::{ReadError, Statement};
use warehouse::scope::Reading;

/// Names that are suggested for one that is not known.
const NEAREST: usize = 3;
/// Names that are compared at most.
const KNOWN_MAX: usize = 10_000;

/// A name in a request that no event of the project carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// `event` or `property`.
    pub kind: String,
    /// The name as it was asked for.
    pub unknown: String,
    /// Known names that look like it, the nearest first.
    pub nearest: Vec<String>,
}

/// The names that a request asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Names {
    events: BTreeSet<String>,
    properties: BTreeSet<String>,
}

impl Names {
    /// The names in params, wherever they stand.
    pub(super) fn of(params: &Value) -> Self {
        let mut names = Self::default();
        names.collect(params);
        names
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("event", Value::String(event)) => {
                            self.events.insert(event.clone());
                        }
                        ("property", Value::String(property)) => self.add_property(property),
                        ("properties" | "breakdown", value) if !value.is_object() => {
                            let list = value
                                .as_array()
                                .map_or(std::slice::from_ref(value), Vec::as_slice);
                            list.iter()
                                .filter_map(Value::as_str)
                                .for_each(|name| self.add_property(name));
                        }
                        ("steps" | "events", Value::Array(steps)) => {
                            let texts = steps.iter().filter_map(Value::as_str).map(str::to_owned);
                            self.events.extend(texts);
                            steps.iter().for_each(|step| self.collect(step));
                        }
                        _ => self.collect(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            _ => {}
        }
    }

    /// Standard and built-in names are known, whether anybody sends them yet or
    /// not.
    fn add_property(&mut self, name: &str) {
        let is_built_in = ["event", "distinct_id", "timestamp", "uuid"].contains(&name);
        if !is_built_in && event_schema::hot::index_of(name).is_none() {
            self.properties.insert(name.to_owned());
        }
    }

    /// Whether there is any name.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.properties.is_empty()
    }
}

/// Whether a result says nothing: no number in it but zeros and positions.
pub(super) fn says_nothing(result: &Value) -> bool {
    match result {
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.iter().all(says_nothing),
        Value::Object(fields) => fields
            .iter()
            .all(|(name, value)| name == "step" || says_nothing(value)),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// What is unknown among `names`, with what is known instead.
pub(super) async fn hints(names: &Names, reading: &Reading) -> Result<Vec<Hint>, ReadError> {
    let mut hints = Vec::new();
    if !names.events.is_empty() {
        let text = format!(
            "SELECT event FROM events WHERE {{{{project}}}} GROUP BY event ORDER BY count() DESC LIMIT {KNOWN_MAX}"
        );
        let known = known(reading, &Statement::new(text)).await?;
        add("event", &names.events, &known, &mut hints);
    }
    for property in &names.properties {
        let mut bindings = Bindings::new();
        let place = bindings.text(property.clone());
        let sent = format!(
            "SELECT 1 FROM events WHERE {{{{project}}}} AND mapContains(props, {place}) LIMIT 1"
        );
        let sent = reading
            .rows(&Statement::new(sent).bind_all(bindings.finish()))
            .await?;
        if sent.is_empty() {
            let text = format!(
                "SELECT CAST(arrayJoin(mapKeys(props)), 'String') AS name FROM events WHERE {{{{project}}}} \
                 GROUP BY name ORDER BY count() DESC LIMIT {KNOWN_MAX}"
            );
            let known = known(reading, &Statement::new(text)).await?;
            add(
                "property",
                &BTreeSet::from([property.clone()]),
                &known,
                &mut hints,
            );
        }
    }
    Ok(hints)
}

async fn known(reading: &Reading, statement: &Statement) -> Result<Vec<String>, ReadError> {
    let rows = reading.rows(statement).await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(row.first()?.as_str()?.to_owned()))
        .collect())
}

fn add(kind: &str, asked: &BTreeSet<String>, known: &[String], hints: &mut Vec<Hint>) {
    for name in asked.iter().filter(|name| !known.contains(name)) {
        hints.push(Hint {
            kind: kind.to_owned(),
            unknown: name.clone(),
            nearest: nearest(name, known),
        });
    }
}

/// The known names that look like `name`, the nearest first.
fn nearest(name: &str, known: &[String]) -> Vec<String> {
    let folded = fold(name);
    let reach = (folded.len() / 3).max(2);
    let mut near: Vec<(usize, &String)> = known
        .iter()
        .filter_map(|known| {
            let other = fold(known);
            let distance = distance(&folded, &other);
            let contains = folded.len() >= 3 && contains(&other, &folded)
                || other.len() >= 3 && contains(&folded, &other);
            (distance <= reach || contains).then_some((distance, known))
        })
        .collect();
    near.sort();
    near.into_iter()
        .take(NEAREST)
        .map(|(_, name)| name.clone())
        .collect()
}

/// Letters and digits without their case: `Sign Up`, `sign_up` and `signUp`
/// are the same.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn contains(text: &[char], part: &[char]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

/// How many letters must be put in, taken out or changed.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let names = Names::of(&json!({
            "steps": ["a", {"event": "b", "filters": [{"any": [{"property": "p"}, {"property": "$browser"}]}]}],
            "breakdown": {"properties": ["q", "event"]},
            "series": [{"event": null}],
        }));
        assert_eq!(
            names.events,
            BTreeSet::from(["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            names.properties,
            BTreeSet::from(["p".to_owned(), "q".to_owned()])
        );
        assert!(Names::of(&json!({"limit": 5})).is_empty());
    }

    #[test]
    fn zeros_and_labels_say_nothing() {
        assert!(says_nothing(
            &json!({"labels": ["2025"], "series": [{"data": [0, 0.0], "compare": null}]})
        ));
        assert!(says_nothing(
            &json!({"steps": [{"step": 1, "count": 0}, {"step": 2, "count": 0}]})
        ));
        assert!(!says_nothing(&json!({"series": [{"data": [0, 1]}]})));
    }

    #[test]
    fn the_nearest_names_come_first() {
        let known = ["sign_up", "signup_done", "purchase", "Sign In"].map(str::to_owned);
        assert_eq!(
            nearest("signUp", &known),
            ["sign_up", "Sign In", "signup_done"]
        );
        assert_eq!(nearest("purchas", &known), ["purchase"]);
        assert_eq!(nearest("zzz", &known), Vec::<String>::new());
    }
}
