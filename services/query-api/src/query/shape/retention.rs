//! The shape of retention.

use super::row_name;
use crate::query::compile::Key;
use crate::query::model::Retention;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The cohorts of one set of persons: a triangle of counts.
#[derive(Debug, Clone)]
pub(crate) struct CohortTable {
    rows: Vec<Vec<u64>>,
}

impl CohortTable {
    /// Nobody yet. Row i ends with the last period, or with the last column.
    pub(crate) fn of(query: &Retention) -> Self {
        let periods = query.periods.len();
        let rows = (0..periods)
            .map(|row| vec![0; query.columns.min(periods - row)])
            .collect();
        Self { rows }
    }

    /// Adds persons by the bits of their cohorts and of the periods in which
    /// they came back.
    pub(crate) fn add(&mut self, cohorts: u64, returns: u64, persons: u64) {
        for (period, row) in self.rows.iter_mut().enumerate() {
            if cohorts >> period & 1 == 0 {
                continue;
            }
            for (after, cell) in row.iter_mut().enumerate() {
                if after == 0 || returns >> (period + after) & 1 == 1 {
                    *cell += persons;
                }
            }
        }
    }

    fn shaped(&self, query: &Retention) -> Value {
        let rows = query.periods.labels().into_iter().zip(&self.rows);
        rows.map(|(start, values)| json!({"start": start, "values": values}))
            .collect()
    }
}

/// The result of a retention query. `split`: the keys of the breakdown's rows,
/// and their tables.
pub(crate) fn retention(
    query: &Retention,
    overall: &CohortTable,
    split: Option<(&[&str], &HashMap<Key, CohortTable>)>,
) -> Value {
    let mut result = json!({ "cohorts": overall.shaped(query) });
    if let Some((keys, tables)) = split {
        let properties = query
            .breakdown
            .as_ref()
            .map_or(0, |breakdown| breakdown.properties.len());
        let rows = keys.iter().filter_map(|key| {
            let mut row = row_name(key, properties);
            row.insert("cohorts".to_owned(), tables.get(*key)?.shaped(query));
            Some(Value::Object(row))
        });
        result["breakdowns"] = rows.collect();
    }
    result
}
