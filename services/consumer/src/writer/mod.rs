//! Storing batches: one at a time, each until it is stored or its partitions
//! are somebody else's.
//!
//! A batch goes events → dead letters → repeats → ledger → the transport's
//! commit. Whatever is not known is settled: claims renewed, what is stored
//! read back, only the rest inserted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use service_kit::Clock;
use tokio::sync::mpsc;
use transport::{Consumer, Position, Producer};
use warehouse::Warehouse;
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::Beyond;
use warehouse::quarantine::Quarantined;
use warehouse::repeats::Filter;

use crate::batch::Batch;
use crate::config::{InsertConfig, RepeatsConfig};
use crate::hand_over::Taker;
use crate::held::Held;
use crate::intake::Order;
use crate::item::Fate;
use crate::live::LiveEvents;
use crate::metrics;

mod backoff;
mod recognise;
mod refilled;
mod settle;
mod take_over;
pub mod work;

use backoff::Backoff;
use work::{Step, Work};

/// Stores batches, one after the other.
pub struct Writer {
    with: WriterParts,
    states: BTreeMap<u32, State>,
    /// How many partitions keys are spread over today.
    partitions: u32,
    tenures: u64,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("with", &self.with)
            .finish_non_exhaustive()
    }
}

/// What a writer works with.
pub struct WriterParts {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The log, for commits and its ends.
    pub consumer: Arc<dyn Consumer>,
    /// For dead letters.
    pub producer: Arc<dyn Producer>,
    /// Who holds what.
    pub held: Arc<Held>,
    /// How rows are inserted.
    pub insert: InsertConfig,
    /// How repeats are recognised.
    pub repeats: RepeatsConfig,
    /// Names this process and no other.
    pub owner: String,
    /// Who watches is told here, where nobody else tells them.
    pub live: Option<LiveEvents>,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for WriterParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriterParts")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// What the writer knows of a partition it holds.
#[derive(Debug)]
struct State {
    tenure: u64,
    claim: u64,
    log_id: Arc<str>,
    /// Positions beyond the frontier that were stored before our time.
    already: Beyond,
    filter: Filter,
}

impl Writer {
    /// A writer that holds nothing yet.
    #[must_use]
    pub fn new(with: WriterParts) -> Self {
        Self {
            with,
            states: BTreeMap::new(),
            partitions: 1,
            tenures: 0,
        }
    }

    /// Stores batches and follows orders until both have ended.
    pub async fn run(mut self, mut batches: Taker, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (mut has_batches, mut has_orders) = (true, true);
        while has_batches || has_orders {
            tokio::select! {
                // What is in hand is stored before a partition is let go.
                biased;
                taken = batches.take(), if has_batches => match taken {
                    Some((batch, _turn)) => self.store(batch).await,
                    None => has_batches = false,
                },
                order = orders.recv(), if has_orders => match order {
                    Some(Order::TakeOver(assignment, revocations)) => {
                        self.take_over(assignment, revocations).await;
                    }
                    Some(Order::Release(revocation)) => {
                        let partitions = revocation.partitions().clone();
                        // What was lost is given up already, and a take-over that
                        // waits behind this order has counted that: not once more.
                        let mut held = partitions.clone();
                        held.retain(|partition| self.with.held.is_held(*partition));
                        self.with.held.give_up(&held);
                        self.states.retain(|partition, _| !partitions.contains(partition));
                        revocation.release();
                        self.report();
                    }
                    None => has_orders = false,
                },
            }
        }
    }

    async fn store(&mut self, batch: Batch) {
        let started = Instant::now();
        metrics::BATCH_ROWS
            .distribution(&[])
            .record(batch.len() as f64);
        let claims = self
            .states
            .iter()
            .map(|(partition, state)| (*partition, state.claim))
            .collect();
        let mut work = Work::new(batch, &claims);
        let mut backoff = Backoff::default();
        self.drop_lost(&mut work);
        self.follow_growth(&mut backoff).await;
        self.know_already(&mut work);
        self.recognise(&mut work, &mut backoff).await;
        loop {
            self.drop_lost(&mut work);
            if work.is_empty() {
                break;
            }
            let Some(step) = work.next_step(self.with.insert.months_max) else {
                break;
            };
            let begun = Instant::now();
            let outcome = self.carry_out(&step, &work).await;
            let took = begun.elapsed().as_secs_f64();
            metrics::STEP_SECONDS
                .distribution(&[step.name()])
                .record(took);
            self.judge(outcome, &step, &mut work, &mut backoff).await;
        }
        backoff.succeeded();
        self.conclude(&work);
        tracing::debug!(rows = work.items.len(), took = ?started.elapsed(), "batch stored");
    }

    /// Drops what belongs to partitions that are not ours any more.
    fn drop_lost(&mut self, work: &mut Work) {
        let held = &self.with.held;
        let is_lost =
            |(partition, part): &(&u32, &work::Part)| !held.holds(**partition, part.tenure);
        let lost: BTreeSet<u32> = work.parts.iter().filter(is_lost).map(|(p, _)| *p).collect();
        if !lost.is_empty() {
            tracing::info!(partitions = ?lost, "left to the next owner");
            work.forget(&lost);
            self.states
                .retain(|partition, state| held.holds(*partition, state.tenure));
        }
    }

    /// Marks what was stored before our time, as found at the take-over.
    fn know_already(&self, work: &mut Work) {
        let found: BTreeMap<u32, Beyond> = self
            .states
            .iter()
            .filter(|(partition, state)| {
                !state.already.is_empty() && work.parts.contains_key(partition)
            })
            .map(|(partition, state)| (*partition, state.already.clone()))
            .collect();
        if !found.is_empty() {
            let stored = work.settle(&found, &BTreeMap::new());
            metrics::SETTLED_ROWS.count(&[]).increment(stored);
        }
    }

    async fn carry_out(&self, step: &Step, work: &Work) -> InsertOutcome {
        let within = self.with.insert.timeout;
        let claims = work.claims();
        let name = InsertName::new(claims.values().copied());
        match step {
            Step::Events(chunk) => {
                let rows = chunk.iter().map(|at| &work.items[*at].row);
                self.with.warehouse.insert_events(rows, &name, within).await
            }
            Step::PublishLetters => self.publish_letters(work).await,
            Step::NoteLetters => {
                let open = work.letters.iter().filter(|letter| !letter.is_noted);
                let rows: Vec<Quarantined> = open.map(|letter| noted(letter, work)).collect();
                self.with
                    .warehouse
                    .insert_quarantined(&rows, &name, within)
                    .await
            }
            Step::NoteRepeats => {
                let repeats = work.repeats();
                self.with
                    .warehouse
                    .insert_repeats(repeats.iter(), &claims, &name, within)
                    .await
            }
            Step::Ledger => {
                let ranges = work.ranges(self.with.clock.now_ms());
                self.with
                    .warehouse
                    .write_ledger(&ranges, &name, within)
                    .await
            }
        }
    }

    async fn publish_letters(&self, work: &Work) -> InsertOutcome {
        let now = self.with.clock.now_ms();
        let open = work.letters.iter().filter(|letter| !letter.is_published);
        let records = open.map(|open| {
            let part = work.parts.get(&open.letter.position.partition);
            open.letter
                .record(part.map_or("", |part| &part.log_id), now)
        });
        let answers = self.with.producer.publish(records.collect()).await;
        match answers.into_iter().find_map(Result::err) {
            None => InsertOutcome::Stored,
            Some(error) => InsertOutcome::Unknown(error.to_string()),
        }
    }

    async fn judge(
        &mut self,
        outcome: InsertOutcome,
        step: &Step,
        work: &mut Work,
        backoff: &mut Backoff,
    ) {
        match outcome {
            InsertOutcome::Stored => {
                work.done(step);
                backoff.succeeded();
                return;
            }
            InsertOutcome::Unknown(why) => {
                metrics::UNKNOWN_OUTCOMES.count(&[step.name()]).increment(1);
                tracing::warn!(step = step.name(), %why, "outcome unknown, settling");
                backoff.wait(&self.with.held).await;
                if *step == Step::PublishLetters {
                    // Published at least once; nothing to read back.
                    return;
                }
            }
            InsertOutcome::Fenced => metrics::FENCED.count(&[]).increment(1),
            InsertOutcome::Refused { code, message } => {
                tracing::error!(step = step.name(), code, %message, "refused for its content");
                self.settle(work, backoff).await;
                let Step::Events(chunk) = step else {
                    return backoff.wait(&self.with.held).await;
                };
                // A partition may have been lost while settling: then the
                // chunk's places mean other rows, and all is tried again.
                let is_same = chunk.iter().all(|at| *at < work.items.len());
                let isolated = if is_same {
                    work.refuse(chunk, &message, self.with.clock.now_ms())
                } else {
                    0
                };
                if isolated > self.with.insert.isolate_max {
                    metrics::REFUSED_BATCHES.count(&[]).increment(1);
                    tracing::error!(isolated, "too many records refused: waiting, none given up");
                    work.trust_again();
                    backoff.wait_long(&self.with.held).await;
                }
                return;
            }
        }
        self.settle(work, backoff).await;
    }

    /// A batch is stored: moves the frontier, remembers its events, tells the
    /// transport.
    fn conclude(&mut self, work: &Work) {
        let stored = self.remember(work);
        metrics::STORED.count(&[]).increment(stored);
        if let Some(live) = &self.with.live {
            let stored = work.items.iter().filter(|item| item.fate == Fate::Stored);
            live.tell(stored.map(|item| (&item.row, item.payload.as_ref())));
        }
        let mut frontier = Vec::new();
        for (partition, part) in &work.parts {
            let next = part.pieces.last().map_or(0, |piece| piece.next);
            if let Some(state) = self.states.get_mut(partition) {
                state.already.retain(|offset, _| *offset >= next);
            }
            self.with.held.advance(*partition, part.tenure, next);
            frontier.push(Position::new(*partition, next));
        }
        for letter in &work.letters {
            metrics::QUARANTINED
                .count(&[letter.letter.kind])
                .increment(1);
        }
        self.report();
        let consumer = Arc::clone(&self.with.consumer);
        tokio::spawn(async move {
            // Only a hint for tools: the ledger is the position.
            if let Err(error) = consumer.commit(&frontier).await {
                tracing::debug!(%error, "could not commit");
            }
        });
    }

    /// Puts what was stored into the partitions' memories, and tells how fresh
    /// it is. Answers how many events that were.
    fn remember(&mut self, work: &Work) -> u64 {
        let now = self.with.clock.now_ms();
        let freshness = metrics::FRESHNESS_SECONDS.distribution(&[]);
        let (mut stored, mut told) = (0, None);
        for item in work.items.iter().filter(|item| item.fate == Fate::Stored) {
            let row = &item.row;
            if let Some(state) = self.states.get_mut(&row.position.partition) {
                stored += 1;
                let filter = &mut state.filter;
                filter.insert(item.print, row.received_at, row.timestamp);
            }
            // What came together stands together and is equally old.
            if told.replace(row.received_at) != Some(row.received_at) {
                let age = Duration::from_millis((now - row.received_at).max(0).cast_unsigned());
                freshness.record(age.as_secs_f64());
            }
        }
        stored
    }

    /// Levels that follow from what is held.
    fn report(&self) {
        let identities: usize = self.states.values().map(|state| state.filter.len()).sum();
        let bytes: usize = self
            .states
            .values()
            .map(|state| state.filter.memory())
            .sum();
        metrics::REMEMBERED.level(&[]).set(identities as f64);
        metrics::FILTER_BYTES.level(&[]).set(bytes as f64);
        metrics::PARTITIONS.level(&[]).set(self.states.len() as f64);
    }
}

fn noted(open: &work::Letter, work: &Work) -> Quarantined {
    let part = work.parts.get(&open.letter.position.partition);
    let log_id = part.map_or("", |part| &part.log_id);
    open.letter.noted(log_id, part.map_or(0, |part| part.claim))
}
