//! Events and their properties as text.

use super::pattern::is_match;
use serde_json::{Map, Value};

/// One event of a project.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) distinct_id: String,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) uuid: String,
    pub(crate) properties: Map<String, Value>,
}

impl Event {
    /// The value of a property as text, `None` when it is not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match name {
            "event" => Some(self.event.clone()),
            "distinct_id" => Some(self.distinct_id.clone()),
            "uuid" => Some(self.uuid.clone()),
            _ => self.properties.get(name).and_then(text),
        }
    }

    /// The value as a number, `None` when it is none.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        number(&self.get(name)?)
    }

    /// The values of several properties.
    pub(crate) fn values(&self, names: &[String]) -> Vec<Option<String>> {
        names.iter().map(|name| self.get(name)).collect()
    }

    /// What events of one time are ordered by where they need an order.
    pub(crate) fn order(&self) -> (i64, String) {
        (self.at, self.uuid.clone())
    }
}

/// The text of a JSON value.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Some(format!("{float:.0}")),
            _ => Some(number.to_string()),
        },
        other => Some(other.to_string()),
    }
}

/// The number that a text is.
pub(crate) fn number(text: &str) -> Option<f64> {
    if !is_match(text, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$") {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
