use std::collections::{BTreeMap, BTreeSet};

/// The members of a group and who owns which partition of `events`.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: BTreeMap<u64, Member>,
    /// A partition has an owner until that one released it.
    owners: BTreeMap<u32, u64>,
    pub(super) committed: BTreeMap<u32, u64>,
}

/// One consumer's share.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// Next offset of each partition that was started.
    pub(super) next: BTreeMap<u32, u64>,
    pub(super) paused: BTreeSet<u32>,
    /// Out of range and reported: stands still until a seek.
    pub(super) stuck: BTreeSet<u32>,
    /// Told to give up, not yet released.
    revoking: BTreeSet<u32>,
    expired: bool,
    /// Where round-robin delivery goes on.
    pub(super) turn: u32,
}

/// What a member is to be told before it gets deliveries.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(BTreeSet<u32>),
    Revoked {
        partitions: BTreeSet<u32>,
        lost: bool,
    },
}

impl Group {
    pub(super) fn join(&mut self, member: u64) {
        self.members.insert(member, Member::default());
    }

    pub(super) fn leave(&mut self, member: u64) {
        self.members.remove(&member);
        self.owners.retain(|_, owner| *owner != member);
    }

    pub(super) fn member(&mut self, member: u64) -> Option<&mut Member> {
        self.members.get_mut(&member)
    }

    pub(super) fn owns(&self, member: u64, partition: u32) -> bool {
        self.owners.get(&partition) == Some(&member)
    }

    /// Members as if the broker had not heard of them for too long.
    pub(super) fn expire_all(&mut self) {
        for member in self.members.values_mut() {
            member.expired = true;
        }
        self.owners.clear();
    }

    /// The next change for a member, which counts as told.
    pub(super) fn change(&mut self, member: u64, partition_count: u32) -> Option<Change> {
        let order: Vec<u64> = self.members.keys().copied().collect();
        let target = |partition: u32| order[partition as usize % order.len()];
        let state = self.members.get_mut(&member)?;

        if std::mem::take(&mut state.expired) {
            let partitions: BTreeSet<u32> = std::mem::take(&mut state.next).into_keys().collect();
            *state = Member::default();
            if !partitions.is_empty() {
                return Some(Change::Revoked {
                    partitions,
                    lost: true,
                });
            }
        }
        let owned = self.owners.iter().filter(|(_, owner)| **owner == member);
        let too_many: BTreeSet<u32> = owned
            .map(|(&partition, _)| partition)
            .filter(|partition| target(*partition) != member && !state.revoking.contains(partition))
            .collect();
        if !too_many.is_empty() {
            for partition in &too_many {
                state.forget(*partition);
                state.revoking.insert(*partition);
            }
            return Some(Change::Revoked {
                partitions: too_many,
                lost: false,
            });
        }
        let free: BTreeSet<u32> = (0..partition_count)
            .filter(|partition| {
                target(*partition) == member && !self.owners.contains_key(partition)
            })
            .collect();
        if free.is_empty() {
            return None;
        }
        for &partition in &free {
            self.owners.insert(partition, member);
        }
        Some(Change::Assigned(free))
    }

    /// A revocation was answered.
    pub(super) fn release(&mut self, member: u64, partitions: &BTreeSet<u32>) {
        for partition in partitions {
            if self.owns(member, *partition) {
                self.owners.remove(partition);
            }
            if let Some(state) = self.members.get_mut(&member) {
                state.revoking.remove(partition);
            }
        }
    }
}

impl Member {
    pub(super) fn forget(&mut self, partition: u32) {
        self.next.remove(&partition);
        self.paused.remove(&partition);
        self.stuck.remove(&partition);
    }
}
