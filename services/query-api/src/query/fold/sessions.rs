//! Sessions: how many, how long, from where.

use super::channel::Origin;
use super::visits::split;
use crate::query::compile::Key;
use crate::query::time::Buckets;
use std::collections::{HashMap, HashSet};

/// One event as the engine answers it: person, time, session id, kind (1 page
/// view, 2 of the application's own, 0 other), page, key, origin (click id,
/// other utm, source, medium, referring domain, host, or nothing).
pub(crate) type SessionEvent = (u64, i64, String, u8, String, Key, Vec<String>);

/// What an event says about where its session came from.
fn origin_of(said: &[String]) -> Origin {
    let [click, other, source, medium, domain, host] = said else {
        return Origin::default();
    };
    Origin {
        has_click_id: click == "1",
        has_other_utm: other == "1",
        source: source.clone(),
        medium: medium.clone(),
        domain: domain.clone(),
        host: host.clone(),
    }
}

/// One session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The time of its first event.
    pub(crate) start: i64,
    /// The time of its last event.
    pub(crate) end: i64,
    /// Its events.
    pub(crate) events: u64,
    /// Its page views.
    pub(crate) pageviews: u64,
    /// Whether it holds an event of the application's own.
    pub(crate) has_own_event: bool,
    /// The page of the first page view; empty when that has none.
    pub(crate) entry: String,
    /// The page of the last page view.
    pub(crate) exit: String,
    /// Where it came from: the first event that says so.
    pub(crate) origin: Origin,
    /// The key of the first event that has one.
    pub(crate) key: Key,
}

impl Session {
    fn starting_at(at: i64, unset: &str) -> Self {
        Self {
            start: at,
            end: at,
            events: 0,
            pageviews: 0,
            has_own_event: false,
            entry: String::new(),
            exit: String::new(),
            origin: Origin::default(),
            key: unset.to_owned(),
        }
    }

    fn add(&mut self, event: &SessionEvent, unset: &str) {
        let (_, at, _, kind, page, key, said) = event;
        self.end = *at;
        self.events += 1;
        match kind {
            1 => {
                if self.pageviews == 0 {
                    self.entry.clone_from(page);
                }
                self.exit.clone_from(page);
                self.pageviews += 1;
            }
            2 => self.has_own_event = true,
            _ => {}
        }
        if !self.origin.is_known() {
            self.origin = origin_of(said);
        }
        if self.key == unset {
            self.key.clone_from(key);
        }
    }

    /// Exactly one page view and no event of the application's own.
    fn is_bounce(&self) -> bool {
        self.pageviews == 1 && !self.has_own_event
    }
}

/// One person's sessions. `unset` is the key of events without a value.
pub(crate) fn sessions_of(events: &[SessionEvent], gap_ms: i64, unset: &str) -> Vec<Session> {
    let indexes = split(
        events.iter().map(|event| (event.1, event.2.as_str())),
        gap_ms,
    );
    let mut sessions: Vec<Session> = Vec::new();
    for (event, index) in events.iter().zip(indexes) {
        if index == sessions.len() {
            sessions.push(Session::starting_at(event.1, unset));
        }
        if let Some(session) = sessions.get_mut(index) {
            session.add(event, unset);
        }
    }
    sessions
}

/// Sessions and the persons who had them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    /// Sessions.
    pub(crate) sessions: u64,
    /// Persons.
    pub(crate) persons: u64,
}

/// What is counted of a set of sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionTally {
    /// Sessions and persons.
    pub(crate) reach: Reach,
    /// Bounces.
    pub(crate) bounces: u64,
    /// The lengths, in milliseconds.
    pub(crate) durations_ms: Vec<i64>,
    /// Page views.
    pub(crate) pageviews: u64,
    /// Events.
    pub(crate) events: u64,
    /// Sessions by the page they began with.
    pub(crate) entries: HashMap<String, u64>,
    /// Sessions by the page they ended with.
    pub(crate) exits: HashMap<String, u64>,
    /// Sessions and persons by channel.
    pub(crate) channels: HashMap<&'static str, Reach>,
    /// Sessions by source.
    pub(crate) sources: HashMap<String, u64>,
}

impl SessionTally {
    /// Counts one person's sessions.
    pub(crate) fn add<'a>(&mut self, sessions: impl IntoIterator<Item = &'a Session>) {
        let mut channels = HashSet::new();
        let mut any = false;
        for session in sessions {
            any = true;
            self.add_session(session);
            let channel = session.origin.channel();
            let reach = self.channels.entry(channel).or_default();
            reach.sessions += 1;
            reach.persons += u64::from(channels.insert(channel));
        }
        self.reach.persons += u64::from(any);
    }

    fn add_session(&mut self, session: &Session) {
        self.reach.sessions += 1;
        self.bounces += u64::from(session.is_bounce());
        self.durations_ms.push(session.end - session.start);
        self.pageviews += session.pageviews;
        self.events += session.events;
        if !session.entry.is_empty() {
            *self.entries.entry(session.entry.clone()).or_default() += 1;
        }
        if !session.exit.is_empty() {
            *self.exits.entry(session.exit.clone()).or_default() += 1;
        }
        *self.sources.entry(session.origin.source()).or_default() += 1;
    }
}

/// Sessions by the bucket of their start.
#[derive(Debug, Clone)]
pub(crate) struct SessionSeries {
    buckets: Buckets,
    /// Sessions a bucket.
    pub(crate) sessions: Vec<u64>,
    /// Bounces a bucket.
    pub(crate) bounces: Vec<u64>,
    /// Lengths a bucket, in milliseconds.
    pub(crate) durations_ms: Vec<Vec<i64>>,
}

impl SessionSeries {
    /// No session yet.
    pub(crate) fn of(buckets: &Buckets) -> Self {
        let count = buckets.len();
        Self {
            buckets: buckets.clone(),
            sessions: vec![0; count],
            bounces: vec![0; count],
            durations_ms: vec![Vec::new(); count],
        }
    }

    /// Counts one session.
    pub(crate) fn add(&mut self, session: &Session) {
        let Some(index) = self.buckets.index_of(session.start) else {
            return;
        };
        let parts = (
            self.sessions.get_mut(index),
            self.bounces.get_mut(index),
            self.durations_ms.get_mut(index),
        );
        if let (Some(sessions), Some(bounces), Some(durations)) = parts {
            *sessions += 1;
            *bounces += u64::from(session.is_bounce());
            durations.push(session.end - session.start);
        }
    }
}
