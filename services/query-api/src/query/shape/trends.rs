//! The shape of trends.

use super::numbers::number;
use super::row_name;
use crate::query::compile::Key;
use crate::query::model::{Display, Formula, Trends};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// The values of one series.
#[derive(Debug)]
pub(crate) struct SeriesValues {
    /// The rows that are answered, in their order; one empty key without a
    /// breakdown.
    pub(crate) rows: Vec<Key>,
    /// The values of each row; one that is absent is empty.
    pub(crate) now: HashMap<Key, Vec<f64>>,
    /// Those of the range that it is compared with.
    pub(crate) before: Option<HashMap<Key, Vec<f64>>>,
}

impl SeriesValues {
    fn now(&self, key: &str, length: usize) -> Vec<f64> {
        self.now
            .get(key)
            .cloned()
            .unwrap_or_else(|| vec![0.0; length])
    }

    fn before(&self, key: &str, length: usize) -> Option<Vec<f64>> {
        let before = self.before.as_ref()?;
        Some(
            before
                .get(key)
                .cloned()
                .unwrap_or_else(|| vec![0.0; length]),
        )
    }
}

/// The result of a trend.
pub(crate) fn trends(query: &Trends, series: Vec<SeriesValues>) -> Value {
    let rows = match &query.formula {
        Some(formula) => formula_rows(query, formula, &series),
        None => series_rows(query, &series),
    };
    json!({ "labels": query.buckets.labels(), "series": rows })
}

/// How many values a row has, now and in the other range.
fn lengths(query: &Trends) -> (usize, usize) {
    match query.display {
        Display::TotalValue => (1, 1),
        Display::TimeSeries => {
            let before = query
                .earlier
                .as_ref()
                .map_or(0, |earlier| earlier.buckets.len());
            (query.buckets.len(), before)
        }
    }
}

fn series_rows(query: &Trends, series: &[SeriesValues]) -> Vec<Value> {
    let (length, before_length) = lengths(query);
    let mut rows = Vec::new();
    for ((asked, values), letter) in query.series.iter().zip(series).zip('A'..='Z') {
        for key in &values.rows {
            let now = values.now(key, length);
            let before = values.before(key, before_length);
            rows.push(row(
                query,
                &letter.to_string(),
                &asked.label,
                (key, now, before),
            ));
        }
    }
    rows
}

fn formula_rows(query: &Trends, formula: &Formula, series: &[SeriesValues]) -> Vec<Value> {
    let (length, before_length) = lengths(query);
    let mut seen = HashSet::new();
    let keys = series
        .iter()
        .flat_map(|values| &values.rows)
        .filter(|key| seen.insert(key.as_str()));
    // "Other" of a later series may come before values of no other: it is last.
    let mut keys: Vec<&Key> = keys.collect();
    keys.sort_by_key(|key| key.as_str() == crate::query::compile::OTHER);
    keys.into_iter()
        .map(|key| {
            let now: Vec<Vec<f64>> = series
                .iter()
                .map(|values| values.now(key, length))
                .collect();
            let before: Option<Vec<Vec<f64>>> = series
                .iter()
                .map(|values| values.before(key, before_length))
                .collect();
            let now = evaluate(formula, &now, length);
            let before = before.map(|before| evaluate(formula, &before, before_length));
            row(query, "formula", formula.text(), (key, now, before))
        })
        .collect()
}

fn evaluate(formula: &Formula, series: &[Vec<f64>], length: usize) -> Vec<f64> {
    let at = |index: usize| -> Vec<f64> {
        series
            .iter()
            .map(|values| values.get(index).copied().unwrap_or(0.0))
            .collect()
    };
    (0..length)
        .map(|index| formula.evaluate(&at(index)))
        .collect()
}

fn row(
    query: &Trends,
    series: &str,
    label: &str,
    (key, now, before): (&str, Vec<f64>, Option<Vec<f64>>),
) -> Value {
    let mut fields = Map::new();
    fields.insert("series".to_owned(), series.into());
    fields.insert("label".to_owned(), label.into());
    match &query.breakdown {
        None => {
            fields.insert("breakdown".to_owned(), Value::Null);
        }
        Some(breakdown) => fields.extend(row_name(key, breakdown.properties.len())),
    }
    let length = now.len();
    fields.insert("data".to_owned(), data(query, &now, length));
    if let Some(before) = before {
        fields.insert("compare".to_owned(), data(query, &before, length));
    }
    Value::Object(fields)
}

/// A list as long as the range's buckets, `null` where there is no such
/// bucket; one number where that is asked for.
fn data(query: &Trends, values: &[f64], length: usize) -> Value {
    match query.display {
        Display::TotalValue => values
            .first()
            .map_or(Value::from(0), |value| number(*value)),
        Display::TimeSeries => (0..length)
            .map(|index| {
                values
                    .get(index)
                    .map_or(Value::Null, |value| number(*value))
            })
            .collect(),
    }
}
