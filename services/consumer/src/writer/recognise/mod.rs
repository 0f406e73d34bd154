//! Telling repeats from new events, before anything is inserted.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use event_schema::ids::ProjectId;
use transport::partition_of_hash;
use uuid::Uuid;
use warehouse::repeats::{Found, Original, Reason, Suspect};

use super::backoff::Backoff;
use super::work::Work;
use super::{State, Writer};
use crate::item::{Fate, Item};
use crate::metrics;

type Identity = (ProjectId, u64, Uuid);

impl Writer {
    /// Marks the repeats of a batch. Batches come here one after the other, each
    /// when the one before is stored: so a copy in a batch that was just being
    /// inserted is seen.
    pub(super) async fn recognise(&mut self, work: &mut Work, backoff: &mut Backoff) {
        let mut suspects = self.suspects(work);
        while !suspects.is_empty() {
            let asked: Vec<Suspect> = suspects
                .keys()
                .map(|at| Suspect::from(&work.items[*at].row))
                .collect();
            match self.with.warehouse.look_up(&asked).await {
                Ok(found) => {
                    mark_found(work, &suspects, &found);
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot look repeats up yet");
                    backoff.wait(&self.with.held).await;
                    self.drop_lost(work);
                    suspects = self.suspects(work);
                }
            }
        }
        mark_within_batch(work);
        count(work);
    }

    /// The events of the batch that may be stored already, by place, and why.
    fn suspects(&self, work: &Work) -> HashMap<usize, Reason> {
        let margin = i64::try_from(self.with.repeats.clock_margin.as_millis()).unwrap_or(i64::MAX);
        let mut suspects = HashMap::new();
        for (at, item) in work.items.iter().enumerate() {
            if item.fate != Fate::Pending {
                continue;
            }
            let Some(state) = self.states.get(&item.row.position.partition) else {
                continue;
            };
            if let Some(reason) = suspicion(item, state, self.partitions, margin) {
                metrics::SUSPECTS.count(&[reason.name()]).increment(1);
                suspects.insert(at, reason);
            }
        }
        suspects
    }
}

/// Why an event may be stored already, if it may.
fn suspicion(item: &Item, state: &State, partitions: u32, margin: i64) -> Option<Reason> {
    let row = &item.row;
    if state.filter.contains(item.print) {
        return Some(Reason::Remembered);
    }
    // A request that is sent again as it was has the same time of sending: what
    // it was late moved its events' times as well.
    let margin = margin.saturating_add(row.sent_before.saturating_abs());
    if state.filter.is_beyond_reach(row.timestamp, margin) {
        return Some(Reason::OutOfReach);
    }
    let home = partition_of_hash(item.key_hash, partitions);
    (home != row.position.partition).then_some(Reason::ForeignPartition)
}

/// The position of the first copy among those found, the event's own aside.
fn original(item: &Item, found: &[Original]) -> Option<Original> {
    let is_other = |original: &&Original| {
        original.position != item.row.position || *original.log_id != *item.row.log_id
    };
    found
        .iter()
        .filter(is_other)
        .min_by_key(|original| original.position)
        .cloned()
}

fn identity(item: &Item) -> Identity {
    (item.row.project_id, item.row.person_id, item.row.uuid)
}

/// Marks the events that the table has, suspected or not: a copy beside a
/// suspect may carry another time.
fn mark_found(work: &mut Work, suspects: &HashMap<usize, Reason>, found: &Found) {
    if found.is_empty() {
        return;
    }
    for (at, item) in work.items.iter_mut().enumerate() {
        if item.fate != Fate::Pending {
            continue;
        }
        let originals = found.get(&identity(item));
        if let Some(original) = originals.and_then(|all| original(item, all)) {
            let reason = suspects.get(&at).copied().unwrap_or(Reason::SameBatch);
            item.fate = Fate::Repeat(original, reason);
        }
    }
}

/// Fingerprints that several events of the batch have: nearly always none,
/// which sorting tells at a fraction of a table's cost.
fn shared_prints(work: &Work) -> HashSet<u64> {
    let mut prints: Vec<u64> = work.items.iter().map(|item| item.print).collect();
    prints.sort_unstable();
    let pairs = prints.windows(2);
    pairs
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect()
}

/// Of several copies in one batch the first stays.
fn mark_within_batch(work: &mut Work) {
    let shared = shared_prints(work);
    if shared.is_empty() {
        return;
    }
    let mut first: HashMap<Identity, usize> = HashMap::new();
    for at in 0..work.items.len() {
        let item = &work.items[at];
        if matches!(item.fate, Fate::Noted | Fate::Refused) || !shared.contains(&item.print) {
            continue;
        }
        match first.entry(identity(item)) {
            Entry::Vacant(entry) => {
                entry.insert(at);
            }
            Entry::Occupied(entry) if item.fate == Fate::Pending => {
                let first = &work.items[*entry.get()];
                let original = match &first.fate {
                    Fate::Repeat(original, _) => original.clone(),
                    _ => Original {
                        log_id: first.row.log_id.to_string(),
                        position: first.row.position,
                    },
                };
                work.items[at].fate = Fate::Repeat(original, Reason::SameBatch);
            }
            Entry::Occupied(_) => {}
        }
    }
}

fn count(work: &Work) {
    let mut counts = [0_u64; Reason::ALL.len()];
    for item in &work.items {
        if let Fate::Repeat(_, reason) = &item.fate {
            counts[*reason as usize] += 1;
        }
    }
    for (reason, count) in Reason::ALL.iter().zip(counts) {
        if count > 0 {
            metrics::DUPLICATES.count(&[reason.name()]).increment(count);
        }
    }
}

#[cfg(test)]
mod tests;
