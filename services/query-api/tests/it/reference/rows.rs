//! Rows of a breakdown: which values have one, in what order.

use serde_json::{Map, Value, json};

/// The values of the properties of a breakdown.
pub(crate) type Key = Vec<Option<String>>;

/// The row of a value, or of the rest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    Value(Key),
    Other,
}

/// The properties of a breakdown.
pub(crate) fn properties(breakdown: &Value) -> Vec<String> {
    let list = breakdown["properties"].as_array().unwrap();
    list.iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// The rows: the values with the greatest ranks, ties by value and "not set"
/// last, then the rest.
pub(crate) fn rows(breakdown: &Value, mut ranked: Vec<(Key, f64)>) -> Vec<Row> {
    let limit = breakdown["limit"].as_u64().unwrap_or(25) as usize;
    ranked.sort_by(|(a, a_rank), (b, b_rank)| {
        b_rank
            .partial_cmp(a_rank)
            .unwrap()
            .then_with(|| sortable(a).cmp(&sortable(b)))
    });
    let has_other = ranked.len() > limit;
    let top = ranked
        .into_iter()
        .take(limit)
        .map(|(key, _)| Row::Value(key));
    top.chain(has_other.then_some(Row::Other)).collect()
}

fn sortable(key: &Key) -> Vec<(bool, String)> {
    key.iter()
        .map(|value| (value.is_none(), value.clone().unwrap_or_default()))
        .collect()
}

/// Whether a value belongs to a row, among all rows.
pub(crate) fn belongs(row: &Row, key: &Key, rows: &[Row]) -> bool {
    match row {
        Row::Value(value) => value == key,
        Row::Other => !rows.contains(&Row::Value(key.clone())),
    }
}

/// The fields that name a row.
pub(crate) fn name(row: &Row) -> Map<String, Value> {
    match row {
        Row::Value(key) => Map::from_iter([("breakdown".to_owned(), json!(key))]),
        Row::Other => Map::from_iter([
            ("breakdown".to_owned(), Value::Null),
            ("other".to_owned(), Value::Bool(true)),
        ]),
    }
}

/// The distinct values of a list, in order of appearance.
pub(crate) fn distinct(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for key in keys {
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found
}
