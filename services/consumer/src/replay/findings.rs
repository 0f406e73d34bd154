//! What the records of one piece of the log are, of which no table knows.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use event_schema::ids::ProjectId;
use service_kit::entry::StartError;
use transport::{Delivery, Position};
use uuid::Uuid;
use warehouse::ledger::Beyond;
use warehouse::repeats::{Original, Reason, Repeat, Suspect};
use warehouse::{EventRow, LogPosition, Warehouse};

use super::report::Report;
use crate::dead_letter::DeadLetter;
use crate::process::Processor;

/// Whose missing events were found so far, and where the first copy of each stands.
pub(super) type Seen = HashMap<(ProjectId, u64, Uuid), Original>;

/// The missing records of a piece, by what they are.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) fresh: Vec<EventRow>,
    pub(super) repeats: Vec<Repeat>,
    pub(super) dead: Vec<DeadLetter>,
}

/// What the piece belongs to.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) log_id: Arc<str>,
    pub(super) claim: u64,
    /// Now, ms since the epoch.
    pub(super) now: i64,
}

impl Findings {
    /// Sorts out the records that are not among the `known`.
    pub(super) fn of(
        records: Vec<Delivery>,
        known: &Beyond,
        origin: &Origin,
        processor: &Processor,
        report: &mut Report,
    ) -> Self {
        let mut found = Self::default();
        for record in records {
            report.read += 1;
            if let Some(place) = known.get(&record.position.offset) {
                report.present.add(*place);
                continue;
            }
            report.add_missing(record.position);
            match processor.row(&record.payload) {
                Ok(row) => found.fresh.push(placed(row, &record, origin)),
                Err(fault) => found.dead.push(DeadLetter {
                    position: position(record.position),
                    key: Bytes::copy_from_slice(&record.key),
                    appended_at: record.appended_at.timestamp_millis(),
                    arrived_at: origin.now,
                    payload: record.payload,
                    kind: fault.kind,
                    message: fault.message,
                    project_id: fault.project_id,
                    uuid: fault.uuid,
                    distinct_id: fault.distinct_id,
                }),
            }
        }
        found
    }

    /// Parts events that stand at another position already, in the table or
    /// among those that are missing, from the others.
    pub(super) async fn recognise(
        &mut self,
        warehouse: &Warehouse,
        seen: &mut Seen,
    ) -> Result<(), StartError> {
        let suspects: Vec<Suspect> = self.fresh.iter().map(Suspect::from).collect();
        let stored = warehouse.look_up(&suspects).await?;
        for row in std::mem::take(&mut self.fresh) {
            let identity = (row.project_id, row.person_id, row.uuid);
            let first = stored
                .get(&identity)
                .and_then(|originals| originals.first());
            match first.or_else(|| seen.get(&identity)).cloned() {
                Some(original) => self.repeats.push(Repeat {
                    row,
                    original,
                    reason: Reason::Remembered,
                }),
                None => {
                    let original = Original {
                        log_id: row.log_id.to_string(),
                        position: row.position,
                    };
                    seen.insert(identity, original);
                    self.fresh.push(row);
                }
            }
        }
        Ok(())
    }

    /// Offsets of all of them.
    pub(super) fn offsets(&self) -> Vec<u64> {
        let events = self.fresh.iter().map(|row| row.position.offset);
        let repeats = self.repeats.iter().map(|one| one.row.position.offset);
        let dead = self.dead.iter().map(|letter| letter.position.offset);
        events.chain(repeats).chain(dead).collect()
    }

    pub(super) fn count(&self, report: &mut Report) {
        report.stored += self.fresh.len() as u64;
        report.repeats += self.repeats.len() as u64;
        report.dead += self.dead.len() as u64;
    }
}

fn placed(mut row: EventRow, record: &Delivery, origin: &Origin) -> EventRow {
    let delay = record.appended_at.timestamp_millis() - row.received_at;
    row.append_delay = i32::try_from(delay).unwrap_or(i32::MAX);
    row.arrived_at = origin.now;
    row.log_id = Arc::clone(&origin.log_id);
    row.position = position(record.position);
    row.claim = origin.claim;
    row
}

fn position(at: Position) -> LogPosition {
    LogPosition {
        partition: at.partition,
        offset: at.offset,
    }
}
