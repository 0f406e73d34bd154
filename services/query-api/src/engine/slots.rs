//! How many queries run at once: all together, and for one project.

use super::Failure;
use event_schema::ids::ProjectId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for queries.
#[derive(Debug)]
pub(super) struct Slots {
    all: Arc<Semaphore>,
    per_project: usize,
    wait_max: Duration,
    projects: Mutex<HashMap<ProjectId, Weak<Semaphore>>>,
}

/// A query's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _all: OwnedSemaphorePermit,
    _project: OwnedSemaphorePermit,
    _semaphore: Arc<Semaphore>,
}

impl Slots {
    /// `total` places, `per_project` of them for one project. Who finds none
    /// waits `wait_max`.
    pub(super) fn new(total: usize, per_project: usize, wait_max: Duration) -> Self {
        Self {
            all: Arc::new(Semaphore::new(total)),
            per_project,
            wait_max,
            projects: Mutex::default(),
        }
    }

    /// A place for a query of `project`, or [`Failure::Busy`]. The project's
    /// own places come first: one that has used them up does not stand in the
    /// way of others.
    pub(super) async fn take(&self, project: ProjectId) -> Result<Slot, Failure> {
        let semaphore = self.of(project);
        let taking = async {
            let own = Arc::clone(&semaphore).acquire_owned().await;
            let all = Arc::clone(&self.all).acquire_owned().await;
            own.ok().zip(all.ok())
        };
        match tokio::time::timeout(self.wait_max, taking).await {
            Ok(Some((project, all))) => Ok(Slot {
                _all: all,
                _project: project,
                _semaphore: semaphore,
            }),
            Ok(None) | Err(_) => Err(Failure::Busy),
        }
    }

    fn of(&self, project: ProjectId) -> Arc<Semaphore> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = projects.get(&project).and_then(Weak::upgrade) {
            return semaphore;
        }
        projects.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.per_project));
        projects.insert(project, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProjectId = ProjectId(uuid::Uuid::from_u128(1));
    const B: ProjectId = ProjectId(uuid::Uuid::from_u128(2));

    #[tokio::test]
    async fn one_project_does_not_take_every_place() {
        let slots = Slots::new(3, 2, Duration::from_millis(10));
        let held = (slots.take(A).await.unwrap(), slots.take(A).await.unwrap());
        assert_eq!(slots.take(A).await.unwrap_err(), Failure::Busy);
        let other = slots.take(B).await.unwrap();
        assert_eq!(slots.take(B).await.unwrap_err(), Failure::Busy);
        drop(held);
        let again = slots.take(A).await.unwrap();
        drop((other, again));
    }
}
