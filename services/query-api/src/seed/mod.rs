//! The two forms that old clients and dashboards send, `trend` and `funnel`:
//! their params become those of `trends` and `funnels`, the same engine
//! answers, and the result takes the old shape.

mod funnel;
mod trend;

pub use funnel::FunnelForm;
pub use trend::TrendForm;

use crate::digits::keep_digits;
use crate::query::Fault;
use serde_json::{Map, Value, json};

/// The types of query that this module answers.
pub const KINDS: &[&str] = &["trend", "funnel"];

/// Which old shape a result takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// `{"series","labels"}`.
    Trend(TrendForm),
    /// `{"steps","mode",…}`.
    Funnel(FunnelForm),
}

/// Params in today's form, and the way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The type of query that answers.
    pub kind: &'static str,
    /// Its params.
    pub params: Value,
    /// The way back.
    pub form: Form,
}

/// Translates params of `kind`, which stand at `path` in the request.
pub fn translate(kind: &str, params: &Value, faults: &mut Vec<Fault>) -> Option<Translated> {
    let fields = params.as_object().cloned().unwrap_or_default();
    match kind {
        "trend" => Some(trend::translate(fields, faults)),
        "funnel" => Some(funnel::translate(fields, faults)),
        _ => None,
    }
}

impl Form {
    /// The result in its old shape.
    pub fn shape(&self, result: Value) -> Map<String, Value> {
        match self {
            Self::Trend(form) => form.shape(result),
            Self::Funnel(form) => form.shape(result),
        }
    }

    /// The name in the old form of the field at `path` in today's.
    pub fn path(&self, path: &str) -> String {
        match self {
            Self::Trend(form) => form.path(path),
            Self::Funnel(form) => form.path(path),
        }
    }
}

/// A breakdown however it is written: a name, a list of names, or today's
/// object; in a query string as JSON or as a bare name.
fn breakdown(value: Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => breakdown(inner),
            Ok(Value::String(name)) => json!({"properties": [name]}),
            _ => json!({"properties": [text]}),
        },
        Value::Array(names) => json!({"properties": names}),
        other => other,
    }
}

/// A structured value, which a query string carries as JSON text.
fn structured(name: &str, value: Value, faults: &mut Vec<Fault>) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    serde_json::from_slice(&keep_digits(text.as_bytes())).unwrap_or_else(|error| {
        faults.push(Fault {
            path: format!("params.{name}"),
            code: "invalid_json",
            detail: format!("{name} must be JSON: {error}"),
        });
        Value::Null
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breakdown_is_written_in_many_ways() {
        for written in [
            json!("a b"),
            json!("\"a b\""),
            json!(["a b"]),
            json!("[\"a b\"]"),
        ] {
            assert_eq!(
                breakdown(written.clone()),
                json!({"properties": ["a b"]}),
                "{written}"
            );
        }
        assert_eq!(breakdown(json!("true")), json!({"properties": ["true"]}));
        assert_eq!(breakdown(json!(7)), json!(7));
    }

    #[test]
    fn structured_text_that_is_no_json_is_a_fault() {
        let mut faults = Vec::new();
        assert_eq!(
            structured("filters", json!("[{\"a\":1}]"), &mut faults),
            json!([{"a": 1}])
        );
        structured("filters", json!("x="), &mut faults);
        assert_eq!(faults[0].path, "params.filters");
    }
}
