//! Which project a name means: an id, a slug or an alias.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use event_schema::ids::ProjectId;
use identity::Store;
use parking_lot::Mutex;
use service_kit::config::PostgresConfig;
use service_kit::entry::StartError;
use tokio_util::sync::CancellationToken;

/// How long an answer is believed without asking again.
const FRESH: Duration = Duration::from_secs(30);
/// Names that are remembered.
const NAMES_MAX: usize = 10_000;
/// Pauses between attempts while PostgreSQL is away.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Looks names up, and remembers what they mean. A name that meant a project
/// goes on meaning it while PostgreSQL is away; one that means nothing is asked
/// for again each time, so that a project or an alias made later counts at once.
#[derive(Debug)]
pub(super) struct Projects {
    store: Option<Store>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    project: ProjectId,
    asked: Instant,
}

impl Projects {
    /// Without a URL no name means anything.
    pub(super) fn new(postgres: &PostgresConfig) -> Result<Self, StartError> {
        let is_there = !postgres.url.is_empty();
        let store = is_there.then(|| Store::new(postgres)).transpose()?;
        Ok(Self {
            store,
            known: Mutex::default(),
        })
    }

    /// What those of `names` mean that mean a project. Waits for PostgreSQL as
    /// long as it takes when a name was never seen; `None` when `stop` comes first.
    pub(super) async fn resolve(
        &self,
        names: BTreeSet<String>,
        stop: &CancellationToken,
    ) -> Option<HashMap<String, ProjectId>> {
        let mut pause = PAUSE_MIN;
        loop {
            let (known, open) = self.remembered(&names);
            let Some(store) = self.store.as_ref().filter(|_| !open.is_empty()) else {
                return Some(known);
            };
            let names_open: Vec<String> = open.into_iter().collect();
            let asked = stop.run_until_cancelled(store.projects_named(&names_open));
            match asked.await? {
                Ok(found) => {
                    self.remember(&names_open, &found);
                    return Some(known.into_iter().chain(found).collect());
                }
                Err(error) if names_open.iter().all(|name| known.contains_key(name)) => {
                    tracing::debug!(%error, "names of projects are not asked again yet");
                    return Some(known);
                }
                Err(error) => {
                    tracing::warn!(%error, names = names_open.len(), "items wait: whose they are cannot be asked");
                }
            }
            let paused = tokio::time::sleep(pause);
            stop.run_until_cancelled(paused).await?;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// What is remembered, and what is to be asked: names never seen, and those
    /// whose answer is old.
    fn remembered(
        &self,
        names: &BTreeSet<String>,
    ) -> (HashMap<String, ProjectId>, BTreeSet<String>) {
        let known = self.known.lock();
        let mut found = HashMap::new();
        let mut open = BTreeSet::new();
        for name in names {
            let entry = known.get(name);
            if let Some(entry) = entry {
                found.insert(name.clone(), entry.project);
            }
            if entry.is_none_or(|entry| entry.asked.elapsed() > FRESH) {
                open.insert(name.clone());
            }
        }
        (found, open)
    }

    fn remember(&self, asked: &[String], found: &HashMap<String, ProjectId>) {
        let mut known = self.known.lock();
        if known.len() + asked.len() > NAMES_MAX {
            known.clear();
        }
        for name in asked {
            match found.get(name) {
                Some(project) => {
                    let entry = Known {
                        project: *project,
                        asked: Instant::now(),
                    };
                    known.insert(name.clone(), entry);
                }
                None => {
                    known.remove(name);
                }
            }
        }
    }
}
