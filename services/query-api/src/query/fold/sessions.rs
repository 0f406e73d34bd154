//! Sessions: how many, how long, from where.

use super::channel::{Channels, DIRECT, DIRECT_SOURCE, Origin};
use super::visits::split;
use crate::query::time::Buckets;
use std::collections::{HashMap, HashSet};

/// One event in the order of its person's.
#[derive(Debug)]
pub(crate) struct SessionEvent<'e> {
    /// Its time.
    pub(crate) at: i64,
    /// The hash of its session id; 0 = none.
    pub(crate) visit: u64,
    /// What it counts as.
    pub(crate) kind: Kind<'e>,
    /// The key of its value, when it has one.
    pub(crate) key: Option<&'e str>,
    /// What it says about where its session came from.
    pub(crate) origin: Option<&'e Origin>,
}

/// What an event counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind<'e> {
    /// A view of a page; empty when it has no name.
    View(&'e str),
    /// An event of the application's own.
    Own,
    /// Any other.
    Other,
}

/// One session.
#[derive(Debug, Clone)]
pub(crate) struct Session<'e> {
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
    pub(crate) entry: &'e str,
    /// The page of the last page view.
    pub(crate) exit: &'e str,
    /// Where it came from: the first event that says so.
    pub(crate) origin: Option<&'e Origin>,
    /// The key of the first event that has one.
    pub(crate) key: Option<&'e str>,
}

impl<'e> Session<'e> {
    fn starting_at(at: i64) -> Self {
        Self {
            start: at,
            end: at,
            events: 0,
            pageviews: 0,
            has_own_event: false,
            entry: "",
            exit: "",
            origin: None,
            key: None,
        }
    }

    fn add(&mut self, event: &SessionEvent<'e>) {
        self.end = event.at;
        self.events += 1;
        match event.kind {
            Kind::View(page) => {
                if self.pageviews == 0 {
                    self.entry = page;
                }
                self.exit = page;
                self.pageviews += 1;
            }
            Kind::Own => self.has_own_event = true,
            Kind::Other => {}
        }
        if self.origin.is_none() {
            self.origin = event.origin.filter(|origin| origin.is_known());
        }
        self.key = self.key.or(event.key);
    }

    /// Exactly one page view and no event of the application's own.
    fn is_bounce(&self) -> bool {
        self.pageviews == 1 && !self.has_own_event
    }
}

/// One person's sessions.
pub(crate) fn sessions_of<'e>(events: &[SessionEvent<'e>], gap_ms: i64) -> Vec<Session<'e>> {
    let indexes = split(events.iter().map(|event| (event.at, event.visit)), gap_ms);
    let mut sessions: Vec<Session<'e>> = Vec::new();
    for (event, index) in events.iter().zip(indexes) {
        if index == sessions.len() {
            sessions.push(Session::starting_at(event.at));
        }
        if let Some(session) = sessions.get_mut(index) {
            session.add(event);
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
    pub(crate) fn add<'s, 'e: 's>(
        &mut self,
        sessions: impl IntoIterator<Item = &'s Session<'e>>,
        known: &mut Channels,
    ) {
        let mut channels = HashSet::new();
        let mut any = false;
        for session in sessions {
            any = true;
            self.add_session(session);
            let channel = session.origin.map_or(DIRECT, |origin| known.of(origin));
            let reach = self.channels.entry(channel).or_default();
            reach.sessions += 1;
            reach.persons += u64::from(channels.insert(channel));
        }
        self.reach.persons += u64::from(any);
    }

    fn add_session(&mut self, session: &Session<'_>) {
        self.reach.sessions += 1;
        self.bounces += u64::from(session.is_bounce());
        self.durations_ms.push(session.end - session.start);
        self.pageviews += session.pageviews;
        self.events += session.events;
        if !session.entry.is_empty() {
            count(&mut self.entries, session.entry);
        }
        if !session.exit.is_empty() {
            count(&mut self.exits, session.exit);
        }
        let source = session.origin.map_or(DIRECT_SOURCE, Origin::source);
        count(&mut self.sources, source);
    }
}

/// Counts one more of a name.
fn count(counts: &mut HashMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
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
    pub(crate) fn add(&mut self, session: &Session<'_>) {
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
