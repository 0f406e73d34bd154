use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    Shared, State,
    group::{Change, Member},
};
use crate::{
    Assignment, Consumer, Delivery, Guarantees, LogId, OutOfRange, Position, Received, Revocation,
    Start, Topic, TransportError, Watermarks,
};

/// A member of a group on a [`super::MemoryTransport`]. Dropping it leaves the
/// group.
#[derive(Debug)]
pub struct MemoryConsumer {
    shared: Arc<Shared>,
    group: String,
    member: u64,
    closed: Mutex<bool>,
}

impl MemoryConsumer {
    pub(super) fn join(shared: Arc<Shared>, group: &str) -> Self {
        let member = {
            let mut state = shared.state.lock();
            let member = state.next_member;
            state.next_member += 1;
            state
                .groups
                .entry(group.to_owned())
                .or_default()
                .join(member);
            member
        };
        shared.changed.notify_waiters();
        Self {
            shared,
            group: group.to_owned(),
            member,
            closed: Mutex::new(false),
        }
    }

    fn leave(&self) {
        if std::mem::replace(&mut *self.closed.lock(), true) {
            return;
        }
        if let Some(group) = self.shared.state.lock().groups.get_mut(&self.group) {
            group.leave(self.member);
        }
        self.shared.changed.notify_waiters();
    }

    /// What is there for this member now.
    fn next(&self, max: usize) -> Result<Option<Received>, TransportError> {
        if *self.closed.lock() {
            return Err(TransportError::Closed);
        }
        let mut state = self.shared.state.lock();
        if state.faults.down {
            return Ok(None);
        }
        let partition_count = state.log.partition_count(Topic::Events);
        let group = state
            .groups
            .get_mut(&self.group)
            .ok_or(TransportError::Closed)?;
        if let Some(change) = group.change(self.member, partition_count) {
            drop(state);
            return Ok(Some(self.tell(change)));
        }
        Ok(state.deliver(&self.group, self.member, max))
    }

    /// Wraps a change, and applies its answer when it comes.
    fn tell(&self, change: Change) -> Received {
        let shared = Arc::clone(&self.shared);
        let (group, member) = (self.group.clone(), self.member);
        match change {
            Change::Assigned(partitions) => {
                let (assignment, answered) = Assignment::new(partitions);
                tokio::spawn(async move {
                    if let Ok(starts) = answered.await {
                        shared.state.lock().start(&group, member, &starts);
                        shared.changed.notify_waiters();
                    }
                });
                Received::Assigned(assignment)
            }
            Change::Revoked { partitions, lost } => {
                let (revocation, released) = Revocation::new(partitions.clone(), lost);
                tokio::spawn(async move {
                    // Dropping the revocation releases as well.
                    let _ = released.await;
                    if let Some(group) = shared.state.lock().groups.get_mut(&group) {
                        group.release(member, &partitions);
                    }
                    shared.changed.notify_waiters();
                });
                Received::Revoked(revocation)
            }
        }
    }

    /// Changes this member's state, provided it owns all the partitions.
    fn with_owned(
        &self,
        partitions: &[u32],
        change: impl FnOnce(&mut Member),
    ) -> Result<(), TransportError> {
        let mut state = self.shared.state.lock();
        let group = state
            .groups
            .get_mut(&self.group)
            .ok_or(TransportError::Closed)?;
        if let Some(foreign) = partitions.iter().find(|p| !group.owns(self.member, **p)) {
            return Err(TransportError::NotOwner(format!("partition {foreign}")));
        }
        change(group.member(self.member).ok_or(TransportError::Closed)?);
        drop(state);
        self.shared.changed.notify_waiters();
        Ok(())
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn receive(&self, max: usize, within: Duration) -> Result<Received, TransportError> {
        let deadline = Instant::now() + within;
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(received) = self.next(max)? {
                return Ok(received);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Ok(Received::Deliveries(Vec::new()));
            }
        }
    }

    async fn commit(&self, frontier: &[Position]) -> Result<(), TransportError> {
        let mut state = self.shared.state.lock();
        state.reachable()?;
        let group = state
            .groups
            .get_mut(&self.group)
            .ok_or(TransportError::Closed)?;
        for position in frontier {
            if !group.owns(self.member, position.partition) {
                return Err(TransportError::NotOwner(format!(
                    "partition {}",
                    position.partition
                )));
            }
        }
        for position in frontier {
            group.committed.insert(position.partition, position.offset);
        }
        Ok(())
    }

    async fn pause(&self, partitions: &[u32]) -> Result<(), TransportError> {
        self.with_owned(partitions, |member| member.paused.extend(partitions))
    }

    async fn resume(&self, partitions: &[u32]) -> Result<(), TransportError> {
        self.with_owned(partitions, |member| {
            member
                .paused
                .retain(|partition| !partitions.contains(partition));
        })
    }

    async fn seek(&self, to: Position) -> Result<(), TransportError> {
        self.with_owned(&[to.partition], |member| {
            member.next.insert(to.partition, to.offset);
            member.stuck.remove(&to.partition);
        })
    }

    async fn watermarks(
        &self,
        partitions: &[u32],
    ) -> Result<BTreeMap<u32, Watermarks>, TransportError> {
        let state = self.shared.state.lock();
        state.reachable()?;
        let answer = |partition: &u32| {
            let found = state
                .log
                .watermarks(*partition)
                .map(|marks| (*partition, marks));
            found.ok_or_else(|| TransportError::UnknownPartition {
                topic: Topic::Events.name().to_owned(),
                partition: *partition,
            })
        };
        partitions.iter().map(answer).collect()
    }

    async fn end_offsets(&self, partitions: &[u32]) -> Result<BTreeMap<u32, u64>, TransportError> {
        let marks = self.watermarks(partitions).await?;
        Ok(marks
            .into_iter()
            .map(|(partition, marks)| (partition, marks.end))
            .collect())
    }

    async fn appended_at(
        &self,
        positions: &[Position],
    ) -> Result<BTreeMap<Position, i64>, TransportError> {
        let state = self.shared.state.lock();
        state.reachable()?;
        let time = |position: &Position| {
            let found = state.log.read(*position, 1).ok()?;
            Some((*position, found.first()?.appended_at.timestamp_millis()))
        };
        Ok(positions.iter().filter_map(time).collect())
    }

    async fn partition_count(&self) -> Result<u32, TransportError> {
        let state = self.shared.state.lock();
        state.reachable()?;
        Ok(state.log.partition_count(Topic::Events))
    }

    async fn log_id(&self) -> Result<LogId, TransportError> {
        let state = self.shared.state.lock();
        state.reachable()?;
        Ok(state.log.id.clone())
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees {
            replayable: true,
            key_affinity: true,
            shared: true,
        }
    }

    async fn close(&self, _within: Duration) -> Result<(), TransportError> {
        self.leave();
        Ok(())
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.leave();
    }
}

impl State {
    fn start(&mut self, group: &str, member: u64, starts: &BTreeMap<u32, Start>) {
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        for (&partition, start) in starts {
            if !group.owns(member, partition) {
                continue;
            }
            let marks = self
                .log
                .watermarks(partition)
                .unwrap_or(Watermarks { low: 0, end: 0 });
            let next = match start {
                Start::Offset(offset) => *offset,
                Start::Committed => group
                    .committed
                    .get(&partition)
                    .copied()
                    .unwrap_or(marks.low),
                Start::Earliest => marks.low,
                Start::Latest => marks.end,
            };
            if let Some(member) = group.member(member) {
                member.next.insert(partition, next);
            }
        }
    }

    /// Deliveries for a member, one partition after the other in turn.
    fn deliver(&mut self, group: &str, member: u64, max: usize) -> Option<Received> {
        let member = self.groups.get_mut(group)?.member(member)?;
        let ready: BTreeSet<u32> = member
            .next
            .keys()
            .copied()
            .filter(|partition| !member.paused.contains(partition))
            .filter(|partition| !member.stuck.contains(partition))
            .collect();
        let order: Vec<u32> = ready
            .range(member.turn..)
            .chain(ready.range(..member.turn))
            .copied()
            .collect();
        let mut deliveries: Vec<Delivery> = Vec::new();
        let mut missing: Vec<OutOfRange> = Vec::new();
        for partition in order {
            let room = max - deliveries.len();
            if room == 0 {
                break;
            }
            let position = Position::new(partition, member.next[&partition]);
            match self.log.read(position, room) {
                Ok(found) => {
                    member
                        .next
                        .insert(partition, position.offset + found.len() as u64);
                    deliveries.extend(found);
                    member.turn = partition + 1;
                }
                Err(out_of_range) => {
                    member.stuck.insert(partition);
                    missing.push(out_of_range);
                }
            }
        }
        if !deliveries.is_empty() {
            for out_of_range in missing {
                // Told again with nothing else to deliver.
                member.stuck.remove(&out_of_range.wanted.partition);
            }
            return Some(Received::Deliveries(deliveries));
        }
        (!missing.is_empty()).then_some(Received::OutOfRange(missing))
    }
}
