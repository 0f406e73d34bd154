//! How many connections there may be: in all, and for one project.

use std::collections::HashMap;
use std::sync::Arc;

use event_schema::ids::ProjectId;
use parking_lot::Mutex;
use service_kit::http::ApiError;

use crate::metrics::{CONNECTIONS, TURNED_AWAY};

/// Places for connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Slots(Arc<Mutex<Taken>>);

#[derive(Debug)]
struct Taken {
    all: usize,
    all_max: usize,
    by_project: HashMap<(ProjectId, &'static str), usize>,
}

/// One connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    project: Option<ProjectId>,
    kind: &'static str,
    pool: &'static str,
}

/// The kinds of connections, as metrics name them.
pub const SSE: &str = "sse";
/// A viewer's socket.
pub const SOCKET: &str = "socket";
/// A visitor's socket.
pub const VISITOR: &str = "visitor";

impl Slots {
    /// At most so many in all.
    #[must_use]
    pub fn new(all_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Taken {
            all: 0,
            all_max,
            by_project: HashMap::new(),
        })))
    }

    /// A place for a connection that belongs to no project yet.
    ///
    /// # Errors
    /// 429 when all are taken.
    pub fn take(&self, kind: &'static str) -> Result<Slot, ApiError> {
        let mut taken = self.0.lock();
        if taken.all >= taken.all_max {
            return Err(full("too many connections are open"));
        }
        taken.all += 1;
        CONNECTIONS.level(&[kind]).increment(1.0);
        Ok(Slot {
            slots: self.clone(),
            project: None,
            kind,
            pool: if kind == VISITOR { VISITOR } else { "viewer" },
        })
    }
}

impl Slot {
    /// Makes it one of the `max` places of `project`.
    ///
    /// # Errors
    /// 429 when all of those are taken.
    pub fn belong(&mut self, project: ProjectId, max: usize) -> Result<(), ApiError> {
        if self.project == Some(project) {
            return Ok(());
        }
        let mut taken = self.slots.0.lock();
        let count = taken.by_project.entry((project, self.pool)).or_default();
        if *count >= max {
            return Err(full("too many connections of this project are open"));
        }
        *count += 1;
        self.project = Some(project);
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock();
        taken.all -= 1;
        if let Some(project) = self.project {
            let key = (project, self.pool);
            if let Some(count) = taken.by_project.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    taken.by_project.remove(&key);
                }
            }
        }
        CONNECTIONS.level(&[self.kind]).decrement(1.0);
    }
}

fn full(detail: &str) -> ApiError {
    TURNED_AWAY.count(&["too_many_streams"]).increment(1);
    ApiError::too_many("too_many_streams", detail, 5)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const A: ProjectId = ProjectId(Uuid::from_u128(1));
    const B: ProjectId = ProjectId(Uuid::from_u128(2));

    #[test]
    fn places_are_counted_in_all_and_by_project_and_given_back() {
        let slots = Slots::new(3);
        let belonging = |project, kind| {
            let mut slot = slots.take(kind)?;
            slot.belong(project, 1)?;
            Ok::<Slot, ApiError>(slot)
        };
        let first = belonging(A, SSE).unwrap();
        assert_eq!(belonging(A, SOCKET).unwrap_err().code, "too_many_streams");
        let _visitor = belonging(A, VISITOR).unwrap();
        let _other = belonging(B, SSE).unwrap();
        assert_eq!(slots.take(SSE).unwrap_err().status, 429);
        drop(first);
        assert!(belonging(A, SOCKET).is_ok());
    }
}
