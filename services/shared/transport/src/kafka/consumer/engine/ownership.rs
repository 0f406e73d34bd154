use std::collections::BTreeSet;

use rdkafka::consumer::Consumer as _;
use tokio::sync::oneshot;
use tracing::{debug, error, info, warn};

use super::Engine;
use crate::{
    Assignment, Received, Revocation, TransportError, kafka::consumer::context::GroupChange,
    metrics as m,
};

/// What the group gives and takes, and the receiver's answers.
impl Engine {
    /// Tells the receiver what the group decided while polling.
    pub(super) fn follow_group(&mut self) {
        for change in self.consumer.context().take_changes() {
            match change {
                GroupChange::Assigned(partitions) => {
                    info!(?partitions, "assigned");
                    m::REBALANCES.count(&["assigned"]).increment(1);
                    let (assignment, answered) = Assignment::new(partitions.clone());
                    self.unstarted.push((partitions, answered));
                    self.inbox.tell(Received::Assigned(assignment));
                }
                GroupChange::Revoked { partitions, lost } => self.revoke(partitions, lost),
            }
        }
        m::PARTITIONS_OWNED
            .level(&[])
            .set(self.readings.lock().len() as f64);
    }

    fn revoke(&mut self, partitions: BTreeSet<u32>, lost: bool) {
        info!(?partitions, lost, "revoked");
        m::REBALANCES
            .count(&[if lost { "lost" } else { "revoked" }])
            .increment(1);
        let mut readings = self.readings.lock();
        for partition in &partitions {
            // Nothing of it is delivered from here on.
            readings.remove(*partition);
            self.starting.remove(partition);
        }
        self.inbox.purge(&partitions);
        drop(readings);
        for (unstarted, _) in &mut self.unstarted {
            unstarted.retain(|partition| !partitions.contains(partition));
        }
        let (revocation, released) = Revocation::new(partitions.clone(), lost);
        if lost {
            self.let_go(&partitions);
        } else {
            self.releasing.push((partitions, released));
        }
        self.inbox.tell(Received::Revoked(revocation));
    }

    /// Lets go of what the receiver has released.
    pub(super) fn release(&mut self) {
        let mut waiting = Vec::new();
        for (partitions, mut released) in std::mem::take(&mut self.releasing) {
            match released.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => waiting.push((partitions, released)),
                // A revocation that was dropped is released.
                Ok(()) | Err(oneshot::error::TryRecvError::Closed) => self.let_go(&partitions),
            }
        }
        self.releasing = waiting;
    }

    /// Gives partitions back to the library, those of them that it has.
    fn let_go(&mut self, partitions: &BTreeSet<u32>) {
        let held = match self.consumer.assignment() {
            Ok(held) => held,
            Err(error) => return warn!(%error, "the library does not tell what it holds"),
        };
        let elements = held.elements();
        let held: Vec<u32> = elements
            .iter()
            .map(|element| element.partition().cast_unsigned())
            .filter(|partition| partitions.contains(partition))
            .collect();
        // Also with nothing in it: the library waits for the call.
        if let Err(error) = self.consumer.incremental_unassign(&self.list(held)) {
            warn!(%error, ?partitions, "could not let go");
        }
    }

    /// Begins to read what the receiver has given a start.
    pub(super) fn start(&mut self) {
        let mut waiting = Vec::new();
        for (partitions, mut answered) in std::mem::take(&mut self.unstarted) {
            match answered.try_recv() {
                Ok(starts) => {
                    self.starting
                        .extend(starts.into_iter().filter(|(p, _)| partitions.contains(p)));
                }
                Err(oneshot::error::TryRecvError::Empty) => waiting.push((partitions, answered)),
                Err(oneshot::error::TryRecvError::Closed) if partitions.is_empty() => {}
                Err(oneshot::error::TryRecvError::Closed) => {
                    error!(?partitions, "an assignment was dropped: these are not read");
                }
            }
        }
        self.unstarted = waiting;
        if !self.starting.is_empty()
            && let Err(error) = self.begin()
        {
            debug!(%error, "could not start reading, trying again");
        }
    }

    fn begin(&mut self) -> Result<(), TransportError> {
        let positions = self.resolve()?;
        if self.fetcher.is_none() {
            self.assign(&positions)?;
        }
        self.starting.clear();
        let mut readings = self.readings.lock();
        for position in positions {
            readings.place(position.partition, position.offset);
        }
        drop(readings);
        self.wake_fetcher();
        Ok(())
    }
}
