//! The key directory: every key in memory, so that recognising one costs no
//! network.
//!
//! It is loaded from PostgreSQL, kept current by notifications (and by a full
//! reload after every reconnect and from time to time), saved to disk, and goes
//! on working while PostgreSQL is away. [`DirectorySync`] is the part that talks
//! to the database; a service spawns its `run` and keeps the [`KeyDirectory`].

mod table;

mod snapshot;

mod rows;

mod saver;

mod sync;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use service_kit::Clock;
use service_kit::config::PostgresConfig;
use tokio::sync::{mpsc, oneshot, watch};

use self::table::{Contents, Table};
use crate::key::{ApiKey, KeyHash, KeyInfo, ProjectNames};
use crate::metrics::{KEYS, LIVE};

pub use self::sync::DirectorySync;

/// How a directory stays current. Part of a service's own section.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DirectoryConfig {
    /// Where the directory is saved; empty: nowhere, and the service cannot
    /// start without PostgreSQL.
    pub snapshot: PathBuf,
    /// How often everything is read again, in case a notification was lost.
    #[serde(with = "humantime_serde")]
    pub reload_interval: Duration,
    /// How often the last use of keys is written.
    #[serde(with = "humantime_serde")]
    pub usage_interval: Duration,
    /// How long a request with an unknown key waits for the database to say
    /// whether the key was made just now: clients do not repeat what is refused.
    #[serde(with = "humantime_serde")]
    pub lookup_timeout: Duration,
}

impl Default for DirectoryConfig {
    fn default() -> Self {
        Self {
            snapshot: PathBuf::new(),
            reload_interval: Duration::from_secs(60),
            usage_interval: Duration::from_secs(60),
            lookup_timeout: Duration::from_secs(2),
        }
    }
}

/// Why a key is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No such key, or it was revoked, or it is not even of the form.
    #[error("the key is unknown")]
    Unknown,
    /// It has run out.
    #[error("the key has expired")]
    Expired,
    /// The directory has never been loaded: nothing can be said. A 503.
    #[error("the keys are not loaded yet")]
    NotLoaded,
}

/// Where the directory's contents come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryState {
    /// Nothing was loaded yet.
    Empty,
    /// From disk, PostgreSQL not reached yet.
    Saved,
    /// Current: the database tells of every change.
    Live,
    /// As it was when the connection to PostgreSQL was lost.
    Stale,
}

/// Every key in memory. Cheap to clone; clones share their contents.
#[derive(Clone, Debug)]
pub struct KeyDirectory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    table: RwLock<Table>,
    state: watch::Sender<DirectoryState>,
    clock: Clock,
    questions: Option<mpsc::Sender<Question>>,
    lookup_timeout: Duration,
}

/// "Is this a key that was made just now?"
#[derive(Debug)]
struct Question {
    hash: KeyHash,
    /// Answered (with anything) when the table has what the database has.
    answered: oneshot::Sender<()>,
}

/// Questions that may wait at once; further ones are told "unknown".
const QUESTIONS_MAX: usize = 1024;

impl KeyDirectory {
    /// A directory and the task that keeps it current. Reads the snapshot when
    /// there is one; does not wait for PostgreSQL.
    #[must_use]
    pub fn open(
        config: &DirectoryConfig,
        postgres: &PostgresConfig,
        clock: Clock,
    ) -> (Self, DirectorySync) {
        let (questions, inbox) = mpsc::channel(QUESTIONS_MAX);
        let directory = Self::empty(clock, Some(questions), config.lookup_timeout);
        directory.load_saved(config);
        let sync = DirectorySync::new(directory.clone(), inbox, config.clone(), postgres.clone());
        (directory, sync)
    }

    /// A directory that never changes: for tests, and for a service that runs
    /// without accounts. Each key is given by its text.
    #[must_use]
    pub fn fixed<K: AsRef<str>>(
        keys: impl IntoIterator<Item = (K, KeyInfo)>,
        clock: Clock,
    ) -> Self {
        let keys: Vec<_> = keys
            .into_iter()
            .map(|(text, info)| (KeyHash::of(text.as_ref()), Arc::new(info)))
            .collect();
        let projects = keys
            .iter()
            .map(|(_, info)| Arc::clone(&info.project))
            .collect();
        let directory = Self::empty(clock, None, Duration::ZERO);
        directory.replace(Contents { projects, keys });
        directory.enter(DirectoryState::Live);
        directory
    }

    fn empty(
        clock: Clock,
        questions: Option<mpsc::Sender<Question>>,
        lookup_timeout: Duration,
    ) -> Self {
        let (state, _) = watch::channel(DirectoryState::Empty);
        Self(Arc::new(Shared {
            table: RwLock::default(),
            state,
            clock,
            questions,
            lookup_timeout,
        }))
    }

    /// The key with this text, if it is valid now. No I/O: a hash, a look into a
    /// map. Notes the use.
    #[must_use]
    pub fn lookup(&self, key: &str) -> Option<Arc<KeyInfo>> {
        self.find(&KeyHash::of(key)).and_then(Result::ok)
    }

    /// The key with this text. One that is not known is asked of the database
    /// (briefly, and together with all others that wait), so that a key works
    /// from the moment its maker was shown it.
    ///
    /// # Errors
    /// [`KeyRefusal`]; `NotLoaded` is no statement about the key.
    pub async fn resolve(&self, key: &str) -> Result<Arc<KeyInfo>, KeyRefusal> {
        let hash = KeyHash::of(key);
        if let Some(found) = self.find(&hash) {
            return found;
        }
        match self.state() {
            DirectoryState::Empty => Err(KeyRefusal::NotLoaded),
            DirectoryState::Live if ApiKey::is_well_formed(key) => {
                self.ask(hash).await;
                self.find(&hash).unwrap_or(Err(KeyRefusal::Unknown))
            }
            _ => Err(KeyRefusal::Unknown),
        }
    }

    /// The project that `name` (an id, a slug or an alias) stands for.
    #[must_use]
    pub fn project_named(&self, name: &str) -> Option<Arc<ProjectNames>> {
        self.0.table.read().project_named(name)
    }

    /// Where the contents come from.
    #[must_use]
    pub fn state(&self) -> DirectoryState {
        *self.0.state.borrow()
    }

    /// Whether keys can be recognised: there are contents, from wherever.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.state() != DirectoryState::Empty
    }

    /// Returns when the directory is in `state`.
    pub async fn wait_for(&self, state: DirectoryState) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.0.state.subscribe().wait_for(|now| *now == state).await;
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.table.read().len()
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn find(&self, hash: &KeyHash) -> Option<Result<Arc<KeyInfo>, KeyRefusal>> {
        let table = self.0.table.read();
        let entry = table.get(hash)?;
        let now = self.0.clock.now();
        if entry.info.is_expired(now) {
            return Some(Err(KeyRefusal::Expired));
        }
        entry.usage.touch(now.timestamp_millis());
        Some(Ok(Arc::clone(&entry.info)))
    }

    /// Waits until the database was asked for `hash`, or the time is up.
    async fn ask(&self, hash: KeyHash) {
        let (answered, answer) = oneshot::channel();
        if let Some(questions) = &self.0.questions
            && questions.try_send(Question { hash, answered }).is_ok()
        {
            let _ = tokio::time::timeout(self.0.lookup_timeout, answer).await;
        }
    }

    fn load_saved(&self, config: &DirectoryConfig) {
        if config.snapshot.as_os_str().is_empty() {
            return;
        }
        match snapshot::read(&config.snapshot) {
            Ok(None) => {}
            Ok(Some((contents, saved_at))) => {
                self.replace(contents);
                self.enter(DirectoryState::Saved);
                tracing::info!(keys = self.len(), %saved_at, "keys loaded from disk");
            }
            Err(error) => {
                tracing::warn!(%error, file = %config.snapshot.display(), "the saved keys cannot be read");
            }
        }
    }

    fn replace(&self, contents: Contents) {
        // Built beside the readers; they wait for the exchange only.
        let fresh = self.0.table.read().replaced_by(contents);
        let stale = std::mem::replace(&mut *self.0.table.write(), fresh);
        drop(stale);
        self.count();
    }

    fn update(&self, projects: &[ProjectId], contents: Contents) {
        self.0.table.write().update(projects, contents);
        self.count();
    }

    fn count(&self) {
        // Exact up to 2^53 keys.
        KEYS.level(&[]).set(self.len() as f64);
    }

    fn enter(&self, state: DirectoryState) {
        let is_live = state == DirectoryState::Live;
        LIVE.level(&[]).set(f64::from(u8::from(is_live)));
        self.0.state.send_replace(state);
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }
}
