//! Which sessions have a socket: one that closes and does not come back ends
//! its session.

use std::collections::HashMap;
use std::sync::Arc;

use event_schema::ids::ProjectId;
use parking_lot::Mutex;

type Session = (ProjectId, String);

/// The sessions that have sockets here. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Visits(Arc<Mutex<HashMap<Session, usize>>>);

/// One socket of a session.
#[derive(Debug)]
pub struct Visit {
    visits: Visits,
    session: Session,
}

impl Visits {
    /// A session has a socket more, until the visit is dropped.
    #[must_use]
    pub fn enter(&self, project: ProjectId, session: &str) -> Visit {
        let session = (project, session.to_owned());
        *self.0.lock().entry(session.clone()).or_default() += 1;
        Visit {
            visits: self.clone(),
            session,
        }
    }

    /// Whether a session has a socket.
    #[must_use]
    pub fn is_here(&self, project: ProjectId, session: &str) -> bool {
        self.0.lock().contains_key(&(project, session.to_owned()))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut visits = self.visits.0.lock();
        if let Some(count) = visits.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                visits.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_session_is_here_while_one_of_its_sockets_is() {
        let (visits, project) = (Visits::default(), ProjectId(Uuid::nil()));
        let (one, two) = (visits.enter(project, "s"), visits.enter(project, "s"));
        drop(one);
        assert!(visits.is_here(project, "s"));
        drop(two);
        assert!(!visits.is_here(project, "s"));
    }
}
