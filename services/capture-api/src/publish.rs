//! Handing a request's events to the transport, once for the whole request; it
//! answers before clients stop waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use event_schema::reason::RejectReason;
use transport::TransportError;

use crate::app::Services;
use crate::decode::Refused;
use crate::intake::Prepared;
use crate::intake::{EventOutcome, Report, Stop};
use crate::metrics::Family;

/// Publishes the records and says what became of each event.
///
/// # Errors
/// None of its own: what the transport did not take stands in the report.
pub(crate) async fn publish(
    services: &Arc<Services>,
    family: Family,
    prepared: Prepared,
) -> Result<Report, Stop> {
    let Prepared {
        records,
        mut events,
        client_ids,
        memory,
        ..
    } = prepared;
    let count = records.len();
    let mut results = services.producer.publish(records).await.into_iter();
    drop(memory);
    let mut is_confirmed = true;
    let mut last_error = None;
    for event in &mut events {
        let EventOutcome::Unconfirmed { uuid, is_ours } = *event else {
            continue;
        };
        match results.next() {
            Some(Ok(_)) => *event = EventOutcome::Stored { uuid, is_ours },
            Some(Err(TransportError::TooLarge { size, limit })) => {
                *event = EventOutcome::Refused(Refused::new(
                    RejectReason::EventTooLarge,
                    format!("the event has {size} bytes on the log, the limit is {limit}"),
                ));
            }
            Some(Err(error)) => {
                is_confirmed = false;
                last_error = Some(error.kind());
            }
            None => {
                is_confirmed = false;
                last_error = Some("unanswered");
            }
        }
    }
    if let Some(error) = last_error {
        services.outages.note(services.clock.now_ms(), error, count);
    }
    let report = Report {
        events,
        is_confirmed,
        client_ids,
    };
    count_events(services, family, &report);
    Ok(report)
}

/// Tells the log that the transport does not confirm, at most every few
/// seconds: during an outage every request could say so.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    last_told_ms: AtomicI64,
    untold: AtomicU64,
}

/// Time between two such lines.
const OUTAGE_LOG_INTERVAL_MS: i64 = 5_000;

impl Outages {
    fn note(&self, now_ms: i64, error: &'static str, records: usize) {
        let untold = self.untold.fetch_add(records as u64, Ordering::Relaxed) + records as u64;
        let last = self.last_told_ms.load(Ordering::Relaxed);
        let is_due = (now_ms - last).abs() >= OUTAGE_LOG_INTERVAL_MS;
        let is_mine = is_due
            && self
                .last_told_ms
                .compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_mine {
            self.untold.store(0, Ordering::Relaxed);
            tracing::warn!(
                error,
                events = untold,
                "the transport does not confirm events"
            );
        }
    }
}

fn count_events(services: &Services, family: Family, report: &Report) {
    let counters = services.meters.events(family);
    let mut accepted = 0;
    let mut unconfirmed = 0;
    for event in &report.events {
        match event {
            EventOutcome::Stored { .. } => accepted += 1,
            EventOutcome::Unconfirmed { .. } => unconfirmed += 1,
            EventOutcome::Refused(refused) => {
                counters.rejected.increment(1);
                services.meters.refused(refused.reason.code(), 1);
            }
        }
    }
    if accepted > 0 {
        counters.accepted.increment(accepted);
    }
    if unconfirmed > 0 {
        counters.unconfirmed.increment(unconfirmed);
    }
}
