//! Running session queries.

use super::breakdown::Tops;
use super::rows::each;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::binary::Bytes;
use crate::query::compile::{self, Key, OTHER, SESSION_MARK_BITS, unset_key};
use crate::query::fold::channel::{Channels, Origin};
use crate::query::fold::sessions::{
    Kind, Session, SessionEvent, SessionSeries, SessionTally, sessions_of,
};
use crate::query::fold::visits::in_order;
use crate::query::model::Sessions;
use crate::query::shape::sessions;
use serde_json::Value;
use std::borrow::Cow;
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
    let mut channels = Channels::default();
    each(source, compile::sessions(query, split), |row| {
        let person = PersonRow::read(row)?;
        let sessions = sessions_of(&person.events(&unset), query.gap_ms);
        if let Some(series) = &mut counted.series {
            sessions.iter().for_each(|session| series.add(session));
        }
        if split {
            add_by_key(
                &mut counted.by_key,
                &sessions,
                (&unset, tops),
                &mut channels,
            );
        }
        counted.overall.add(&sessions, &mut channels);
        Some(())
    })
    .await?;
    Ok(counted)
}

/// Counts one person's sessions by their keys, those without one by `unset`.
fn add_by_key(
    by_key: &mut HashMap<Key, SessionTally>,
    sessions: &[Session<'_>],
    (unset, tops): (&str, Option<&HashSet<Key>>),
    channels: &mut Channels,
) {
    let mut grouped: HashMap<&str, Vec<&Session<'_>>> = HashMap::new();
    for session in sessions {
        let key = session.key.unwrap_or(unset);
        let is_other = tops.is_some_and(|tops| !tops.contains(key));
        let key = if is_other { OTHER } else { key };
        grouped.entry(key).or_default().push(session);
    }
    for (key, sessions) in grouped {
        by_key
            .entry(key.to_owned())
            .or_default()
            .add(sessions, channels);
    }
}

/// One person's events as the engine answers them: lists in the same order,
/// those of the pages and origins only of the events that have one.
struct PersonRow<'a> {
    marks: Vec<u64>,
    uuids: Vec<u128>,
    visits: Vec<u64>,
    keys: Vec<Cow<'a, str>>,
    pages: Vec<Cow<'a, str>>,
    origins: Vec<Origin>,
}

impl<'a> PersonRow<'a> {
    fn read(row: &mut Bytes<'a>) -> Option<Self> {
        Some(Self {
            marks: row.list(Bytes::unsigned)?,
            uuids: row.list(Bytes::wide)?,
            visits: row.list(Bytes::unsigned)?,
            keys: row.list(Bytes::text)?,
            pages: row.list(Bytes::text)?,
            origins: row.list(origin)?,
        })
    }

    /// The events in their order; `unset` is the key of those without a value.
    fn events<'e>(&'e self, unset: &'e str) -> Vec<SessionEvent<'e>> {
        let (mut pages, mut origins) = (self.pages.iter(), self.origins.iter());
        let mut events: Vec<Option<SessionEvent<'e>>> = Vec::with_capacity(self.marks.len());
        for (place, mark) in self.marks.iter().enumerate() {
            let kind = match mark & 3 {
                1 => Kind::View(pages.next().map_or("", |page| page)),
                2 => Kind::Own,
                _ => Kind::Other,
            };
            let origin = if mark & 4 == 4 { origins.next() } else { None };
            events.push(Some(SessionEvent {
                at: time_of(*mark),
                visit: self.visits.get(place).copied().unwrap_or(0),
                kind,
                key: self
                    .keys
                    .get(place)
                    .map(|key| &**key)
                    .filter(|key| *key != unset),
                origin,
            }));
        }
        let times = self.marks.iter().map(|mark| time_of(*mark));
        in_order(times.zip(self.uuids.iter().copied()))
            .into_iter()
            .filter_map(|place| events.get_mut(place)?.take())
            .collect()
    }
}

/// The time of a mark.
fn time_of(mark: u64) -> i64 {
    i64::try_from(mark >> SESSION_MARK_BITS).unwrap_or(i64::MAX)
}

/// What an event says about where its session came from.
fn origin(row: &mut Bytes<'_>) -> Option<Origin> {
    let text = |row: &mut Bytes<'_>| row.text().map(Cow::into_owned);
    Some(Origin {
        has_click_id: row.byte()? == 1,
        has_other_utm: row.byte()? == 1,
        source: text(row)?,
        medium: text(row)?,
        domain: text(row)?,
        host: text(row)?,
    })
}
