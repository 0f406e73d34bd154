//! A batch on its way into the tables: what has become of each of its records,
//! and what is to be done next. Decides, does no I/O.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Datelike};
use warehouse::LogPosition;
use warehouse::ledger::{Beyond, Place, Since};
use warehouse::repeats::{Original, Reason, Repeat};

use crate::batch::{Batch, Piece};
use crate::dead_letter::DeadLetter;
use crate::item::{Fate, Item};

mod ranges;

const DAY_MS: i64 = 86_400_000;

/// The kind of a dead letter that the warehouse refused.
pub const REFUSED_KIND: &str = "refused_by_warehouse";

/// A batch being stored.
#[derive(Debug, Default)]
pub struct Work {
    /// What it covers of each partition.
    pub parts: BTreeMap<u32, Part>,
    /// Its events.
    pub items: Vec<Item>,
    /// Its dead letters.
    pub letters: Vec<Letter>,
    /// Parts of a refused chunk that are tried by themselves.
    suspected: Vec<Vec<usize>>,
}

/// What a batch covers of one partition.
#[derive(Debug)]
pub struct Part {
    /// The tenure it was read in.
    pub tenure: u64,
    /// The log.
    pub log_id: Arc<str>,
    /// The claim it is written under.
    pub claim: u64,
    /// The ranges.
    pub pieces: Vec<Piece>,
    /// Whether the ledger has it.
    pub is_in_ledger: bool,
}

/// A dead letter and how far it is.
#[derive(Debug)]
pub struct Letter {
    /// The record.
    pub letter: DeadLetter,
    /// On the dead-letter topic.
    pub is_published: bool,
    /// In the table.
    pub is_noted: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Insert these events.
    Events(Vec<usize>),
    /// Publish the dead letters.
    PublishLetters,
    /// Note them in the table.
    NoteLetters,
    /// Note the repeats.
    NoteRepeats,
    /// Write the ledger.
    Ledger,
}

impl Step {
    /// As metrics name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Events(_) => "events",
            Self::PublishLetters => "publish_dead_letters",
            Self::NoteLetters => "note_dead_letters",
            Self::NoteRepeats => "note_repeats",
            Self::Ledger => "ledger",
        }
    }
}

impl Work {
    /// The work of a batch. `claims`: the claim on each partition.
    #[must_use]
    pub fn new(batch: Batch, claims: &BTreeMap<u32, u64>) -> Self {
        let parts = batch.parts.into_iter().map(|(partition, part)| {
            let part = Part {
                tenure: part.tenure,
                log_id: part.log_id,
                claim: claims.get(&partition).copied().unwrap_or(0),
                pieces: part.pieces,
                is_in_ledger: false,
            };
            (partition, part)
        });
        let letters = batch.dead.into_iter().map(|letter| Letter {
            letter,
            is_published: false,
            is_noted: false,
        });
        let mut work = Self {
            parts: parts.collect(),
            items: batch.items,
            letters: letters.collect(),
            suspected: Vec::new(),
        };
        work.sign();
        work
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The claim on each partition.
    #[must_use]
    pub fn claims(&self) -> BTreeMap<u32, u64> {
        self.parts
            .iter()
            .map(|(partition, part)| (*partition, part.claim))
            .collect()
    }

    /// The first position of each partition.
    #[must_use]
    pub fn since(&self) -> BTreeMap<u32, Since> {
        let of = |(partition, part): (&u32, &Part)| {
            let first = part.pieces.first().map_or(0, |piece| piece.first);
            (
                *partition,
                Since {
                    log_id: part.log_id.to_string(),
                    offset: first,
                },
            )
        };
        self.parts.iter().map(of).collect()
    }

    /// Drops what belongs to these partitions.
    pub fn forget(&mut self, partitions: &BTreeSet<u32>) {
        self.parts
            .retain(|partition, _| !partitions.contains(partition));
        self.items
            .retain(|item| !partitions.contains(&item.row.position.partition));
        self.letters
            .retain(|letter| !partitions.contains(&letter.letter.position.partition));
        // Chunks name events by their place, which has changed.
        self.suspected.clear();
    }

    /// Writes the partitions' claims on the rows.
    pub fn sign(&mut self) {
        for item in &mut self.items {
            let part = self.parts.get(&item.row.position.partition);
            item.row.claim = part.map_or(0, |part| part.claim);
        }
    }

    /// What is to be done next; `None` when all is done. One insert touches at
    /// most `months_max` months.
    pub fn next_step(&mut self, months_max: usize) -> Option<Step> {
        while let Some(mut chunk) = self.suspected.pop() {
            chunk.retain(|at| self.items[*at].fate == Fate::Pending);
            if !chunk.is_empty() {
                return Some(Step::Events(chunk));
            }
        }
        self.promote();
        if let Some(chunk) = self.pending_chunk(months_max) {
            return Some(Step::Events(chunk));
        }
        if self.letters.iter().any(|letter| !letter.is_published) {
            return Some(Step::PublishLetters);
        }
        if self.letters.iter().any(|letter| !letter.is_noted) {
            return Some(Step::NoteLetters);
        }
        if self
            .items
            .iter()
            .any(|item| matches!(item.fate, Fate::Repeat(..)))
        {
            return Some(Step::NoteRepeats);
        }
        self.parts
            .values()
            .any(|part| !part.is_in_ledger)
            .then_some(Step::Ledger)
    }

    /// Notes that a step was answered OK.
    pub fn done(&mut self, step: &Step) {
        match step {
            Step::Events(chunk) => {
                for at in chunk {
                    self.items[*at].fate = Fate::Stored;
                }
            }
            Step::PublishLetters => {
                self.letters
                    .iter_mut()
                    .for_each(|letter| letter.is_published = true);
            }
            Step::NoteLetters => self
                .letters
                .iter_mut()
                .for_each(|letter| letter.is_noted = true),
            Step::NoteRepeats => {
                for item in &mut self.items {
                    if matches!(item.fate, Fate::Repeat(..)) {
                        item.fate = Fate::Noted;
                    }
                }
            }
            Step::Ledger => self
                .parts
                .values_mut()
                .for_each(|part| part.is_in_ledger = true),
        }
    }

    /// Takes over what was read back: positions that are in the tables, and how
    /// far the ledger goes. Answers how many events were found stored.
    pub fn settle(&mut self, found: &BTreeMap<u32, Beyond>, ledger: &BTreeMap<u32, u64>) -> u64 {
        let place = |position: LogPosition| {
            found
                .get(&position.partition)
                .and_then(|places| places.get(&position.offset))
                .copied()
        };
        let mut stored = 0;
        for item in &mut self.items {
            match place(item.row.position) {
                Some(Place::Stored) => {
                    stored += u64::from(item.fate != Fate::Stored);
                    item.fate = Fate::Stored;
                }
                Some(Place::Duplicate) => item.fate = Fate::Noted,
                // An answer is no proof: what is not there is not stored.
                None if item.fate == Fate::Stored => item.fate = Fate::Pending,
                Some(Place::Quarantined | Place::Removed) | None => {}
            }
        }
        for letter in &mut self.letters {
            if place(letter.letter.position) == Some(Place::Quarantined) {
                letter.is_published = true;
                letter.is_noted = true;
            }
        }
        for (partition, part) in &mut self.parts {
            let next = part.pieces.last().map_or(0, |piece| piece.next);
            part.is_in_ledger = ledger
                .get(partition)
                .is_some_and(|covered| *covered >= next);
        }
        stored
    }

    /// After a refusal for content: tries the halves of the chunk, or makes the
    /// one record that is left of it a dead letter. Answers how many were
    /// isolated by now.
    pub fn refuse(&mut self, chunk: &[usize], message: &str, now: i64) -> usize {
        let left: Vec<usize> = chunk
            .iter()
            .copied()
            .filter(|at| self.items[*at].fate == Fate::Pending)
            .collect();
        match left.as_slice() {
            [] => {}
            [at] => self.isolate(*at, message, now),
            _ => {
                let (first, second) = left.split_at(left.len() / 2);
                self.suspected.push(second.to_vec());
                self.suspected.push(first.to_vec());
            }
        }
        self.items
            .iter()
            .filter(|item| item.fate == Fate::Refused)
            .count()
    }

    /// Takes back what was isolated: the fault is not single records'.
    pub fn trust_again(&mut self) {
        self.suspected.clear();
        self.letters
            .retain(|letter| letter.letter.kind != REFUSED_KIND);
        for item in &mut self.items {
            if item.fate == Fate::Refused {
                item.fate = Fate::Pending;
            }
        }
    }

    /// The repeats that are to be noted.
    #[must_use]
    pub fn repeats(&self) -> Vec<Repeat> {
        let of = |item: &Item| match &item.fate {
            Fate::Repeat(original, reason) => Some(Repeat {
                row: item.row.clone(),
                original: original.clone(),
                reason: *reason,
            }),
            _ => None,
        };
        self.items.iter().filter_map(of).collect()
    }

    /// Events to insert, of at most so many months; `None` when all are.
    fn pending_chunk(&self, months_max: usize) -> Option<Vec<usize>> {
        let mut months = BTreeSet::new();
        // The day that was looked at last, and whether it is of these months.
        let mut last = None;
        let mut chunk = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            if item.fate != Fate::Pending {
                continue;
            }
            let day = item.row.timestamp.div_euclid(DAY_MS);
            let fits = match last {
                Some((same, fits)) if same == day => fits,
                _ => {
                    let month = month_of(day);
                    if months.len() < months_max.max(1) {
                        months.insert(month);
                    }
                    months.contains(&month)
                }
            };
            last = Some((day, fits));
            if fits {
                chunk.push(at);
            }
        }
        (!chunk.is_empty()).then_some(chunk)
    }

    /// A repeat of an event that turned out to be refused is no repeat: the
    /// first one of each takes its place.
    fn promote(&mut self) {
        let refused: HashSet<LogPosition> = self
            .items
            .iter()
            .filter(|item| item.fate == Fate::Refused)
            .map(|item| item.row.position)
            .collect();
        if refused.is_empty() {
            return;
        }
        let mut heirs: BTreeMap<LogPosition, Original> = BTreeMap::new();
        for item in &mut self.items {
            let Fate::Repeat(original, reason) = &item.fate else {
                continue;
            };
            if *reason != Reason::SameBatch || !refused.contains(&original.position) {
                continue;
            }
            match heirs.get(&original.position) {
                Some(heir) => item.fate = Fate::Repeat(heir.clone(), Reason::SameBatch),
                None => {
                    let heir = Original {
                        log_id: item.row.log_id.to_string(),
                        position: item.row.position,
                    };
                    heirs.insert(original.position, heir);
                    item.fate = Fate::Pending;
                }
            }
        }
    }

    fn isolate(&mut self, at: usize, message: &str, now: i64) {
        let item = &mut self.items[at];
        item.fate = Fate::Refused;
        self.letters.push(Letter {
            letter: DeadLetter {
                position: item.row.position,
                key: Bytes::copy_from_slice(item.row.distinct_id().as_bytes()),
                payload: item.payload.clone(),
                appended_at: item.row.received_at + i64::from(item.row.append_delay),
                arrived_at: now,
                kind: REFUSED_KIND,
                message: message.to_owned(),
                project_id: Some(item.row.project_id),
                uuid: Some(item.row.uuid),
                distinct_id: Some(item.row.distinct_id().to_owned()),
            },
            is_published: false,
            is_noted: false,
        });
    }
}

/// The month of a day since the epoch, counted from year 0.
fn month_of(day: i64) -> i32 {
    let day = DateTime::from_timestamp_millis(day.saturating_mul(DAY_MS)).unwrap_or_default();
    day.year() * 12 + day.month0().cast_signed()
}

#[cfg(test)]
mod tests;
