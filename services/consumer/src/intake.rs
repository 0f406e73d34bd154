//! Reading: from the transport into batches. Never waits for the warehouse
//! without listening to the group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use service_kit::Clock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::{
    Assignment, Consumer, Delivery, OutOfRange, Position, Received, Revocation, TransportError,
};
use warehouse::{EventRow, LogPosition};

use crate::batch::{Batch, Origin};
use crate::config::BatchConfig;
use crate::dead_letter::DeadLetter;
use crate::foreign::{Foreign, Rows};
use crate::hand_over::Giver;
use crate::held::Held;
use crate::metrics;
use crate::process::{Processor, Undecodable};

/// Records taken from the transport at once.
const RECORDS_AT_ONCE: usize = 4_096;
/// How long the transport may be quiet before we look around.
const IDLE: Duration = Duration::from_millis(500);
/// How long partitions that are asked back may be worked on before they are
/// given up as they are.
const RELEASE_PATIENCE: Duration = Duration::from_secs(5);

/// How long records may come of a partition whose tenure has ended before
/// something must be wrong.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(60);

/// What the writer is told beside batches.
#[derive(Debug)]
pub enum Order {
    /// Take these partitions over. The numbers are how often each had been
    /// revoked when the order was given.
    TakeOver(Assignment, BTreeMap<u32, u64>),
    /// Let these go when what is in hand of them is stored.
    Release(Revocation),
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The transport will never answer again.
    #[error("reading the log: {0}")]
    Transport(#[from] TransportError),
    /// The log ends before what was read of it. A restart finds out what that
    /// means.
    #[error("the log was truncated: partition {partition} ends at {end}, {wanted} was to be read")]
    Truncated {
        /// The partition.
        partition: u32,
        /// The log's end.
        end: u64,
        /// The offset that was to be read.
        wanted: u64,
    },
    /// Records keep coming of a partition that somebody else has claimed: two
    /// groups write to one warehouse, or the group has lost track. A restart
    /// joins anew.
    #[error("partition {0} is given to us, and claimed by another consumer")]
    Orphaned(u32),
    /// The writer is gone.
    #[error("the writer has ended")]
    WriterGone,
}

/// Reads records, turns them into rows and fills batches.
pub struct Intake {
    /// The log.
    pub consumer: Arc<dyn Consumer>,
    /// From records to rows.
    pub processor: Processor,
    /// Likewise, for items of other producers.
    pub foreign: Foreign,
    /// Who holds what.
    pub held: Arc<Held>,
    /// To the writer.
    pub batches: Giver,
    /// To the writer.
    pub orders: mpsc::UnboundedSender<Order>,
    /// When a batch closes.
    pub config: BatchConfig,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

/// Where reading of a partition stands.
#[derive(Debug, Clone)]
struct Reading {
    tenure: u64,
    log_id: Arc<str>,
    next: u64,
}

#[derive(Debug, Default)]
struct Readings {
    version: u64,
    by_partition: BTreeMap<u32, Reading>,
    /// Since when records of a partition come that is not held.
    orphaned: Option<Instant>,
}

impl Intake {
    /// Reads until it is told to stop, then hands over what it has.
    ///
    /// # Errors
    /// See [`IntakeError`].
    pub async fn run(self, stop: CancellationToken) -> Result<(), IntakeError> {
        let mut open = Batch::default();
        let mut readings = Readings::default();
        while !stop.is_cancelled() {
            let due = open.due_in(&self.config, Instant::now());
            let is_due = due.is_some_and(|wait| wait.is_zero());
            let wait = if is_due {
                IDLE
            } else {
                due.unwrap_or(IDLE).min(IDLE)
            };
            // With nothing asked for, the transport still tells who owns what.
            let is_full = open.is_full(&self.config);
            let count = if is_full { 0 } else { RECORDS_AT_ONCE };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                turn = self.batches.turn(), if is_due => {
                    let turn = turn.ok_or(IntakeError::WriterGone)?;
                    self.batches.give(open.take(), turn);
                }
                received = self.consumer.receive(count, wait) => {
                    self.take(received?, &mut open, &mut readings, &stop).await?;
                }
            }
        }
        // The writer may have ended first; what is not stored is read again.
        if !open.is_empty()
            && let Some(turn) = self.batches.turn().await
        {
            self.batches.give(open, turn);
        }
        Ok(())
    }

    async fn take(
        &self,
        received: Received,
        open: &mut Batch,
        readings: &mut Readings,
        stop: &CancellationToken,
    ) -> Result<(), IntakeError> {
        match received {
            Received::Deliveries(deliveries) => {
                let foreign = self.foreign.rows(&self.processor, &deliveries, stop).await;
                // Told to stop meanwhile: the next one takes these again.
                let Some(foreign) = foreign else {
                    return Ok(());
                };
                self.refresh(readings);
                self.fill(deliveries, foreign, open, readings)
            }
            Received::Assigned(assignment) => {
                let revocations = self.held.revocations(assignment.partitions());
                self.order(Order::TakeOver(assignment, revocations))
            }
            Received::Revoked(revocation) => self.revoke(revocation, open),
            Received::OutOfRange(missing) => {
                self.refresh(readings);
                for missing in missing {
                    self.skip(missing, open, readings).await?;
                }
                Ok(())
            }
        }
    }

    /// Catches up with changes of who holds what.
    fn refresh(&self, readings: &mut Readings) {
        let version = self.held.version();
        if readings.version == version {
            return;
        }
        let tenures = self.held.tenures();
        readings.by_partition.retain(|partition, reading| {
            tenures
                .get(partition)
                .is_some_and(|tenure| tenure.id == reading.tenure)
        });
        for (partition, tenure) in tenures {
            readings
                .by_partition
                .entry(partition)
                .or_insert_with(|| Reading {
                    tenure: tenure.id,
                    log_id: tenure.log_id,
                    next: tenure.start,
                });
        }
        readings.version = version;
    }

    fn fill(
        &self,
        deliveries: Vec<Delivery>,
        mut foreign: Rows,
        open: &mut Batch,
        readings: &mut Readings,
    ) -> Result<(), IntakeError> {
        let mut orphan = None;
        let (now, arrived_at) = (Instant::now(), self.clock.now_ms());
        metrics::RECEIVED
            .count(&[])
            .increment(deliveries.len() as u64);
        for delivery in deliveries {
            let Position { partition, offset } = delivery.position;
            let Some(reading) = readings.by_partition.get_mut(&partition) else {
                // Of a tenure that has ended: the next owner reads it.
                orphan = Some(partition);
                continue;
            };
            if offset < reading.next {
                metrics::REDELIVERED.count(&[]).increment(1);
                continue;
            }
            let mut origin = Origin {
                partition,
                tenure: reading.tenure,
                log_id: &reading.log_id,
                offset: reading.next,
                appended_at: delivery.appended_at.timestamp_millis(),
            };
            if offset > reading.next {
                // On a list numbers are those of taking: some lead nowhere.
                if self.consumer.guarantees().replayable {
                    missing(reading.next, offset);
                    open.push_gap(origin, offset, "offsets missing in the log", now);
                }
                origin.offset = offset;
            }
            let row = foreign
                .remove(&delivery.position)
                .unwrap_or_else(|| self.processor.row(&delivery.payload));
            push(delivery, row, origin, arrived_at, open, now);
            reading.next = offset + 1;
        }
        let Some(partition) = orphan else {
            readings.orphaned = None;
            return Ok(());
        };
        let since = *readings.orphaned.get_or_insert(now);
        if now.saturating_duration_since(since) > ORPHAN_PATIENCE {
            return Err(IntakeError::Orphaned(partition));
        }
        Ok(())
    }

    /// What is open of these partitions is dropped: the next owner begins at
    /// the ledger's frontier and reads it again.
    fn revoke(&self, revocation: Revocation, open: &mut Batch) -> Result<(), IntakeError> {
        let partitions = revocation.partitions().clone();
        open.forget(&partitions);
        if revocation.lost() {
            self.held.give_up(&partitions);
        } else {
            let held = Arc::clone(&self.held);
            let tenures = self.held.tenures();
            // Of those that are only being taken over nothing is in hand.
            let pending: BTreeSet<u32> = partitions
                .iter()
                .copied()
                .filter(|p| !tenures.contains_key(p))
                .collect();
            if !pending.is_empty() {
                self.held.give_up(&pending);
            }
            tokio::spawn(async move {
                tokio::time::sleep(RELEASE_PATIENCE).await;
                let same = |p: &u32| {
                    tenures
                        .get(p)
                        .is_some_and(|tenure| held.holds(*p, tenure.id))
                };
                let late: BTreeSet<u32> = partitions.iter().copied().filter(same).collect();
                if !late.is_empty() {
                    held.give_up(&late);
                }
            });
        }
        self.order(Order::Release(revocation))
    }

    /// The log has lost records before they were read: they become a named gap,
    /// and reading goes on behind it.
    async fn skip(
        &self,
        lost: OutOfRange,
        open: &mut Batch,
        readings: &mut Readings,
    ) -> Result<(), IntakeError> {
        let Position { partition, offset } = lost.wanted;
        if offset > lost.log.end {
            return Err(IntakeError::Truncated {
                partition,
                end: lost.log.end,
                wanted: offset,
            });
        }
        if let Some(reading) = readings.by_partition.get_mut(&partition) {
            if reading.next >= lost.log.low {
                // Told twice: reading went on behind it the first time.
                return Ok(());
            }
            let origin = Origin {
                partition,
                tenure: reading.tenure,
                log_id: &reading.log_id,
                offset: reading.next,
                appended_at: self.clock.now_ms(),
            };
            missing(reading.next, lost.log.low);
            open.push_gap(
                origin,
                lost.log.low,
                "deleted from the log before it was read",
                Instant::now(),
            );
            reading.next = lost.log.low;
        }
        self.consumer
            .seek(Position::new(partition, lost.log.low))
            .await?;
        Ok(())
    }

    fn order(&self, order: Order) -> Result<(), IntakeError> {
        self.orders.send(order).map_err(|_| IntakeError::WriterGone)
    }
}

/// Tells the operator that records are missing.
fn missing(first: u64, next: u64) {
    let count = next.saturating_sub(first);
    metrics::LOST_RECORDS.count(&[]).increment(count);
    tracing::error!(first, next, count, "records are missing in the log");
}

/// Adds a record to the batch, as a row or as a dead letter.
fn push(
    delivery: Delivery,
    row: Result<EventRow, Undecodable>,
    origin: Origin<'_>,
    arrived_at: i64,
    open: &mut Batch,
    now: Instant,
) {
    let position = LogPosition {
        partition: origin.partition,
        offset: origin.offset,
    };
    match row {
        Ok(mut row) => {
            row.position = position;
            row.arrived_at = arrived_at;
            let delay = origin.appended_at.saturating_sub(row.received_at);
            row.append_delay = i32::try_from(delay).unwrap_or(i32::MAX);
            open.push_row(origin, row, delivery.payload, now);
        }
        Err(fault) => {
            let letter = DeadLetter {
                position,
                // Copies: a slice would keep its whole neighbourhood alive.
                key: Bytes::copy_from_slice(&delivery.key),
                payload: delivery.payload,
                appended_at: origin.appended_at,
                arrived_at,
                kind: fault.kind,
                message: fault.message,
                project_id: fault.project_id,
                uuid: fault.uuid,
                distinct_id: fault.distinct_id,
            };
            open.push_dead(origin, letter, now);
        }
    }
}
