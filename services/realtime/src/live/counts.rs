//! Who is there, by the events' own time: what the query type `live` answers,
//! without asking the warehouse.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde_json::{Value, json};

use super::open::OpenSessions;
use super::rate::Rate;
use crate::feed::instant;

/// How long somebody counts as here, in milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1_000;
/// How long a computed answer is good, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// Pages that are listed.
const PAGES: usize = 100;

/// What is counted of one event.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The person.
    pub distinct_id: &'a str,
    /// The session, where the event names one.
    pub session: Option<&'a str>,
    /// The page, when the event is a page view.
    pub page: Option<&'a str>,
    /// Whether it ends its session.
    pub is_end: bool,
    /// The event's own time, ms since the epoch.
    pub timestamp: i64,
    /// When it arrived, ms since the epoch.
    pub arrived_at: i64,
}

/// The counts of one project.
#[derive(Debug)]
pub struct Counts {
    persons: HashMap<u64, i64>,
    sessions: HashMap<u64, i64>,
    views: HashMap<(Box<str>, u64), i64>,
    rate: Rate,
    /// Its open sessions.
    pub open: OpenSessions,
    /// Entries of each kind at most.
    max: usize,
    is_too_low: bool,
    computed: Option<(i64, Bytes)>,
}

impl Counts {
    /// Counts that hold at most so many entries of a kind.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            persons: HashMap::new(),
            sessions: HashMap::new(),
            views: HashMap::new(),
            rate: Rate::default(),
            open: OpenSessions::default(),
            max,
            is_too_low: false,
            computed: None,
        }
    }

    /// Counts an event at `now_ms`; `true` when it opens its session.
    pub fn note(&mut self, seen: Seen<'_>, now_ms: i64) -> bool {
        self.rate.note(seen.arrived_at);
        let mut is_new_session = false;
        if let Some(session) = seen.session {
            let at = seen.timestamp.min(now_ms);
            if seen.is_end {
                self.open.end(session, at);
            } else {
                is_new_session = self.open.touch(session, at, self.max);
            }
        }
        if seen.timestamp <= now_ms - WINDOW_MS || seen.timestamp > now_ms {
            return is_new_session;
        }
        let person = hash(&seen.distinct_id);
        let mut is_full = !keep(&mut self.persons, person, seen.timestamp, self.max);
        let session = hash(&(person, seen.session.unwrap_or_default()));
        is_full |= !keep(&mut self.sessions, session, seen.timestamp, self.max);
        if let Some(page) = seen.page {
            let view = (page.into(), person);
            is_full |= !keep(&mut self.views, view, seen.timestamp, self.max);
        }
        self.is_too_low |= is_full;
        is_new_session
    }

    /// The counts as JSON, at most a second old.
    pub fn snapshot(&mut self, now_ms: i64, session_timeout_ms: i64) -> Bytes {
        if let Some((at, answer)) = &self.computed
            && (0..FRESH_MS).contains(&(now_ms - at))
        {
            return answer.clone();
        }
        self.forget(now_ms, session_timeout_ms);
        let answer = Bytes::from(self.answer(now_ms).to_string());
        self.computed = Some((now_ms, answer.clone()));
        answer
    }

    fn answer(&self, now_ms: i64) -> Value {
        let mut by_page: HashMap<&str, u64> = HashMap::new();
        for (page, _) in self.views.keys() {
            *by_page.entry(page).or_default() += 1;
        }
        let mut pages: Vec<_> = by_page.into_iter().collect();
        pages.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let pages: Vec<Value> = pages
            .iter()
            .take(PAGES)
            .map(|(page, persons)| json!({"page": page, "persons": persons}))
            .collect();
        let minutes: Vec<Value> = self
            .rate
            .by_minute(now_ms)
            .map(|(start, events)| json!({"start": instant(start), "events": events}))
            .collect();
        let mut answer = json!({
            "persons": self.persons.len(),
            "sessions": self.sessions.len(),
            "open_sessions": self.open.count(i64::MIN),
            "pages": pages,
            "events_per_minute": self.rate.last_minute(now_ms),
            "minutes": minutes,
        });
        if self.is_too_low {
            answer["is_too_low"] = true.into();
        }
        answer
    }

    /// Forgets what is not counted any more.
    pub fn forget(&mut self, now_ms: i64, session_timeout_ms: i64) {
        let start = now_ms - WINDOW_MS;
        self.persons.retain(|_, at| *at > start);
        self.sessions.retain(|_, at| *at > start);
        self.views.retain(|_, at| *at > start);
        self.open.forget(now_ms - session_timeout_ms);
        let is_full = |count: usize| count >= self.max;
        self.is_too_low &= is_full(self.persons.len())
            || is_full(self.sessions.len())
            || is_full(self.views.len());
    }

    /// Whether there is nothing to count.
    #[must_use]
    pub fn is_empty(&self, now_ms: i64) -> bool {
        self.persons.is_empty()
            && self.open.is_empty()
            && self.rate.by_minute(now_ms).all(|(_, events)| events == 0)
    }
}

/// Keeps the later time of `key`; `false` when there is no room for it.
fn keep<K: Hash + Eq>(times: &mut HashMap<K, i64>, key: K, at: i64, max: usize) -> bool {
    let has_room = times.len() < max;
    match times.get_mut(&key) {
        Some(last) => *last = (*last).max(at),
        None if has_room => {
            times.insert(key, at);
        }
        None => return false,
    }
    true
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn seen<'a>(person: &'a str, session: &'a str, page: &'a str, at: i64) -> Seen<'a> {
        Seen {
            distinct_id: person,
            session: (!session.is_empty()).then_some(session),
            page: (!page.is_empty()).then_some(page),
            is_end: false,
            timestamp: at,
            arrived_at: NOW,
        }
    }

    fn answer(counts: &mut Counts, now: i64) -> Value {
        serde_json::from_slice(&counts.snapshot(now, 1_800_000)).unwrap()
    }

    #[test]
    fn counts_persons_sessions_and_pages_of_five_minutes() {
        let mut counts = Counts::new(100);
        assert!(counts.note(seen("ada", "s1", "/a", NOW), NOW));
        assert!(!counts.note(seen("ada", "s1", "/b", NOW - 1), NOW));
        counts.note(seen("bob", "", "/a", NOW - WINDOW_MS + 1), NOW);
        counts.note(seen("old", "", "/a", NOW - WINDOW_MS), NOW);
        counts.note(seen("future", "", "/a", NOW + 1), NOW);
        let first = answer(&mut counts, NOW);
        assert_eq!(
            (&first["persons"], &first["sessions"]),
            (&json!(2), &json!(2))
        );
        assert_eq!(first["open_sessions"], 1);
        assert_eq!(
            first["pages"],
            json!([{"page": "/a", "persons": 2}, {"page": "/b", "persons": 1}])
        );
        assert_eq!(first["events_per_minute"], 5);
        assert_eq!(first["minutes"].as_array().unwrap().len(), 30);
        // Bob leaves by doing nothing.
        assert_eq!(answer(&mut counts, NOW + 1_000)["persons"], 1);
    }

    #[test]
    fn says_when_it_cannot_count_them_all() {
        let mut counts = Counts::new(2);
        for person in ["a", "b", "c"] {
            counts.note(seen(person, "", "", NOW), NOW);
        }
        let full = answer(&mut counts, NOW);
        assert_eq!(
            (&full["persons"], &full["is_too_low"]),
            (&json!(2), &json!(true))
        );
        let later = answer(&mut counts, NOW + WINDOW_MS);
        assert_eq!(
            (&later["persons"], &later["is_too_low"]),
            (&json!(0), &Value::Null)
        );
    }

    #[test]
    fn the_end_of_a_session_closes_it() {
        let mut counts = Counts::new(10);
        counts.note(seen("ada", "s", "", NOW - 5), NOW);
        let end = Seen {
            is_end: true,
            ..seen("ada", "s", "", NOW)
        };
        counts.note(end, NOW);
        assert_eq!(answer(&mut counts, NOW)["open_sessions"], 0);
    }
}
