//! Every project's events as they arrive: kept for a while, counted, and handed
//! to whoever watches.
//!
//! Reading order: [`item`] → [`glance`] and `render` (what an event looks like)
//! → [`point`] (where a viewer is) → [`filter`], [`queue`] (what waits for a
//! viewer) → `project` → [`Hub`].

pub mod filter;
pub mod glance;
pub mod item;
pub mod point;
mod project;
pub mod queue;
mod render;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use event_schema::ids::ProjectId;
use parking_lot::{Mutex, RwLock};
use service_kit::Clock;
use tokio::sync::watch;

use self::filter::Filter;
use self::item::{Item, Shared};
use self::point::Point;
use self::project::{Missed, Project};
use self::queue::{Bounds, Next, Queue};
use crate::config::LimitsConfig;
use crate::live::{Change, Seen};
use crate::metrics::{REPLAY_BYTES, SOURCE_UP};

pub(crate) use render::{LiveData, LiveEvent, instant, notice};

/// Whether events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// The transport does not answer.
    Away,
    /// What happened before the start is being read.
    CatchingUp,
    /// Events arrive as they happen.
    Live,
}

/// All projects. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    projects: RwLock<HashMap<ProjectId, Arc<Mutex<Project>>>>,
    state: watch::Sender<SourceState>,
    /// Where reading began, and where it is.
    start: RwLock<Point>,
    now_at: RwLock<Point>,
    kept_bytes: AtomicIsize,
    limits: LimitsConfig,
    session_timeout_ms: i64,
    clock: Clock,
}

/// What a viewer asks for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Which events.
    pub filter: Filter,
    /// Whether messages that are no events are wanted, too.
    pub takes_notes: bool,
    /// Where it was when it left.
    pub resume: Option<Point>,
}

/// A viewer's place: what it has missed, and what comes. Leaving is dropping it.
#[derive(Debug)]
pub struct Subscription {
    /// The events since the point of the wish, oldest first.
    pub missed: Vec<Shared>,
    /// Something since that point may be missing from them.
    pub has_gap: bool,
    /// Where the viewer is before its first new event.
    pub point: Point,
    /// Where the viewer was: another instance may have been ahead of this one.
    seen: Option<Point>,
    queue: Arc<Queue>,
    project: Arc<Mutex<Project>>,
}

impl Subscription {
    /// What comes next; waits for it. Cancel-safe.
    pub async fn next(&self) -> Next {
        loop {
            match self.queue.next().await {
                Next::Item(item) if self.has_seen(&item) => {}
                next => return next,
            }
        }
    }

    fn has_seen(&self, item: &Item) -> bool {
        let (partition, offset) = (item.place.partition, item.place.offset);
        let seen = self.seen.as_ref();
        seen.is_some_and(|seen| !seen.misses(partition, offset))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.project.lock().leave(&self.queue);
    }
}

impl Hub {
    /// A hub without events.
    #[must_use]
    pub fn new(limits: LimitsConfig, session_timeout: Duration, clock: Clock) -> Self {
        let nowhere = Point {
            log: "none".into(),
            next: Box::default(),
        };
        Self(Arc::new(Inner {
            projects: RwLock::default(),
            state: watch::channel(SourceState::Away).0,
            start: RwLock::new(nowhere.clone()),
            now_at: RwLock::new(nowhere),
            kept_bytes: AtomicIsize::new(0),
            limits,
            session_timeout_ms: i64::try_from(session_timeout.as_millis()).unwrap_or(i64::MAX),
            clock,
        }))
    }

    /// Whether events arrive.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<SourceState> {
        self.0.state.subscribe()
    }

    /// Notes whether events arrive.
    pub fn enter(&self, state: SourceState) {
        SOURCE_UP
            .level(&[])
            .set(f64::from(u8::from(state == SourceState::Live)));
        self.0.state.send_replace(state);
    }

    /// Notes where reading begins. What was kept of another log is not resumed.
    pub fn begin(&self, point: Point) {
        (*self.0.now_at.write()).clone_from(&point);
        *self.0.start.write() = point;
    }

    /// Notes how far the log has been read.
    pub fn advance(&self, point: Point) {
        *self.0.now_at.write() = point;
        self.make_room();
    }

    /// Takes an event of `project`: counts it, keeps it, hands it to viewers.
    pub fn publish(&self, project: ProjectId, mut item: Item, seen: Seen<'_>) {
        // After an outage events arrive before we are told that it is over.
        let is_live = *self.0.state.borrow() != SourceState::CatchingUp;
        let room = self.project(project);
        let mut room = room.lock();
        item.is_new_session = room.counts.note(seen, self.0.clock.now_ms());
        let max = self.0.limits.replay_events;
        let more = room.publish(Shared::new(item), max, is_live);
        self.0.kept_bytes.fetch_add(more, Ordering::Relaxed);
    }

    /// Hands a message that is no event to the viewers of `project` that take
    /// such.
    pub fn note(&self, project: ProjectId, note: &Bytes) {
        if let Some(room) = self.0.projects.read().get(&project) {
            room.lock().note(note);
        }
    }

    /// Notes that a session is active, without an event.
    pub fn touch(&self, project: ProjectId, session: &str) {
        let max = self.0.limits.counted;
        let room = self.project(project);
        room.lock()
            .counts
            .open
            .touch(session, self.0.clock.now_ms(), max);
    }

    /// Notes that a session is over, without an event.
    pub fn end_session(&self, project: ProjectId, session: &str) {
        let room = self.project(project);
        room.lock().counts.open.end(session, self.0.clock.now_ms());
    }

    /// Lets a viewer in.
    #[must_use]
    pub fn subscribe(&self, project: ProjectId, wish: Wish) -> Subscription {
        let limits = &self.0.limits;
        let bounds = Bounds {
            items: limits.waiting_events,
            bytes: usize::try_from(limits.waiting_bytes.as_u64()).unwrap_or(usize::MAX),
        };
        let queue = Arc::new(Queue::new(wish.filter, wish.takes_notes, bounds));
        let project = self.project(project);
        // One lock for both: nothing is missed and nothing comes twice.
        let mut room = project.lock();
        let point = self.0.now_at.read().clone();
        let is_foreign = |resume: &Point| resume.log != point.log;
        let is_incomplete = wish.resume.as_ref().is_some_and(is_foreign);
        let seen = wish.resume.filter(|resume| !is_foreign(resume));
        let missed = match &seen {
            Some(seen) => room.since(seen, &self.0.start.read().next),
            None => Missed {
                is_incomplete,
                ..Missed::default()
            },
        };
        room.enter(Arc::clone(&queue));
        drop(room);
        let wanted = |item: &Shared| queue.filter.admits(item);
        Subscription {
            missed: missed.items.into_iter().filter(wanted).collect(),
            has_gap: missed.is_incomplete,
            point,
            seen,
            queue,
            project,
        }
    }

    /// The counts of `project` as JSON.
    #[must_use]
    pub fn live(&self, project: ProjectId) -> Bytes {
        let room = self.project(project);
        let mut room = room.lock();
        room.counts
            .snapshot(self.0.clock.now_ms(), self.0.session_timeout_ms)
    }

    /// How many sessions of `project` are open, as far as this instance knows.
    #[must_use]
    pub fn open_sessions(&self, project: ProjectId) -> usize {
        let since = self.0.clock.now_ms() - self.0.session_timeout_ms;
        let room = self.project(project);
        let room = room.lock();
        room.counts.open.count(since)
    }

    /// What changed about sessions since it was last asked, by project.
    #[must_use]
    pub fn session_changes(&self) -> Vec<(ProjectId, Vec<Change>)> {
        let projects = self.0.projects.read();
        let changed = projects.iter().filter_map(|(id, room)| {
            let changes = room.lock().counts.open.changes();
            (!changes.is_empty()).then_some((*id, changes))
        });
        changed.collect()
    }

    /// Forgets what is not counted any more, and projects where nothing is left.
    pub fn forget(&self) {
        let now = self.0.clock.now_ms();
        let mut projects = self.0.projects.write();
        projects.retain(|_, room| {
            let is_in_use = Arc::strong_count(room) > 1;
            let mut room = room.lock();
            room.counts.forget(now, self.0.session_timeout_ms);
            is_in_use || room.kept() > 0 || !room.counts.is_empty(now)
        });
    }

    fn project(&self, id: ProjectId) -> Arc<Mutex<Project>> {
        if let Some(found) = self.0.projects.read().get(&id) {
            return Arc::clone(found);
        }
        let counted = self.0.limits.counted;
        let mut projects = self.0.projects.write();
        let made = projects
            .entry(id)
            .or_insert_with(|| Arc::new(Mutex::new(Project::new(counted))));
        Arc::clone(made)
    }

    /// Keeps the events of all projects within their bytes: those that nobody
    /// watches give first, then all.
    fn make_room(&self) {
        let max = isize::try_from(self.0.limits.replay_bytes.as_u64()).unwrap_or(isize::MAX);
        let kept = || self.0.kept_bytes.load(Ordering::Relaxed);
        if kept() > max {
            let projects = self.0.projects.read();
            for spares_watched in [true, false] {
                for room in projects.values() {
                    if kept() <= max / 2 {
                        break;
                    }
                    let mut room = room.lock();
                    if spares_watched && room.is_watched() {
                        continue;
                    }
                    let keep = if spares_watched { 0 } else { room.kept() / 2 };
                    let less = room.shrink(keep);
                    self.0.kept_bytes.fetch_add(less, Ordering::Relaxed);
                }
            }
        }
        REPLAY_BYTES.level(&[]).set(kept() as f64);
    }
}

#[cfg(test)]
mod tests;
