//! Taking partitions over: claims first, then where to begin, what is stored
//! beyond that, and the memory of what arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use transport::{Assignment, Start, TransportError, Watermarks};
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::{Freshness, Frontier, LogName, Range, RangeKind, Since};
use warehouse::repeats::{Filter, Warmth};
use warehouse::{LogPosition, WarehouseError};

use super::backoff::Backoff;
use super::{State, Writer};
use crate::held::Tenure;
use crate::metrics;

/// So long a log must look shorter than the ledger before it counts as
/// truncated: a broker that has just started may not know its end yet.
const TRUNCATION_PATIENCE: Duration = Duration::from_secs(5);

/// Why a partition could not be taken over yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum TakeOverError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the ledger did not take a gap: {0:?}")]
    Ledger(InsertOutcome),
    #[error("the log of partition {0} ends before what was stored of it")]
    Shorter(u32),
    #[error("the log of partition {0} has other records where stored ones stood")]
    Refilled(u32),
}

/// Where to begin with a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) log: LogName,
    pub(super) start: u64,
    /// What the operator has to know: from which offset on records are missing
    /// (up to the start), and why.
    pub(super) gap: Option<(u64, &'static str)>,
}

impl Writer {
    /// Takes the assigned partitions over, however long the warehouse is away;
    /// ends early for those that are taken away meanwhile.
    pub(super) async fn take_over(
        &mut self,
        assignment: Assignment,
        revocations: BTreeMap<u32, u64>,
    ) {
        let started = Instant::now();
        let mut backoff = Backoff::default();
        let mut partitions = assignment.partitions().clone();
        let states = loop {
            let now = self.with.held.revocations(&partitions);
            partitions.retain(|partition| now.get(partition) == revocations.get(partition));
            if partitions.is_empty() || self.with.held.is_closing() {
                return;
            }
            let is_patient = started.elapsed() < TRUNCATION_PATIENCE;
            match self.prepare(&partitions, is_patient).await {
                Ok(states) => break states,
                Err(error) => {
                    tracing::warn!(%error, ?partitions, "cannot take over yet");
                    backoff.wait(&self.with.held).await;
                }
            }
        };
        backoff.succeeded();
        let mut starts = BTreeMap::new();
        for (partition, (state, start)) in states {
            let tenure = Tenure {
                id: state.tenure,
                log_id: Arc::clone(&state.log_id),
                start,
                frontier: start,
                claim: state.claim,
            };
            let before = revocations.get(&partition).copied().unwrap_or(0);
            if self.with.held.begin(partition, tenure, before) {
                self.states.insert(partition, state);
                starts.insert(partition, Start::Offset(start));
            }
        }
        tracing::info!(partitions = ?starts.keys(), took = ?started.elapsed(), "taken over");
        metrics::STEP_SECONDS
            .distribution(&["take_over"])
            .record(started.elapsed().as_secs_f64());
        self.report();
        assignment.start(starts);
    }

    async fn prepare(
        &mut self,
        partitions: &BTreeSet<u32>,
        is_patient: bool,
    ) -> Result<BTreeMap<u32, (State, u64)>, TakeOverError> {
        let claims = self
            .with
            .warehouse
            .take_over(partitions, &self.with.owner)
            .await?;
        let log = self.with.consumer.log_id().await?.0;
        let count = self.with.consumer.partition_count().await?;
        let asked: Vec<u32> = partitions.iter().copied().collect();
        let is_log = self.with.consumer.guarantees().replayable;
        let log = if is_log { log } else { LogName::of_list(&log) };
        let ends = if is_log {
            self.with.consumer.watermarks(&asked).await?
        } else {
            BTreeMap::new()
        };
        let mut frontiers = self.with.warehouse.frontiers(partitions).await?;
        let mut plans = BTreeMap::new();
        let mut known_by = BTreeMap::new();
        for &partition in partitions {
            // A list has no ends: its numbers only ever grow.
            let of_list = Watermarks {
                low: 0,
                end: u64::MAX,
            };
            let ends = ends.get(&partition).copied().unwrap_or(of_list);
            let known = frontiers.remove(&partition).unwrap_or_default();
            let plan = plan(&log, &known, ends);
            if plan.log.life > 0 && is_patient && !known.iter().any(|f| f.log == plan.log) {
                return Err(TakeOverError::Shorter(partition));
            }
            known_by.insert(partition, known);
            plans.insert(partition, plan);
        }
        for (partition, plan) in self.refilled(&plans, &known_by, &ends).await? {
            if is_patient {
                return Err(TakeOverError::Refilled(partition));
            }
            plans.insert(partition, plan);
        }
        self.note_gaps(&plans, &claims).await?;
        if !is_log {
            self.adopt(&mut plans, &claims).await?;
        }
        let since = plans.iter().map(|(partition, plan)| {
            (
                *partition,
                Since {
                    log_id: plan.log.id(),
                    offset: plan.start,
                },
            )
        });
        let mut beyond = self.with.warehouse.stored_beyond(&since.collect()).await?;
        if count != self.partitions {
            self.regrow(count).await?;
        }
        let mut filters = self.warm_filters(partitions).await?;
        let mut states = BTreeMap::new();
        for (partition, plan) in plans {
            let Some(filter) = filters.remove(&partition) else {
                continue;
            };
            self.tenures += 1;
            let state = State {
                tenure: self.tenures,
                claim: claims.get(&partition).copied().unwrap_or(0),
                log_id: Arc::from(plan.log.id()),
                already: beyond.remove(&partition).unwrap_or_default(),
                filter,
            };
            states.insert(partition, (state, plan.start));
        }
        Ok(states)
    }

    /// Follows the number of partitions before a batch is looked at.
    pub(super) async fn follow_growth(&mut self, backoff: &mut Backoff) {
        let count = self.with.held.partitions();
        while count != 0 && count != self.partitions && !self.with.held.is_closing() {
            match self.regrow(count).await {
                Ok(()) => {
                    tracing::info!(count, "keys are spread over another number of partitions");
                }
                Err(error) => {
                    self.partitions = 0;
                    tracing::warn!(%error, "cannot follow the number of partitions yet");
                    backoff.wait(&self.with.held).await;
                }
            }
        }
    }

    /// What a former worker had stored of a list and not written into the
    /// ledger gets its rows there: its items come again under other numbers, as
    /// repeats.
    async fn adopt(
        &self,
        plans: &mut BTreeMap<u32, Plan>,
        claims: &BTreeMap<u32, u64>,
    ) -> Result<(), TakeOverError> {
        for (partition, plan) in plans {
            let from = LogPosition {
                partition: *partition,
                offset: plan.start,
            };
            let claim = claims.get(partition).copied().unwrap_or(0);
            self.with
                .warehouse
                .adopt_beyond(&plan.log.id(), from, claim)
                .await?;
            let frontiers = self
                .with
                .warehouse
                .frontiers(&BTreeSet::from([*partition]))
                .await?;
            let ours = frontiers.get(partition).into_iter().flatten();
            let next = ours
                .filter(|frontier| frontier.log == plan.log)
                .map(|f| f.next_offset);
            plan.start = next.max().unwrap_or(plan.start);
        }
        Ok(())
    }

    /// Keys are spread over another number of partitions now: what the filters
    /// remember must follow.
    async fn regrow(&mut self, count: u32) -> Result<(), WarehouseError> {
        self.partitions = count;
        self.with.held.set_partitions(count);
        let held: BTreeSet<u32> = self.states.keys().copied().collect();
        for (partition, filter) in self.warm_filters(&held).await? {
            if let Some(state) = self.states.get_mut(&partition) {
                state.filter = filter;
            }
        }
        Ok(())
    }

    /// A filter for each partition, of what is stored.
    async fn warm_filters(
        &self,
        partitions: &BTreeSet<u32>,
    ) -> Result<BTreeMap<u32, Filter>, WarehouseError> {
        let warmth = Warmth {
            partitions: partitions.clone(),
            count: self.partitions,
            capacity: self.with.repeats.remembered / self.partitions.max(1) as usize,
        };
        self.with.warehouse.warm_filters(&warmth).await
    }

    /// Writes down what is missing, by name, before anything else is read.
    async fn note_gaps(
        &self,
        plans: &BTreeMap<u32, Plan>,
        claims: &BTreeMap<u32, u64>,
    ) -> Result<(), TakeOverError> {
        let now = self.with.clock.now_ms();
        let mut gaps = Vec::new();
        for (partition, plan) in plans {
            let Some((first, why)) = plan.gap else {
                continue;
            };
            let count = plan.start - first;
            tracing::error!(partition, log = %plan.log.id(), first, next = plan.start, why, "gap in the log");
            metrics::LOST_RECORDS.count(&[]).increment(count);
            if count == 0 {
                metrics::LOG_CHANGES.count(&[why]).increment(1);
            }
            gaps.push(Range {
                log_id: plan.log.id(),
                first: LogPosition {
                    partition: *partition,
                    offset: first,
                },
                next_offset: plan.start,
                kind: RangeKind::Gap,
                note: why.to_owned(),
                appended: (now, now),
                consumed_at: now,
                inserted_at: now,
                projects: BTreeMap::new(),
                freshness: Freshness::default(),
                claim: claims.get(partition).copied().unwrap_or(0),
            });
        }
        if gaps.is_empty() {
            return Ok(());
        }
        let name = InsertName::new(claims.values().copied());
        match self
            .with
            .warehouse
            .write_ledger(&gaps, &name, self.with.insert.timeout)
            .await
        {
            InsertOutcome::Stored => Ok(()),
            // Whatever became of it, the next attempt reads the ledger again
            // under new claims.
            other => Err(TakeOverError::Ledger(other)),
        }
    }
}

/// Where to begin with a partition of the log `log`, whose ends are `ends`, when
/// the ledger knows `known`.
fn plan(log: &str, known: &[Frontier], ends: Watermarks) -> Plan {
    let ours = known.iter().filter(|frontier| frontier.log.log == log);
    let Some(latest) = ours.max_by_key(|frontier| frontier.log.life) else {
        let why = if known.is_empty() {
            "deleted from the log before the first read"
        } else {
            "the log was replaced by another"
        };
        let is_worth_telling = !known.is_empty() || ends.low > 0;
        return Plan {
            log: LogName::first(log),
            start: ends.low,
            gap: is_worth_telling.then_some((0, why)),
        };
    };
    let next = latest.next_offset;
    if next > ends.end {
        return Plan {
            log: latest.log.next_life(),
            start: ends.end,
            gap: Some((ends.end, "the log was truncated, offsets begin anew")),
        };
    }
    Plan {
        log: latest.log.clone(),
        start: next.max(ends.low),
        gap: (next < ends.low).then_some((next, "deleted from the log before it was read")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frontier(id: &str, next_offset: u64) -> Frontier {
        Frontier {
            log: LogName::parse(id),
            next_offset,
            appended_at: None,
        }
    }

    fn planned(known: &[Frontier], low: u64, end: u64) -> (String, u64, Option<u64>) {
        let plan = plan("log", known, Watermarks { low, end });
        (plan.log.id(), plan.start, plan.gap.map(|(first, _)| first))
    }

    #[test]
    fn the_ledgers_frontier_is_where_reading_begins() {
        assert_eq!(planned(&[], 0, 10), ("log".to_owned(), 0, None));
        assert_eq!(
            planned(&[frontier("log", 7)], 0, 10),
            ("log".to_owned(), 7, None)
        );
        assert_eq!(
            planned(&[frontier("log", 10)], 3, 10),
            ("log".to_owned(), 10, None)
        );
    }

    #[test]
    fn what_the_log_has_lost_is_a_gap_and_never_silent() {
        assert_eq!(planned(&[], 4, 10), ("log".to_owned(), 4, Some(0)));
        assert_eq!(
            planned(&[frontier("log", 2)], 4, 10),
            ("log".to_owned(), 4, Some(2))
        );
        assert_eq!(
            planned(&[frontier("old", 9)], 0, 3),
            ("log".to_owned(), 0, Some(0))
        );
    }

    #[test]
    fn offsets_that_begin_anew_get_a_name_of_their_own() {
        let known = [frontier("log", 9)];
        assert_eq!(planned(&known, 0, 5), ("log~1".to_owned(), 5, Some(5)));
        let known = [frontier("log", 9), frontier("log~1", 6)];
        assert_eq!(planned(&known, 0, 8), ("log~1".to_owned(), 6, None));
    }
}
