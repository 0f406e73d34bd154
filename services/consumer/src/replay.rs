//! Reading a range of the log again: what is in no table is stored, what is
//! there already stays as it is.
//!
//! `consumer replay --from <time> [--to <time>] [--apply]` prints what it found
//! as JSON; only with `--apply` does it change anything. Below the ledger's
//! frontier only: what lies beyond is the running consumer's. Run it again as
//! often as you like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use service_kit::Clock;
use service_kit::entry::StartError;
use transport::kafka::{Admin, RangeRead, Reader};
use transport::{Delivery, Position, Topic};
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::{Beyond, Frontier};
use warehouse::repeats::{Reason, Repeat, Suspect};
use warehouse::{EventRow, LogPosition, Warehouse};

use crate::config::Config;
use crate::process::Processor;

/// Records looked at in one go.
const RECORDS_AT_ONCE: usize = 5_000;
/// How long the log may take for them.
const READ_TIME: Duration = Duration::from_secs(30);
/// A partition that no log has: the claim on it keeps a second replay out.
const REPLAY_PARTITION: u32 = u32::MAX;

/// What a replay found and did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records read.
    pub read: u64,
    /// Of them, accounted for already: stored, repeats, dead letters, removed.
    pub present: u64,
    /// In no table, though the ledger covers them.
    pub missing: u64,
    /// Of the missing ones, stored again.
    pub stored: u64,
    /// Of the missing ones, events that are stored at another position.
    pub repeats: u64,
    /// Of the missing ones, no events.
    pub undecodable: u64,
    /// Whether anything was to be changed.
    pub applied: bool,
    /// Where the missing ones stand, at most a hundred.
    pub positions: Vec<String>,
}

/// What is to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Records that the log took from here on.
    pub from: DateTime<Utc>,
    /// Records that the log took before.
    pub to: Option<DateTime<Utc>>,
}

/// The command line's `replay`.
///
/// # Errors
/// When an argument is wrong, or a store does not answer.
pub async fn command(config: &Config, arguments: &[String]) -> Result<(), StartError> {
    let (span, apply) = parse(arguments)?;
    let replay = Replay {
        warehouse: Warehouse::connect(&config.clickhouse),
        reader: Reader::new(&config.kafka)?,
        admin: Admin::new(&config.kafka)?,
        processor: crate::app::processor(&config.consumer.enrichment)?,
        clock: Clock::system(),
    };
    let report = replay.run(&span, apply).await?;
    print(&serde_json::to_string_pretty(&report)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn print(text: &str) {
    println!("{text}");
}

fn parse(arguments: &[String]) -> Result<(Span, bool), StartError> {
    const USAGE: &str = "usage: consumer replay --from <RFC 3339> [--to <RFC 3339>] [--apply]";
    let (mut from, mut to, mut apply) = (None, None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut time = || -> Result<DateTime<Utc>, StartError> {
            let text = rest.next().ok_or(USAGE)?;
            Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
        };
        match argument.as_str() {
            "--from" => from = Some(time()?),
            "--to" => to = Some(time()?),
            "--apply" => apply = true,
            _ => return Err(USAGE.into()),
        }
    }
    Ok((
        Span {
            from: from.ok_or(USAGE)?,
            to,
        },
        apply,
    ))
}

/// Reads a range again.
#[derive(Debug)]
pub struct Replay {
    /// Where events belong.
    pub warehouse: Warehouse,
    /// Reads the log.
    pub reader: Reader,
    /// Names the log.
    pub admin: Admin,
    /// From records to rows.
    pub processor: Processor,
    /// The time.
    pub clock: Clock,
}

impl Replay {
    /// Reads `span` again; changes something only with `apply`.
    ///
    /// # Errors
    /// When a store does not answer: run it again.
    pub async fn run(&self, span: &Span, apply: bool) -> Result<Report, StartError> {
        let log = self.admin.log_id(Topic::Events).await?.0;
        let firsts = self
            .reader
            .offsets_at(Topic::Events, span.from, READ_TIME)
            .await?;
        let nexts = match span.to {
            Some(to) => self.reader.offsets_at(Topic::Events, to, READ_TIME).await?,
            None => BTreeMap::new(),
        };
        let partitions: BTreeSet<u32> = firsts.keys().copied().collect();
        let frontiers = self.warehouse.frontiers(&partitions).await?;
        let claim = if apply { self.claim().await? } else { 0 };
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
            let end = nexts
                .get(&partition)
                .copied()
                .unwrap_or(u64::MAX)
                .min(frontier.next_offset);
            let mut at = LogPosition {
                partition,
                offset: first,
            };
            while at.offset < end {
                at.offset = self.chunk(frontier, at, end, claim, &mut report).await?;
            }
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

    /// Reads one chunk again; answers the offset after it.
    async fn chunk(
        &self,
        frontier: &Frontier,
        at: LogPosition,
        end: u64,
        claim: u64,
        report: &mut Report,
    ) -> Result<u64, StartError> {
        let from = Position::new(at.partition, at.offset);
        let records = match self
            .reader
            .read(Topic::Events, from, RECORDS_AT_ONCE, READ_TIME)
            .await?
        {
            RangeRead::Records(records) => records,
            RangeRead::OutOfRange(lost) => return Ok(lost.log.low.max(at.offset + 1)),
        };
        let records: Vec<Delivery> = records
            .into_iter()
            .filter(|record| record.position.offset < end)
            .collect();
        let Some(last) = records.last() else {
            return Ok(end);
        };
        let next = last.position.offset + 1;
        let log_id = frontier.log.id();
        let known = self.warehouse.places_within(&log_id, at, next).await?;
        let rows = self.missing(&records, &known, &log_id, claim, report);
        if report.applied && !rows.is_empty() {
            self.store(rows, at.partition, claim, report).await?;
        }
        Ok(next)
    }

    /// The rows of those records that are in no table.
    fn missing(
        &self,
        records: &[Delivery],
        known: &Beyond,
        log_id: &str,
        claim: u64,
        report: &mut Report,
    ) -> Vec<EventRow> {
        let log_id: Arc<str> = Arc::from(log_id);
        let mut rows = Vec::new();
        for record in records {
            let Position { partition, offset } = record.position;
            report.read += 1;
            if known.contains_key(&offset) {
                report.present += 1;
                continue;
            }
            report.missing += 1;
            if report.positions.len() < 100 {
                report.positions.push(format!("{partition}:{offset}"));
            }
            match self.processor.row(&record.payload) {
                Ok(mut row) => {
                    let delay = record.appended_at.timestamp_millis() - row.received_at;
                    row.append_delay = i32::try_from(delay).unwrap_or(i32::MAX);
                    row.arrived_at = self.clock.now_ms();
                    row.log_id = Arc::clone(&log_id);
                    row.position = LogPosition { partition, offset };
                    row.claim = claim;
                    rows.push(row);
                }
                Err(_) => report.undecodable += 1,
            }
        }
        rows
    }

    /// Stores what is missing; what stands at another position is a repeat.
    async fn store(
        &self,
        rows: Vec<EventRow>,
        partition: u32,
        claim: u64,
        report: &mut Report,
    ) -> Result<(), StartError> {
        let suspects: Vec<Suspect> = rows.iter().map(Suspect::from).collect();
        let found = self.warehouse.look_up(&suspects).await?;
        let (mut fresh, mut repeats) = (Vec::new(), Vec::new());
        for row in rows {
            let originals = found.get(&(row.project_id, row.person_id, row.uuid));
            match originals.and_then(|originals| originals.first()) {
                Some(original) => repeats.push(Repeat {
                    row,
                    original: original.clone(),
                    reason: Reason::Remembered,
                }),
                None => fresh.push(row),
            }
        }
        let name = InsertName::new([claim]);
        if !fresh.is_empty() {
            done(
                self.warehouse
                    .insert_events(fresh.iter(), &name, READ_TIME)
                    .await,
            )?;
            report.stored += fresh.len() as u64;
        }
        if !repeats.is_empty() {
            let claims = BTreeMap::from([(partition, claim)]);
            done(
                self.warehouse
                    .insert_repeats(repeats.iter(), &claims, &name, READ_TIME)
                    .await,
            )?;
            report.repeats += repeats.len() as u64;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn arguments_are_read_and_faults_named() {
        let (span, apply) = parse(&words("--from 2026-01-01T00:00:00Z --apply")).unwrap();
        assert_eq!(
            (span.from.timestamp(), span.to, apply),
            (1_767_225_600, None, true)
        );
        for wrong in [
            "--to 2026-01-01T00:00:00Z",
            "--from",
            "--from yesterday",
            "--form x",
        ] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
