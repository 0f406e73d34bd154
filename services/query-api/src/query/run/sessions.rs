//! Running session queries.

use super::breakdown::Tops;
use super::rows::each_person;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile::{self, Key, OTHER, unset_key};
use crate::query::fold::sessions::{
    Session, SessionEvent, SessionSeries, SessionTally, sessions_of,
};
use crate::query::model::Sessions;
use crate::query::shape::sessions;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What is counted of all sessions.
struct Counted {
    overall: SessionTally,
    series: Option<SessionSeries>,
    by_key: HashMap<Key, SessionTally>,
}

/// Counts visits.
pub(super) async fn run(query: &Sessions, source: &dyn Source) -> Result<Value, RunError> {
    let mut counted = count(query, source, None).await?;
    let Some(breakdown) = &query.breakdown else {
        return Ok(sessions(
            query,
            &counted.overall,
            counted.series.as_ref(),
            None,
        ));
    };
    let mut ranked: Vec<(&Key, u64)> = counted
        .by_key
        .iter()
        .map(|(key, tally)| (key, tally.reach.sessions))
        .collect();
    ranked.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    let ranked = ranked.into_iter().map(|(key, _)| key.clone()).collect();
    let tops = Tops::of(ranked, breakdown.limit);
    if let Some(keys) = tops.limiting() {
        // A person may have sessions of several of the values that share a row.
        let keys: HashSet<Key> = keys.iter().cloned().collect();
        counted = count(query, source, Some(&keys)).await?;
    }
    let rows = tops.rows();
    Ok(sessions(
        query,
        &counted.overall,
        counted.series.as_ref(),
        Some((&rows, &counted.by_key)),
    ))
}

async fn count(
    query: &Sessions,
    source: &dyn Source,
    tops: Option<&HashSet<Key>>,
) -> Result<Counted, RunError> {
    let unset = unset_key(
        query
            .breakdown
            .as_ref()
            .map_or(0, |breakdown| breakdown.properties.len()),
    );
    let split = query.breakdown.is_some();
    let mut counted = Counted {
        overall: SessionTally::default(),
        series: query.buckets.as_ref().map(SessionSeries::of),
        by_key: HashMap::new(),
    };
    let person = |event: &SessionEvent| event.0;
    each_person(source, compile::sessions(query, split), person, |events| {
        let sessions = sessions_of(events, query.gap_ms, &unset);
        if let Some(series) = &mut counted.series {
            sessions.iter().for_each(|session| series.add(session));
        }
        if split {
            add_by_key(&mut counted.by_key, &sessions, tops);
        }
        counted.overall.add(&sessions);
    })
    .await?;
    Ok(counted)
}

/// Counts one person's sessions by their keys.
fn add_by_key(
    by_key: &mut HashMap<Key, SessionTally>,
    sessions: &[Session],
    tops: Option<&HashSet<Key>>,
) {
    let mut grouped: HashMap<&str, Vec<&Session>> = HashMap::new();
    for session in sessions {
        let is_other = tops.is_some_and(|tops| !tops.contains(&session.key));
        let key = if is_other {
            OTHER
        } else {
            session.key.as_str()
        };
        grouped.entry(key).or_default().push(session);
    }
    for (key, sessions) in grouped {
        by_key.entry(key.to_owned()).or_default().add(sessions);
    }
}
