//! Sessions that outlive a request (`session_id`): temporary tables and SET stay in them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::engine::{Connection, EngineError};
use crate::http::SessionRequest;

/// The open sessions by the client's name for them.
#[derive(Debug)]
pub struct Sessions {
    slots: Mutex<HashMap<String, Slot>>,
    capacity: usize,
}

#[derive(Debug)]
enum Slot {
    /// A request has it.
    Busy,
    /// It waits for the next request until the given time.
    Idle(Connection, Instant),
}

impl Sessions {
    /// Room for `capacity` sessions.
    pub fn new(capacity: usize) -> Self {
        Self {
            slots: Mutex::new(HashMap::new()),
            capacity,
        }
    }

    /// Takes the session out for one request; `None` stands for a new one.
    ///
    /// # Errors
    /// When another request has it, when it should exist and does not, or when there are too many.
    pub fn take(&self, request: &SessionRequest) -> Result<Option<Connection>, EngineError> {
        let mut slots = self.slots.lock();
        let now = Instant::now();
        slots.retain(|_, slot| {
            matches!(slot, Slot::Busy) || matches!(slot, Slot::Idle(_, end) if *end > now)
        });
        let known = slots.len();
        match slots.get_mut(&request.id) {
            Some(slot) => match std::mem::replace(slot, Slot::Busy) {
                Slot::Idle(connection, _) => Ok(Some(connection)),
                Slot::Busy => Err(EngineError::new(
                    373,
                    "SESSION_IS_LOCKED",
                    &format!("Session {} is locked by a concurrent client", request.id),
                )),
            },
            None if request.check => Err(EngineError::new(
                372,
                "SESSION_NOT_FOUND",
                &format!("Session {} not found", request.id),
            )),
            None if known >= self.capacity => Err(EngineError::new(
                202,
                "TOO_MANY_SIMULTANEOUS_QUERIES",
                "too many open sessions",
            )),
            None => {
                slots.insert(request.id.clone(), Slot::Busy);
                Ok(None)
            }
        }
    }

    /// Gives a session back; without a connection, or when the request closes it, it is gone.
    pub fn give_back(&self, request: &SessionRequest, connection: Option<Connection>) {
        let mut slots = self.slots.lock();
        match connection.filter(|_| !request.close) {
            Some(connection) => {
                let end = Instant::now() + Duration::from_secs(request.timeout);
                slots.insert(request.id.clone(), Slot::Idle(connection, end));
            }
            None => drop(slots.remove(&request.id)),
        }
    }

    /// Closes what nobody asked for in time, and all idle ones when `all` is set.
    pub fn sweep(&self, all: bool) {
        let now = Instant::now();
        self.slots.lock().retain(|_, slot| match slot {
            Slot::Busy => true,
            Slot::Idle(_, end) => !all && *end > now,
        });
    }
}
