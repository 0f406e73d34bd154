//! Connections between two requests. To open one and to tell it what a request wants costs more
//! than a short statement, and most requests want what others wanted before them.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::settings::COMMENT;
use crate::engine::Connection;
use crate::http::QueryRequest;

/// Connections that are kept; the one that has waited longest gives way.
const CAPACITY: usize = 16;
/// How long one is kept that nobody takes.
const LIFETIME: Duration = Duration::from_secs(60);

/// What a connection was told that the next request may want as well. Two requests of the same
/// manner differ in nothing that a connection remembers, apart from their names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) database: Option<String>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) read_only: bool,
}

impl Manner {
    /// What `request` wants, its name apart.
    pub(super) fn of(request: &QueryRequest) -> Self {
        let settings = request.settings.iter();
        Self {
            database: request.database.clone(),
            settings: settings
                .filter(|(name, _)| name != COMMENT)
                .cloned()
                .collect(),
            read_only: request.read_only,
        }
    }
}

/// The connections that wait for a request.
#[derive(Debug, Default)]
pub struct Spares {
    /// The one that has waited longest first.
    waiting: Mutex<Vec<Spare>>,
}

#[derive(Debug)]
struct Spare {
    manner: Manner,
    connection: Connection,
    end: Instant,
}

impl Spares {
    /// A connection that was told all of `manner`, if one waits.
    pub(super) fn take(&self, manner: &Manner) -> Option<Connection> {
        let mut waiting = self.waiting.lock();
        let at = waiting.iter().rposition(|spare| spare.manner == *manner)?;
        Some(waiting.remove(at).connection)
    }

    /// Keeps a connection whose last statement ran to its end and left nothing behind.
    pub(super) fn keep(&self, manner: Manner, connection: Connection) {
        let spare = Spare {
            manner,
            connection,
            end: Instant::now() + LIFETIME,
        };
        let mut waiting = self.waiting.lock();
        waiting.push(spare);
        let surplus = (waiting.len() > CAPACITY).then(|| waiting.remove(0));
        drop(waiting);
        // Closing takes a moment.
        drop(surplus);
    }

    /// Closes what nobody took in time, and all of them when `all` is set.
    pub fn sweep(&self, all: bool) {
        let now = Instant::now();
        let mut waiting = self.waiting.lock();
        let ended: Vec<Spare> = waiting
            .extract_if(.., |spare| all || spare.end <= now)
            .collect();
        drop(waiting);
        drop(ended);
    }
}
