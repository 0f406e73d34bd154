//! A project's open sessions.

use std::collections::HashMap;

/// Changes that wait to be told at most; a sweep by age makes up for more.
const CHANGES_MAX: usize = 10_000;

/// What changed about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was active at that time, ms since the epoch.
    Active(Box<str>, i64),
    /// It ended.
    Ended(Box<str>),
}

/// The sessions of a project that are open, with their last activity.
#[derive(Debug, Default)]
pub struct OpenSessions {
    last: HashMap<Box<str>, i64>,
    changes: Vec<Change>,
}

impl OpenSessions {
    /// Notes activity; `true` when the session was not open before. Above `max`
    /// sessions no new one is noted.
    pub fn touch(&mut self, session: &str, at_ms: i64, max: usize) -> bool {
        let has_room = self.last.len() < max;
        let is_new = match self.last.get_mut(session) {
            Some(last) if *last >= at_ms => return false,
            Some(last) => {
                *last = at_ms;
                false
            }
            None if !has_room => return true,
            None => {
                self.last.insert(session.into(), at_ms);
                true
            }
        };
        self.note(Change::Active(session.into(), at_ms));
        is_new
    }

    /// Notes its end, unless it was active after `at_ms`.
    pub fn end(&mut self, session: &str, at_ms: i64) {
        if self.last.get(session).is_some_and(|last| *last > at_ms) {
            return;
        }
        self.last.remove(session);
        self.note(Change::Ended(session.into()));
    }

    /// Forgets those that were silent since `before_ms`.
    pub fn forget(&mut self, before_ms: i64) {
        self.last.retain(|_, last| *last >= before_ms);
    }

    /// How many were active since `since_ms`.
    #[must_use]
    pub fn count(&self, since_ms: i64) -> usize {
        self.last.values().filter(|last| **last >= since_ms).count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_empty() && self.changes.is_empty()
    }

    /// What changed since it was last asked.
    pub fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn note(&mut self, change: Change) {
        if self.changes.len() < CHANGES_MAX {
            self.changes.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_from_its_first_event_to_its_end() {
        let mut open = OpenSessions::default();
        assert!(open.touch("s", 10, 2));
        assert!(!open.touch("s", 20, 2));
        assert!(!open.touch("s", 15, 2));
        // An end from before its last event is not its end.
        open.end("s", 19);
        assert_eq!((open.count(0), open.count(21)), (1, 0));
        open.end("s", 20);
        assert_eq!(open.count(0), 0);
        assert_eq!(
            open.changes(),
            [
                Change::Active("s".into(), 10),
                Change::Active("s".into(), 20),
                Change::Ended("s".into()),
            ]
        );
        assert!(open.is_empty());
    }

    #[test]
    fn there_are_never_more_than_allowed() {
        let mut open = OpenSessions::default();
        for name in ["a", "b", "c"] {
            open.touch(name, 1, 2);
        }
        assert_eq!(open.count(0), 2);
        open.forget(2);
        assert_eq!(open.count(0), 0);
    }
}
