//! What was refused is told, too: counted per project and reason over ten
//! seconds, with one example, as one record on the topic `ingest-refused`.

mod redact;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use event_schema::ids::ProjectId;
use event_schema::reason::RejectReason;
use event_schema::refusal::RefusalSummary;
use parking_lot::Mutex;
use service_kit::Clock;
use tokio_util::sync::CancellationToken;
use transport::{Producer, Record, Topic};

use crate::decode::Refused;

pub use redact::example;

/// Length of a window.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts refusals until they are told.
#[derive(Debug)]
pub struct Refusals {
    clock: Clock,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    start: i64,
    counts: HashMap<(ProjectId, RejectReason), Count>,
}

#[derive(Debug)]
struct Count {
    count: u64,
    detail: String,
    example: String,
}

impl Refusals {
    /// Nothing refused yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let window = Window {
            start: clock.now_ms(),
            counts: HashMap::new(),
        };
        Self {
            clock,
            window: Mutex::new(window),
        }
    }

    /// Counts one. `example` is asked for only when there is none yet; it has
    /// no credentials any more.
    pub fn note(&self, project: ProjectId, refused: &Refused, example: impl FnOnce() -> String) {
        let mut window = self.window.lock();
        let count = window
            .counts
            .entry((project, refused.reason))
            .or_insert_with(|| Count {
                count: 0,
                detail: refused.detail.to_string(),
                example: example(),
            });
        count.count += 1;
    }

    /// Ends the window and returns what was counted in it.
    pub fn take(&self) -> Vec<RefusalSummary> {
        let window_end = self.clock.now_ms();
        let mut window = self.window.lock();
        let window_start = std::mem::replace(&mut window.start, window_end);
        std::mem::take(&mut window.counts)
            .into_iter()
            .map(|((project_id, reason), count)| RefusalSummary {
                project_id,
                reason,
                count: count.count,
                window_start,
                window_end,
                detail: count.detail,
                example: count.example,
            })
            .collect()
    }

    /// Tells every window until `stop`, and then the last one. What cannot be
    /// told is logged and forgotten: it is a service to people, no proof.
    pub async fn run(self: Arc<Self>, producer: Arc<dyn Producer>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(WINDOW);
        ticks.tick().await;
        loop {
            let is_last = tokio::select! {
                _ = ticks.tick() => false,
                () = stop.cancelled() => true,
            };
            self.publish(&*producer).await;
            if is_last {
                return;
            }
        }
    }

    async fn publish(&self, producer: &dyn Producer) {
        let records: Vec<Record> = self
            .take()
            .iter()
            .filter_map(|summary| {
                let payload = serde_json::to_vec(summary).ok()?;
                Some(Record::new(
                    Topic::Refused,
                    summary.project_id.to_string(),
                    payload,
                ))
            })
            .collect();
        if records.is_empty() {
            return;
        }
        let failed = producer
            .publish(records)
            .await
            .into_iter()
            .find_map(Result::err);
        if let Some(error) = failed {
            tracing::warn!(%error, "refusals could not be told");
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn refusals_are_counted_by_project_and_reason() {
        let refusals = Refusals::new(Clock::system());
        let project = ProjectId(Uuid::from_u128(1));
        for (reason, example) in [
            (RejectReason::EventNameMissing, "first"),
            (RejectReason::EventNameMissing, "second"),
            (RejectReason::EventTooLarge, "third"),
        ] {
            refusals.note(project, &Refused::new(reason, "why"), || example.to_owned());
        }
        let mut told = refusals.take();
        told.sort_by_key(|summary| summary.count);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].count, 2);
        assert_eq!(told[1].example, "first");
        assert!(refusals.take().is_empty());
    }
}
