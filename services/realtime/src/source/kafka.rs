//! Events from the log, read by every instance for itself: no group, so nobody
//! else's reading is touched.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use event_schema::envelope::{Envelope, Members};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use transport::kafka::{Tail, TailRead};
use transport::{Delivery, LogId, TransportError};

use super::{EVENTS, Source};
use crate::feed::glance::{Glance, Wanted};
use crate::feed::item::{Content, Item, Kind, Place};
use crate::feed::point::Point;
use crate::feed::{Hub, SourceState};
use crate::live::Seen;
use crate::metrics::{DELAY_SECONDS, RECEIVED};

/// Characters of the log's own id that name it in points: enough to notice that
/// it was made anew.
const NAME_CHARS: usize = 8;

pub(super) async fn follow(
    source: &Source,
    stop: &CancellationToken,
) -> Result<(), TransportError> {
    let back = TimeDelta::from_std(source.history).unwrap_or_default();
    let since = (!back.is_zero()).then(|| source.clock.now() - back);
    let mut tail = Tail::start(&source.kafka, EVENTS, since)?;
    let mut reading = Reading {
        hub: source.hub.clone(),
        log: "k".into(),
        next: Vec::new(),
        is_caught_up: false,
        connection: tail.connection(),
    };
    let mut connection = tail.connection();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            read = tail.next() => reading.take(read?, source.clock.now_ms()),
            changed = connection.changed() => match changed {
                Ok(()) => reading.tell(),
                // The thread has ended; the next read says why.
                Err(_gone) => return Err(TransportError::Closed),
            },
        }
    }
}

struct Reading {
    hub: Hub,
    log: Arc<str>,
    /// By partition the next offset.
    next: Vec<u64>,
    is_caught_up: bool,
    connection: watch::Receiver<bool>,
}

impl Reading {
    fn take(&mut self, read: TailRead, now_ms: i64) {
        match read {
            TailRead::Began { log, starts } => self.begin(&log, &starts),
            TailRead::Records(deliveries) => self.records(deliveries, now_ms),
            TailRead::CaughtUp => {
                tracing::info!("following the log");
                self.is_caught_up = true;
            }
        }
        self.tell();
    }

    fn begin(&mut self, log: &LogId, starts: &BTreeMap<u32, u64>) {
        let id = log.0.chars().filter(char::is_ascii_alphanumeric);
        let name: String = std::iter::once('k').chain(id.take(NAME_CHARS)).collect();
        self.log = name.into();
        self.next.clear();
        for (partition, offset) in starts {
            *self.place(*partition) = *offset;
        }
        self.hub.begin(self.point());
    }

    /// Says whether events arrive, when that changed.
    fn tell(&self) {
        let state = match (*self.connection.borrow(), self.is_caught_up) {
            (false, _) => SourceState::Away,
            (true, false) => SourceState::CatchingUp,
            (true, true) => SourceState::Live,
        };
        let before = *self.hub.state().borrow();
        if before != state {
            if state == SourceState::Away && before == SourceState::Live {
                tracing::warn!("the log does not answer");
            }
            self.hub.enter(state);
        }
    }

    fn place(&mut self, partition: u32) -> &mut u64 {
        let at = partition as usize;
        if self.next.len() <= at {
            self.next.resize(at + 1, 0);
        }
        &mut self.next[at]
    }

    fn point(&self) -> Point {
        Point {
            log: Arc::clone(&self.log),
            next: self.next.as_slice().into(),
        }
    }

    fn records(&mut self, deliveries: Vec<Delivery>, now_ms: i64) {
        let delay = DELAY_SECONDS.distribution(&[]);
        let (mut taken, mut unreadable, mut told) = (0, 0, None);
        for delivery in deliveries {
            match self.record(delivery) {
                Ok(received_at) => {
                    taken += 1;
                    // What came together stands together and is equally late.
                    if self.is_caught_up && told.replace(received_at) != Some(received_at) {
                        let ms = (now_ms - received_at).max(0);
                        delay.record(ms as f64 / 1_000.0);
                    }
                }
                // The consumer makes a dead letter of it.
                Err(error) => {
                    unreadable += 1;
                    tracing::debug!(%error, "a record is no event");
                }
            }
        }
        RECEIVED.count(&["taken"]).increment(taken);
        RECEIVED.count(&["unreadable"]).increment(unreadable);
        self.hub.advance(self.point());
    }

    /// Gives the event of a record to its project; answers when capture received
    /// it.
    fn record(&mut self, delivery: Delivery) -> Result<i64, serde_json::Error> {
        let (position, record) = (delivery.position, delivery.payload);
        *self.place(position.partition) = position.offset + 1;
        let envelope = Envelope::<Members<'_>>::read(&record)?;
        let place = Place {
            partition: position.partition as usize,
            offset: position.offset,
            appended_at: delivery.appended_at.timestamp_millis(),
        };
        let glance = Glance::of(&envelope.properties);
        let kind = Kind::of(&envelope.event);
        let session = glance.text(Wanted::Session);
        let page = match kind {
            Kind::Pageview => glance.page(),
            Kind::Event | Kind::SessionEnd => None,
        };
        let seen = Seen {
            distinct_id: &envelope.distinct_id,
            session: session.as_deref(),
            page: page.as_deref(),
            is_end: kind == Kind::SessionEnd,
            timestamp: envelope.timestamp,
            arrived_at: place.appended_at,
        };
        let item = Item::new(
            &envelope.event,
            &envelope.distinct_id,
            place,
            self.point(),
            Content::Envelope(record.clone()),
        );
        self.hub.publish(envelope.project_id, item, seen);
        Ok(envelope.received_at)
    }
}
