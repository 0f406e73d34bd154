//! Reading a range of the log again: what is in no table is stored, what is
//! there already stays as it is, what was removed on purpose stays removed.
//!
//! `consumer replay --from <time> [--to <time>] [--partition <n>] [--apply]`
//! prints what it found as JSON; only with `--apply` does it change anything.
//! Below the ledger's frontier only: what lies beyond is the running consumer's,
//! and the two never write the same position. Run it again as often as you like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use service_kit::Clock;
use service_kit::entry::StartError;
use transport::kafka::{Admin, KafkaProducer, ProducerTuning, RangeRead, Reader};
use transport::{Position, Producer, Topic};
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::Frontier;
use warehouse::{LogPosition, Warehouse};

mod arguments;
mod findings;
mod report;

pub use arguments::Span;
use findings::{Findings, Origin, Seen};
pub use report::{Present, Report};

use crate::config::Config;
use crate::process::Processor;

/// Records looked at in one go.
const RECORDS_AT_ONCE: usize = 5_000;
/// How long the log may take for them.
const READ_TIME: Duration = Duration::from_secs(30);
/// How long the dead-letter topic may take to be found.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// A partition that no log has: the claim on it keeps a second replay out.
const REPLAY_PARTITION: u32 = u32::MAX;

/// The command line's `replay`.
///
/// # Errors
/// When an argument is wrong, or a store does not answer.
pub async fn command(config: &Config, arguments: &[String]) -> Result<(), StartError> {
    let (span, apply) = arguments::parse(arguments)?;
    let producer = KafkaProducer::start(&config.kafka, &ProducerTuning::default())?;
    let replay = Replay {
        warehouse: Warehouse::connect(&config.clickhouse),
        reader: Reader::new(&config.kafka)?,
        admin: Admin::new(&config.kafka)?,
        producer: Arc::new(producer),
        processor: crate::app::processor(&config.consumer.enrichment)?,
        clock: Clock::system(),
    };
    let report = replay.run(&span, apply).await?;
    print(&report);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn print(report: &Report) {
    println!("{report}");
}

/// Reads a range again.
pub struct Replay {
    /// Where events belong.
    pub warehouse: Warehouse,
    /// Reads the log.
    pub reader: Reader,
    /// Names the log.
    pub admin: Admin,
    /// For dead letters.
    pub producer: Arc<dyn Producer>,
    /// From records to rows.
    pub processor: Processor,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

impl Replay {
    /// Reads `span` again; changes something only with `apply`.
    ///
    /// # Errors
    /// When a store does not answer: run it again.
    pub async fn run(&self, span: &Span, apply: bool) -> Result<Report, StartError> {
        let began = self.clock.now_ms();
        let log = self.admin.log_id(Topic::Events).await?.0;
        let mut firsts = self
            .reader
            .offsets_at(Topic::Events, span.from, READ_TIME)
            .await?;
        firsts.retain(|partition, _| span.partition.is_none_or(|only| only == *partition));
        let nexts = match span.to {
            Some(to) => self.reader.offsets_at(Topic::Events, to, READ_TIME).await?,
            None => BTreeMap::new(),
        };
        let partitions: BTreeSet<u32> = firsts.keys().copied().collect();
        let frontiers = self.warehouse.frontiers(&partitions).await?;
        let claim = if apply { self.claim().await? } else { 0 };
        let mut seen = Seen::new();
        let mut report = Report {
            applied: apply,
            ..Report::default()
        };
        for (partition, first) in firsts {
            let known = frontiers.get(&partition).into_iter().flatten();
            let ours = known.filter(|frontier| frontier.log.log == log);
            let Some(frontier) = ours.max_by_key(|frontier| frontier.log.life) else {
                continue;
            };
            let end = nexts.get(&partition).copied().unwrap_or(u64::MAX);
            let end = end.min(frontier.next_offset);
            let mut at = LogPosition {
                partition,
                offset: first,
            };
            let origin = origin(frontier, claim, began);
            while at.offset < end {
                at.offset = self.piece(&origin, at, end, &mut seen, &mut report).await?;
            }
        }
        if report.applied && report.stored > 0 {
            report.doubles_repaired = self.repair_since(began).await?;
        }
        Ok(report)
    }

    /// A claim that shuts out any other replay.
    async fn claim(&self) -> Result<u64, StartError> {
        let owner = format!("replay-{:016x}", rand::random::<u64>());
        let only = BTreeSet::from([REPLAY_PARTITION]);
        let claims = self.warehouse.take_over(&only, &owner).await?;
        Ok(claims.get(&REPLAY_PARTITION).copied().unwrap_or(0))
    }

    /// Reads one piece again; answers the offset after it.
    async fn piece(
        &self,
        origin: &Origin,
        at: LogPosition,
        end: u64,
        seen: &mut Seen,
        report: &mut Report,
    ) -> Result<u64, StartError> {
        let from = Position::new(at.partition, at.offset);
        let asked = self
            .reader
            .read(Topic::Events, from, RECORDS_AT_ONCE, READ_TIME);
        let mut records = match asked.await? {
            RangeRead::Records(records) => records,
            RangeRead::OutOfRange(lost) => {
                let next = lost.log.low.max(at.offset + 1).min(end);
                report.gone += next - at.offset;
                return Ok(next);
            }
        };
        records.retain(|record| record.position.offset < end);
        let Some(last) = records.last() else {
            return Ok(end);
        };
        let next = last.position.offset + 1;
        let known = self
            .warehouse
            .places_within(&origin.log_id, at, next)
            .await?;
        let mut found = Findings::of(records, &known, origin, &self.processor, report);
        if found.offsets().is_empty() {
            return Ok(next);
        }
        found.recognise(&self.warehouse, seen).await?;
        if report.applied {
            self.store(&found, origin, at.partition).await?;
        }
        found.count(report);
        Ok(next)
    }

    /// Stores what is missing: events, repeats and dead letters, then what has
    /// changed by it in the ledger.
    async fn store(
        &self,
        found: &Findings,
        origin: &Origin,
        partition: u32,
    ) -> Result<(), StartError> {
        let name = InsertName::new([origin.claim]);
        let warehouse = &self.warehouse;
        if !found.fresh.is_empty() {
            let rows = found.fresh.iter();
            done(warehouse.insert_events(rows, &name, READ_TIME).await)?;
        }
        if !found.repeats.is_empty() {
            let claims = BTreeMap::from([(partition, origin.claim)]);
            let rows = found.repeats.iter();
            done(
                warehouse
                    .insert_repeats(rows, &claims, &name, READ_TIME)
                    .await,
            )?;
        }
        if !found.dead.is_empty() {
            self.producer.probe(READY_WITHIN).await?;
            let letters = found.dead.iter();
            let records = letters.map(|letter| letter.record(&origin.log_id, origin.now));
            for answer in self.producer.publish(records.collect()).await {
                answer?;
            }
            let letters = found.dead.iter();
            let rows: Vec<_> = letters
                .map(|letter| letter.noted(&origin.log_id, origin.claim))
                .collect();
            done(warehouse.insert_quarantined(&rows, &name, READ_TIME).await)?;
        }
        let offsets = found.offsets();
        let (log, claim) = (&origin.log_id, origin.claim);
        warehouse
            .note_replay(log, partition, &offsets, claim, origin.now)
            .await?;
        Ok(())
    }

    /// A client may have sent one of the missing events again, which the running
    /// consumer stored while we did: keeps the first.
    async fn repair_since(&self, began: i64) -> Result<u64, StartError> {
        let doubles = self.warehouse.sweep_since(began).await?;
        let now = self.clock.now_ms();
        Ok(self.warehouse.repair(&doubles, now).await?)
    }
}

fn origin(frontier: &Frontier, claim: u64, now: i64) -> Origin {
    Origin {
        log_id: Arc::from(frontier.log.id()),
        claim,
        now,
    }
}

/// Anything but OK ends the replay; the next one reads back what is there.
fn done(outcome: InsertOutcome) -> Result<(), StartError> {
    match outcome {
        InsertOutcome::Stored => Ok(()),
        InsertOutcome::Fenced => Err("another replay has begun".into()),
        other => Err(format!("not known to be stored, run it again: {other:?}").into()),
    }
}
