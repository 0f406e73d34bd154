//! A request for a query, before it is parsed: its type, its params, and how
//! old an answer may be.

use crate::query::Fault;
use event_schema::ids::ProjectId;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How old a cached answer may be unless the request says otherwise.
pub const MAX_AGE_DEFAULT: Duration = Duration::from_secs(10);
/// The longest age that a request may ask for: as long as answers are kept.
pub const MAX_AGE_MAX: Duration = Duration::from_secs(120);

/// A request for a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The type of query.
    pub kind: String,
    /// The params that belong to the query itself.
    pub params: Value,
    /// How old an answer may be; zero when it must be computed now.
    pub max_age: Duration,
}

impl Request {
    /// Takes what concerns the answer's age out of the params. `path` is the
    /// place of the params in the request.
    pub fn new(kind: &str, params: Value, path: &str, faults: &mut Vec<Fault>) -> Self {
        let mut max_age = MAX_AGE_DEFAULT;
        let params = match params {
            Value::Object(mut fields) => {
                fields.remove("project_id");
                if let Some(value) = fields.remove("max_age") {
                    max_age = parse_max_age(&value, path, faults).unwrap_or(max_age);
                }
                if let Some(value) = fields.remove("refresh")
                    && parse_refresh(&value, path, faults)
                {
                    max_age = Duration::ZERO;
                }
                Value::Object(fields)
            }
            Value::Null => Value::Object(Map::new()),
            other => {
                faults.push(Fault {
                    path: path.to_owned(),
                    code: "wrong_type",
                    detail: "params must be an object".to_owned(),
                });
                other
            }
        };
        Self {
            kind: kind.to_owned(),
            params,
            max_age,
        }
    }

    /// The same for every request of the project in `database` that asks the
    /// same question, in whatever order it names its params.
    pub fn key(&self, database: &str, project: ProjectId) -> String {
        let mut canonical = String::new();
        write_canonical(&self.params, &mut canonical);
        let mut hash = Sha256::new();
        hash.update(project.0.as_bytes());
        hash.update(database.as_bytes());
        hash.update([0]);
        hash.update(self.kind.as_bytes());
        hash.update([0]);
        hash.update(canonical.as_bytes());
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn parse_max_age(value: &Value, path: &str, faults: &mut Vec<Fault>) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match seconds {
        Some(seconds) if (0.0..=MAX_AGE_MAX.as_secs_f64()).contains(&seconds) => {
            Some(Duration::from_secs_f64(seconds))
        }
        _ => {
            faults.push(Fault {
                path: join(path, "max_age"),
                code: "out_of_range",
                detail: format!("max_age must be 0 to {} seconds", MAX_AGE_MAX.as_secs()),
            });
            None
        }
    }
}

fn parse_refresh(value: &Value, path: &str, faults: &mut Vec<Fault>) -> bool {
    match value {
        Value::Bool(refresh) => *refresh,
        Value::Null => false,
        Value::String(text) if text == "true" || text == "1" => true,
        Value::String(text) if text == "false" || text == "0" => false,
        _ => {
            faults.push(Fault {
                path: join(path, "refresh"),
                code: "wrong_type",
                detail: "refresh must be true or false".to_owned(),
            });
            false
        }
    }
}

/// The path of a field of the object at `path`.
pub(super) fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

/// JSON with the keys of its objects in order.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(&fields[key], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        leaf => out.push_str(&leaf.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const A: ProjectId = ProjectId(uuid::Uuid::from_u128(1));
    const B: ProjectId = ProjectId(uuid::Uuid::from_u128(2));

    fn request(params: Value) -> Request {
        let mut faults = Vec::new();
        let request = Request::new("trends", params, "params", &mut faults);
        assert_eq!(faults, []);
        request
    }

    #[test]
    fn the_order_of_params_and_their_age_do_not_make_another_question() {
        let one = request(json!({"a": 1, "b": {"c": [1, 2], "d": null}, "max_age": 3}));
        let two = request(json!({"b": {"d": null, "c": [1, 2]}, "refresh": true, "a": 1}));
        assert_eq!(one.key("d", A), two.key("d", A));
        assert_eq!(two.max_age, Duration::ZERO);
    }

    #[test]
    fn another_project_type_or_value_is_another_question() {
        let one = request(json!({"a": 1}));
        let keys = [
            one.key("d", A),
            one.key("d", B),
            Request {
                kind: "funnels".to_owned(),
                ..one.clone()
            }
            .key("d", A),
            request(json!({"a": "1"})).key("d", A),
            request(json!({"a": 2})).key("d", A),
            one.key("other", A),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn ages_out_of_range_are_faults_with_their_path() {
        let mut faults = Vec::new();
        let params = json!({"max_age": -1, "refresh": "maybe"});
        Request::new("trends", params, "params", &mut faults);
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["params.max_age", "params.refresh"]);
    }
}
