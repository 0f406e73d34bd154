//! A stored event, given back as its client sent it.

use crate::engine::instant;
use crate::query::RunError;
use chrono::DateTime;
use event_schema::hot::HOT;
use event_schema::property::decode;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use warehouse::read::Row;

/// The columns that [`StoredEvent::of`] reads, in its order.
pub(super) fn columns() -> String {
    let hot: Vec<&str> = HOT.iter().map(|hot| hot.column).collect();
    format!(
        "toString(uuid) AS id, event, distinct_id, toUnixTimestamp64Milli(timestamp) AS at, \
         toUnixTimestamp64Milli(received_at), derived_mask, props, restore, {}",
        hot.join(", ")
    )
}

/// Columns before those of the hot properties.
const HOT_FROM: usize = 8;

/// A stored event, given back as its client sent it.
#[derive(Debug, Serialize)]
pub(super) struct StoredEvent {
    pub(super) uuid: String,
    pub(super) event: String,
    pub(super) distinct_id: String,
    pub(super) timestamp: String,
    pub(super) received_at: String,
    /// Exactly what the client sent.
    pub(super) properties: Box<RawValue>,
    /// What we added.
    pub(super) derived: Box<RawValue>,
    /// The event's time, for cursors.
    #[serde(skip)]
    pub(super) at_ms: i64,
}

impl StoredEvent {
    /// The event of a row of [`columns`].
    pub(super) fn of(row: &Row) -> Result<Self, RunError> {
        let at_ms = integer(row, 3)?;
        let derived_mask = row
            .get(5)
            .and_then(Value::as_u64)
            .ok_or_else(|| shape("derived_mask"))?;
        let sent = Sent {
            mask: derived_mask,
            hot: row.get(HOT_FROM..).unwrap_or_default(),
            props: object(row, 6)?,
            restore: object(row, 7)?,
        };
        Ok(Self {
            uuid: text(row, 0)?,
            event: text(row, 1)?,
            distinct_id: text(row, 2)?,
            timestamp: time(at_ms),
            received_at: time(integer(row, 4)?),
            properties: raw(sent.properties())?,
            derived: raw(sent.derived())?,
            at_ms,
        })
    }
}

/// The property columns of a row.
struct Sent<'a> {
    /// Bit i: hot column i was derived here.
    mask: u64,
    hot: &'a [Value],
    props: &'a Map<String, Value>,
    restore: &'a Map<String, Value>,
}

impl Sent<'_> {
    /// The properties that the client sent, as a JSON object.
    fn properties(&self) -> String {
        let mut object = JsonObject::new();
        for (index, hot) in HOT.iter().enumerate() {
            let restore = self.restore.get(hot.property).and_then(Value::as_str);
            let text = if self.is_derived(index) {
                None
            } else {
                self.hot.get(index).and_then(Value::as_str)
            };
            if text.is_some() || restore.is_some() {
                object.add(hot.property, &decode(text, restore));
            }
        }
        for (name, text) in self.props {
            let restore = self.restore.get(name).and_then(Value::as_str);
            object.add(name, &decode(text.as_str(), restore));
        }
        for (name, restore) in self.restore {
            let is_hot = event_schema::hot::index_of(name).is_some();
            if !is_hot && !self.props.contains_key(name) {
                object.add(name, &decode(None, restore.as_str()));
            }
        }
        object.end()
    }

    /// The properties that we derived, as a JSON object.
    fn derived(&self) -> String {
        let mut object = JsonObject::new();
        for (index, hot) in HOT.iter().enumerate() {
            if let Some(text) = self.hot.get(index).and_then(Value::as_str)
                && self.is_derived(index)
            {
                object.add(hot.property, &Value::from(text).to_string());
            }
        }
        object.end()
    }

    fn is_derived(&self, index: usize) -> bool {
        self.mask >> index & 1 == 1
    }
}

/// A JSON object in the making, from values that are JSON text already.
struct JsonObject(String);

impl JsonObject {
    fn new() -> Self {
        Self("{".to_owned())
    }

    fn add(&mut self, name: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&Value::from(name).to_string());
        self.0.push(':');
        self.0.push_str(json);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn raw(json: String) -> Result<Box<RawValue>, RunError> {
    RawValue::from_string(json)
        .map_err(|error| RunError::Shape(format!("a stored property: {error}")))
}

fn time(at_ms: i64) -> String {
    instant(DateTime::from_timestamp_millis(at_ms).unwrap_or_default())
}

fn object(row: &Row, at: usize) -> Result<&Map<String, Value>, RunError> {
    row.get(at)
        .and_then(Value::as_object)
        .ok_or_else(|| shape("a map"))
}

/// The text in a column.
pub(super) fn text(row: &Row, at: usize) -> Result<String, RunError> {
    row.get(at)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| shape("a text"))
}

/// The integer in a column.
pub(super) fn integer(row: &Row, at: usize) -> Result<i64, RunError> {
    row.get(at)
        .and_then(Value::as_i64)
        .ok_or_else(|| shape("an integer"))
}

fn shape(what: &str) -> RunError {
    RunError::Shape(format!("expected {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(mask: u64, hot: &[(usize, &str)], props: &Value, restore: &Value) -> Row {
        let mut row = vec![
            json!("u"),
            json!("e"),
            json!("d"),
            json!(0),
            json!(1),
            json!(mask),
            props.clone(),
            restore.clone(),
        ];
        for index in 0..HOT.len() {
            let text = hot
                .iter()
                .find(|(at, _)| *at == index)
                .map(|(_, text)| *text);
            row.push(json!(text));
        }
        row
    }

    #[test]
    fn what_was_sent_and_what_was_derived_are_told_apart() {
        let row = row(
            0b101,
            &[(0, "Chrome"), (1, "12"), (2, "Linux")],
            &json!({"plan": "pro", "n": "95", "s": "95", "o": "{\"a\":1}"}),
            &json!({"s": "\"", "gone": "null", "$browser": "null", "n": "95.0"}),
        );
        let event = StoredEvent::of(&row).unwrap();
        assert_eq!(
            event.properties.get(),
            r#"{"$browser":null,"$browser_version":12,"plan":"pro","n":95.0,"s":"95","o":{"a":1},"gone":null}"#
        );
        assert_eq!(
            event.derived.get(),
            r#"{"$browser":"Chrome","$os":"Linux"}"#
        );
        assert_eq!(event.timestamp, "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn numbers_longer_than_any_machine_number_keep_their_digits() {
        let long = "123456789012345678901234567890";
        let row = row(0, &[], &json!({"n": long}), &json!({}));
        let event = StoredEvent::of(&row).unwrap();
        assert_eq!(event.properties.get(), format!("{{\"n\":{long}}}"));
    }
}
