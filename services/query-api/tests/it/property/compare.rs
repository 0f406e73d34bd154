//! Comparing answers: everything equal, numbers but for the last digits.

use serde_json::Value;

/// Where and how two answers differ.
pub(crate) fn difference(expected: &Value, found: &Value) -> Option<String> {
    at("result", expected, found)
}

fn at(path: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            let close = (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
            (!close).then(|| format!("{path}: expected {a}, found {b}"))
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                return Some(format!("{path}: expected {expected}, found {found}"));
            }
            a.iter()
                .zip(b)
                .enumerate()
                .find_map(|(index, (a, b))| at(&format!("{path}[{index}]"), a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let missing = a.keys().find(|key| !b.contains_key(*key));
            let extra = b.keys().find(|key| !a.contains_key(*key));
            if let Some(key) = missing.or(extra) {
                return Some(format!(
                    "{path}.{key} is in one only: expected {expected}, found {found}"
                ));
            }
            a.iter()
                .find_map(|(key, a)| at(&format!("{path}.{key}"), a, &b[key]))
        }
        _ => (expected != found).then(|| format!("{path}: expected {expected}, found {found}")),
    }
}
