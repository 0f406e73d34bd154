//! The shape of sessions.

use super::numbers::{fraction, mean_seconds, median_seconds, number};
use super::row_name;
use crate::query::compile::Key;
use crate::query::fold::sessions::{Reach, SessionSeries, SessionTally};
use crate::query::model::Sessions;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Pages and sources that are answered, the most frequent.
const LISTED: usize = 1_000;

/// The result of a session query. `split`: the keys of the breakdown's rows,
/// and their sessions.
pub(crate) fn sessions(
    query: &Sessions,
    overall: &SessionTally,
    series: Option<&SessionSeries>,
    split: Option<(&[&str], &HashMap<Key, SessionTally>)>,
) -> Value {
    let mut result = measures(overall);
    if let (Some(buckets), Some(series)) = (&query.buckets, series) {
        result.insert("labels".to_owned(), json!(buckets.labels()));
        result.insert("series".to_owned(), series_of(series));
    }
    if let Some((keys, tallies)) = split {
        let properties = query
            .breakdown
            .as_ref()
            .map_or(0, |breakdown| breakdown.properties.len());
        let rows = keys.iter().filter_map(|key| {
            let mut row = row_name(key, properties);
            row.extend(measures(tallies.get(*key)?));
            Some(Value::Object(row))
        });
        result.insert("breakdowns".to_owned(), rows.collect());
    }
    Value::Object(result)
}

fn measures(tally: &SessionTally) -> Map<String, Value> {
    let sessions = tally.reach.sessions;
    let fields = [
        ("sessions", json!(sessions)),
        ("persons", json!(tally.reach.persons)),
        ("bounce_rate", number(fraction(tally.bounces, sessions))),
        (
            "average_seconds",
            number(mean_seconds(&tally.durations_ms).unwrap_or(0.0)),
        ),
        (
            "median_seconds",
            number(median_seconds(&tally.durations_ms).unwrap_or(0.0)),
        ),
        (
            "pageviews_per_session",
            number(fraction(tally.pageviews, sessions)),
        ),
        (
            "events_per_session",
            number(fraction(tally.events, sessions)),
        ),
        ("entry_pages", counted("page", &tally.entries)),
        ("exit_pages", counted("page", &tally.exits)),
        ("channels", channels(&tally.channels)),
        ("sources", counted("source", &tally.sources)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn series_of(series: &SessionSeries) -> Value {
    let rates: Vec<Value> = series
        .sessions
        .iter()
        .zip(&series.bounces)
        .map(|(sessions, bounces)| number(fraction(*bounces, *sessions)))
        .collect();
    let medians: Vec<Value> = series
        .durations_ms
        .iter()
        .map(|durations| number(median_seconds(durations).unwrap_or(0.0)))
        .collect();
    json!({"sessions": series.sessions, "bounce_rate": rates, "median_seconds": medians})
}

/// Names with their sessions, the most frequent first.
fn counted(name: &str, counts: &HashMap<String, u64>) -> Value {
    let mut rows: Vec<(&String, &u64)> = counts.iter().collect();
    rows.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    rows.into_iter()
        .take(LISTED)
        .map(|(value, count)| json!({name: value, "sessions": count}))
        .collect()
}

fn channels(channels: &HashMap<&'static str, Reach>) -> Value {
    let mut rows: Vec<(&&str, &Reach)> = channels.iter().collect();
    rows.sort_by(|(a, a_reach), (b, b_reach)| {
        b_reach
            .sessions
            .cmp(&a_reach.sessions)
            .then_with(|| a.cmp(b))
    });
    rows.into_iter()
        .map(|(channel, reach)| json!({"channel": channel, "sessions": reach.sessions, "persons": reach.persons}))
        .collect()
}
