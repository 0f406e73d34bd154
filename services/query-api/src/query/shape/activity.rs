//! The shapes of stickiness and lifecycle.

use super::row_name;
use crate::query::compile::Key;
use crate::query::model::Activity;
use serde_json::{Map, Value, json};

/// Key, number of intervals, persons.
pub(crate) type StickinessRow = (Key, usize, u64);
/// Key, class, bucket counted from the one before the range, persons.
pub(crate) type LifecycleRow = (Key, usize, usize, u64);

/// The classes of a lifecycle, by their numbers.
const CLASSES: [&str; 4] = ["new", "returning", "resurrecting", "dormant"];

/// The result of a stickiness query. `split`: the keys of the breakdown's
/// rows, and the rows of all of them.
pub(crate) fn stickiness(
    query: &Activity,
    overall: &[StickinessRow],
    split: Option<(&[&str], &[StickinessRow])>,
) -> Value {
    let counts = |rows: &[StickinessRow], key: &str| {
        let mut counts = vec![0; query.buckets.len()];
        for (_, intervals, persons) in rows.iter().filter(|row| row.0 == key) {
            let place = intervals
                .checked_sub(1)
                .and_then(|index| counts.get_mut(index));
            if let Some(place) = place {
                *place = *persons;
            }
        }
        counts
    };
    let mut result = json!({ "counts": counts(overall, "") });
    if let Some((keys, rows)) = split {
        let of_key = |key: &str| -> Map<String, Value> {
            Map::from_iter([("counts".to_owned(), json!(counts(rows, key)))])
        };
        result["breakdowns"] = breakdowns(query, keys, of_key);
    }
    result
}

/// The result of a lifecycle query.
pub(crate) fn lifecycle(
    query: &Activity,
    overall: &[LifecycleRow],
    split: Option<(&[&str], &[LifecycleRow])>,
) -> Value {
    let series = |rows: &[LifecycleRow], key: &str| -> Map<String, Value> {
        let mut series = vec![vec![0_u64; query.buckets.len()]; CLASSES.len()];
        for (_, class, bucket, persons) in rows.iter().filter(|row| row.0 == key) {
            let index = bucket.checked_sub(1);
            let place = index.and_then(|index| series.get_mut(*class)?.get_mut(index));
            if let Some(place) = place {
                *place = *persons;
            }
        }
        CLASSES
            .iter()
            .map(|name| (*name).to_owned())
            .zip(series.into_iter().map(|row| json!(row)))
            .collect()
    };
    let mut result = Map::from_iter([("labels".to_owned(), json!(query.buckets.labels()))]);
    result.extend(series(overall, ""));
    if let Some((keys, rows)) = split {
        let rows = breakdowns(query, keys, |key| series(rows, key));
        result.insert("breakdowns".to_owned(), rows);
    }
    Value::Object(result)
}

fn breakdowns(
    query: &Activity,
    keys: &[&str],
    of_key: impl Fn(&str) -> Map<String, Value>,
) -> Value {
    let properties = query
        .breakdown
        .as_ref()
        .map_or(0, |breakdown| breakdown.properties.len());
    keys.iter()
        .map(|key| {
            let mut row = row_name(key, properties);
            row.extend(of_key(key));
            Value::Object(row)
        })
        .collect()
}
