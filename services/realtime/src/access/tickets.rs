//! Tickets: what a page shows in place of its token where it cannot set
//! headers. Good once, for a short time, at the instance that gave it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use service_kit::Clock;
use uuid::Uuid;

use super::Grant;

/// The tickets that were given out and not used. Cheap to clone.
#[derive(Clone)]
pub struct Tickets(Arc<Inner>);

struct Inner {
    open: Mutex<HashMap<String, (Grant, i64)>>,
    max: usize,
    lifetime: Duration,
    clock: Clock,
}

impl Tickets {
    /// At most `max` at once, each good for `lifetime`.
    #[must_use]
    pub fn new(max: usize, lifetime: Duration, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            open: Mutex::default(),
            max,
            lifetime,
            clock,
        }))
    }

    /// How long one is good for.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    /// A new ticket; `None` when too many wait to be used.
    #[must_use]
    pub fn issue(&self, grant: Grant) -> Option<String> {
        let now = self.0.clock.now_ms();
        let ends = now + i64::try_from(self.0.lifetime.as_millis()).unwrap_or(i64::MAX / 2);
        let mut open = self.0.open.lock();
        if open.len() >= self.0.max {
            open.retain(|_, (_, ends)| *ends > now);
        }
        if open.len() >= self.0.max {
            return None;
        }
        // Two random UUIDs: 244 bits nobody can guess.
        let ticket = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        open.insert(ticket.clone(), (grant, ends));
        Some(ticket)
    }

    /// What the ticket stands for; it is used up by this.
    #[must_use]
    pub fn redeem(&self, ticket: &str) -> Option<Grant> {
        let (grant, ends) = self.0.open.lock().remove(ticket)?;
        (ends > self.0.clock.now_ms()).then_some(grant)
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use event_schema::ids::ProjectId;
    use service_kit::config::Secret;

    use super::super::Holder;
    use super::*;

    fn grant() -> Grant {
        Grant {
            project: ProjectId(Uuid::from_u128(1)),
            holder: Holder::Key(Secret::new("ak_1")),
        }
    }

    #[test]
    fn a_ticket_is_good_once_and_for_a_while() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let tickets = Tickets::new(2, Duration::from_secs(30), clock.clone());
        let ticket = tickets.issue(grant()).unwrap();
        assert!(tickets.redeem(&ticket).is_some());
        assert!(tickets.redeem(&ticket).is_none());
        let late = tickets.issue(grant()).unwrap();
        clock.advance(Duration::from_secs(30));
        assert!(tickets.redeem(&late).is_none());
    }

    #[test]
    fn unused_tickets_make_room_when_their_time_is_over() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let tickets = Tickets::new(2, Duration::from_secs(30), clock.clone());
        assert!(tickets.issue(grant()).is_some() && tickets.issue(grant()).is_some());
        assert!(tickets.issue(grant()).is_none());
        clock.advance(Duration::from_secs(31));
        assert!(tickets.issue(grant()).is_some());
    }
}
