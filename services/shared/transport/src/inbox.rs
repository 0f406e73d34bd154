use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::{Delivery, Received, TransportError};

/// What was read and waits to be received. Filled by the reading thread, bounded
/// by count and bytes; changes of ownership always fit and come first.
#[derive(Debug)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// Something arrived.
    arrived: Notify,
    /// There is room again: for a thread, and for a task.
    room: Condvar,
    room_for_task: Notify,
    deliveries_limit: usize,
    bytes_limit: usize,
}

#[derive(Debug, Default)]
struct State {
    changes: VecDeque<Received>,
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    closed: Option<TransportError>,
}

impl Inbox {
    pub(crate) fn new(deliveries_limit: usize, bytes_limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Notify::new(),
            room: Condvar::new(),
            room_for_task: Notify::new(),
            deliveries_limit,
            bytes_limit,
        }
    }

    pub(crate) fn push(&self, deliveries: Vec<Delivery>) {
        if deliveries.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        state.bytes += deliveries.iter().map(weight).sum::<usize>();
        state.deliveries.extend(deliveries);
        drop(state);
        self.arrived.notify_one();
    }

    pub(crate) fn tell(&self, change: Received) {
        self.state.lock().changes.push_back(change);
        self.arrived.notify_one();
    }

    /// Drops what waits of these partitions.
    pub(crate) fn purge(&self, partitions: &BTreeSet<u32>) {
        let mut state = self.state.lock();
        state
            .deliveries
            .retain(|delivery| !partitions.contains(&delivery.position.partition));
        state.bytes = state.deliveries.iter().map(weight).sum();
        drop(state);
        self.make_room();
    }

    /// Waits for something to receive, at most `within`; see
    /// [`Consumer::receive`](crate::Consumer::receive).
    pub(crate) async fn receive(
        &self,
        max: usize,
        within: Duration,
    ) -> Result<Received, TransportError> {
        let deadline = Instant::now() + within;
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if let Some(received) = self.take(max)? {
                return Ok(received);
            }
            if tokio::time::timeout_at(deadline, arrived).await.is_err() {
                return Ok(Received::Deliveries(Vec::new()));
            }
        }
    }

    /// The next thing to receive, with up to `max` deliveries.
    fn take(&self, max: usize) -> Result<Option<Received>, TransportError> {
        let mut state = self.state.lock();
        if let Some(change) = state.changes.pop_front() {
            return Ok(Some(change));
        }
        let count = max.min(state.deliveries.len());
        if count > 0 {
            let taken: Vec<Delivery> = state.deliveries.drain(..count).collect();
            state.bytes -= taken.iter().map(weight).sum::<usize>();
            drop(state);
            self.make_room();
            return Ok(Some(Received::Deliveries(taken)));
        }
        match &state.closed {
            Some(error) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// Whether more may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.is_roomy(&self.state.lock())
    }

    /// Waits for room; `false` when there is none after `within`. Blocks.
    pub(crate) fn wait_for_room(&self, within: Duration) -> bool {
        let mut state = self.state.lock();
        if !self.is_roomy(&state) {
            // Either way the state is looked at again.
            let _ = self.room.wait_for(&mut state, within);
        }
        self.is_roomy(&state)
    }

    fn make_room(&self) {
        self.room.notify_one();
        self.room_for_task.notify_one();
    }

    /// Notified when there may be room again, for one waiting task.
    pub(crate) async fn room(&self) {
        while !self.has_room() {
            self.room_for_task.notified().await;
        }
    }

    fn is_roomy(&self, state: &State) -> bool {
        state.deliveries.len() < self.deliveries_limit && state.bytes < self.bytes_limit
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().deliveries.len()
    }

    /// Nothing more will come: what waits is dropped.
    pub(crate) fn close(&self, why: TransportError) {
        let mut state = self.state.lock();
        state.deliveries.clear();
        state.bytes = 0;
        state.closed.get_or_insert(why);
        drop(state);
        self.arrived.notify_waiters();
        self.arrived.notify_one();
        self.room.notify_all();
    }
}

fn weight(delivery: &Delivery) -> usize {
    const STRUCTURE: usize = 128;
    STRUCTURE + delivery.key.len() + delivery.payload.len()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;

    use super::*;
    use crate::{Position, Revocation};

    fn delivery(partition: u32, offset: u64) -> Delivery {
        Delivery {
            position: Position::new(partition, offset),
            appended_at: DateTime::UNIX_EPOCH,
            key: Bytes::new(),
            headers: Vec::new(),
            payload: Bytes::from_static(b"x"),
            redelivered: false,
        }
    }

    #[test]
    fn changes_come_before_deliveries() {
        let inbox = Inbox::new(10, 1 << 20);
        inbox.push(vec![delivery(0, 0)]);
        inbox.tell(Received::Revoked(
            Revocation::new(BTreeSet::from([0]), false).0,
        ));
        assert!(matches!(inbox.take(10), Ok(Some(Received::Revoked(_)))));
        assert!(matches!(inbox.take(10), Ok(Some(Received::Deliveries(_)))));
        assert!(matches!(inbox.take(10), Ok(None)));
    }

    #[test]
    fn taking_nothing_leaves_deliveries_and_shows_changes() {
        let inbox = Inbox::new(10, 1 << 20);
        inbox.push(vec![delivery(0, 0)]);
        assert!(matches!(inbox.take(0), Ok(None)));
        assert_eq!(inbox.len(), 1);
    }

    #[test]
    fn revoked_partitions_are_purged() {
        let inbox = Inbox::new(2, 1 << 20);
        inbox.push(vec![delivery(0, 0), delivery(1, 0), delivery(0, 1)]);
        assert!(!inbox.has_room());
        inbox.purge(&BTreeSet::from([0]));
        assert!(inbox.has_room());
        let Ok(Some(Received::Deliveries(left))) = inbox.take(10) else {
            panic!("one is left")
        };
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].position.partition, 1);
    }

    #[test]
    fn a_closed_inbox_says_why() {
        let inbox = Inbox::new(2, 1 << 20);
        inbox.close(TransportError::Closed);
        assert_eq!(inbox.take(1).unwrap_err(), TransportError::Closed);
    }
}
