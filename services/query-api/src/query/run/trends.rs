//! Running trends: the values of breakdowns first, then all series at once.

use super::breakdown::Tops;
use super::reads_everything;
use super::rows::typed;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile::{self, Key, OTHER, Ranking};
use crate::query::model::{Display, Frame, Math, Series, Trends};
use crate::query::shape::{SeriesValues, trends};
use crate::query::time::Buckets;
use futures::future::try_join_all;
use serde_json::Value;
use std::collections::HashMap;
use warehouse::read::Statement;

/// Counts over time.
pub(super) async fn run(query: &Trends, source: &dyn Source) -> Result<Value, RunError> {
    let tops = tops(query, source).await?;
    let series = query.series.iter().zip(&tops);
    let values = try_join_all(series.map(|(series, tops)| async move {
        let now = values(query, series, tops, (&query.frame, &query.buckets), source);
        let before = async {
            match &query.earlier {
                None => Ok(None),
                Some(earlier) => {
                    let range = (&earlier.frame, &earlier.buckets);
                    values(query, series, tops, range, source).await.map(Some)
                }
            }
        };
        futures::try_join!(now, before)
    }))
    .await?;
    let rows: Vec<SeriesValues> = tops
        .iter()
        .zip(values)
        .map(|(tops, (now, before))| SeriesValues {
            rows: match &query.breakdown {
                None => vec![String::new()],
                Some(_) => rows_of(tops, &now),
            },
            now,
            before,
        })
        .collect();
    Ok(trends(query, rows))
}

/// The rows that are answered: the values of the current range, and the rest
/// when there is any.
fn rows_of(tops: &Tops, now: &HashMap<Key, Vec<f64>>) -> Vec<Key> {
    tops.rows()
        .into_iter()
        .filter(|key| *key != OTHER || now.contains_key(*key))
        .map(str::to_owned)
        .collect()
}

/// The statements that are known before the query runs.
pub(super) fn statements(query: &Trends) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (index, series) in query.series.iter().enumerate() {
        if let Some(breakdown) = &query.breakdown {
            let over = (bucketed(query, &query.buckets), ranking(query, index));
            statements.push(compile::trend_ranks(series, &query.frame, breakdown, over));
        }
        statements.push(statement(
            query,
            series,
            None,
            (&query.frame, &query.buckets),
        ));
        if let Some(earlier) = &query.earlier {
            statements.push(statement(
                query,
                series,
                None,
                (&earlier.frame, &earlier.buckets),
            ));
        }
    }
    statements
}

/// The first instant that a trend reads.
pub(super) fn reads_from(query: &Trends) -> i64 {
    let frames = [
        Some((&query.frame, &query.buckets)),
        query.earlier.as_ref().map(|e| (&e.frame, &e.buckets)),
    ];
    frames
        .into_iter()
        .flatten()
        .flat_map(|(frame, buckets)| {
            query.series.iter().map(move |series| match &series.math {
                math if reads_everything(math) => 0,
                Math::Rolling { days } => compile::history_from(frame, *days, buckets),
                _ => frame.span.from_ms,
            })
        })
        .min()
        .unwrap_or(query.frame.span.from_ms)
}

/// The buckets, when there is a value for each.
fn bucketed<'b>(query: &Trends, buckets: &'b Buckets) -> Option<&'b Buckets> {
    (query.display == Display::TimeSeries).then_some(buckets)
}

fn statement(
    query: &Trends,
    series: &Series,
    tops: Option<&[Key]>,
    (frame, buckets): (&Frame, &Buckets),
) -> Statement {
    let over = (bucketed(query, buckets), query.cumulative);
    compile::trend_values(series, frame, query.breakdown.as_ref(), tops, over)
}

/// One value a bucket, or one in all, for each key.
async fn values(
    query: &Trends,
    series: &Series,
    tops: &Tops,
    range: (&Frame, &Buckets),
    source: &dyn Source,
) -> Result<HashMap<Key, Vec<f64>>, RunError> {
    let length = match query.display {
        Display::TimeSeries => range.1.len(),
        Display::TotalValue => 1,
    };
    let statement = statement(query, series, tops.limiting(), range);
    let rows: Vec<(Key, i64, Option<f64>)> = typed(source, statement).await?;
    let mut values: HashMap<Key, Vec<f64>> = HashMap::new();
    for (key, bucket, value) in rows {
        let row = values.entry(key).or_insert_with(|| vec![0.0; length]);
        let place = usize::try_from(bucket)
            .ok()
            .and_then(|bucket| row.get_mut(bucket));
        if let Some(place) = place {
            *place = value.unwrap_or(0.0);
        }
    }
    let is_rolling =
        query.display == Display::TimeSeries && matches!(series.math, Math::Rolling { .. });
    if query.cumulative || is_rolling {
        values.values_mut().for_each(|row| accumulate(row));
    }
    Ok(values)
}

/// Makes each value the sum of itself and those before it.
fn accumulate(row: &mut [f64]) {
    let mut sum = 0.0;
    for value in row {
        sum += *value;
        *value = sum;
    }
}

/// The values of the breakdown, for each series.
async fn tops(query: &Trends, source: &dyn Source) -> Result<Vec<Tops>, RunError> {
    let Some(breakdown) = &query.breakdown else {
        return Ok(vec![
            Tops {
                keys: Vec::new(),
                has_other: false
            };
            query.series.len()
        ]);
    };
    let ranked = try_join_all(
        query
            .series
            .iter()
            .enumerate()
            .map(|(index, series)| async move {
                let over = (bucketed(query, &query.buckets), ranking(query, index));
                let ranks = compile::trend_ranks(series, &query.frame, breakdown, over);
                typed::<(Key, Option<f64>)>(source, ranks).await
            }),
    )
    .await?;
    if query.formula.is_some() {
        let tops = Tops::of(union(ranked), breakdown.limit);
        return Ok(vec![tops; query.series.len()]);
    }
    let keys = |rows: Vec<(Key, Option<f64>)>| rows.into_iter().map(|(key, _)| key).collect();
    Ok(ranked
        .into_iter()
        .map(|rows| Tops::of(keys(rows), breakdown.limit))
        .collect())
}

/// Under a formula the first series alone ranks the values.
fn ranking(query: &Trends, index: usize) -> Ranking {
    if query.formula.is_some() && index > 0 {
        Ranking::ByKey
    } else {
        Ranking::ByMath
    }
}

/// The values of all series by their rank in the first one, where a value that
/// it does not have counts as zero.
fn union(ranked: Vec<Vec<(Key, Option<f64>)>>) -> Vec<Key> {
    let mut values: HashMap<Key, f64> = HashMap::new();
    for (index, rows) in ranked.into_iter().enumerate() {
        for (key, value) in rows {
            // Adding zero makes a negative zero equal to any other.
            let rank = value.filter(|_| index == 0).unwrap_or(0.0) + 0.0;
            values.entry(key).or_insert(rank);
        }
    }
    let mut keys: Vec<(Key, f64)> = values.into_iter().collect();
    keys.sort_by(|(a, a_rank), (b, b_rank)| b_rank.total_cmp(a_rank).then_with(|| a.cmp(b)));
    keys.into_iter().map(|(key, _)| key).collect()
}
