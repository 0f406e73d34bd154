//! What capture counts.

use metrics::Counter;
use service_kit::metrics::{Metric, Unit};

const EVENTS: Metric = Metric::counter(
    "capture_events_total",
    &["form", "outcome"],
    "Events received, by client family and outcome: accepted (durable), rejected, unconfirmed.",
);
const REFUSED: Metric = Metric::counter(
    "capture_refused_total",
    &["reason"],
    "Events and requests refused, by reason.",
);
const BODY_BYTES: Metric = Metric::counter(
    "capture_body_bytes_total",
    &["stage"],
    "Bytes of request bodies on the wire and after decoding.",
);
/// Bytes that requests hold now.
pub(crate) const IN_FLIGHT: Metric = Metric::gauge(
    "capture_in_flight_bytes",
    Unit::Bytes,
    &[],
    "Bytes of bodies and records that requests hold now.",
);
/// Events handed to the transport and not yet answered.
pub(crate) const UNANSWERED: Metric = Metric::gauge(
    "capture_unanswered_records",
    Unit::Count,
    &[],
    "Records handed to the transport and not yet answered.",
);

/// Every metric of this service.
pub const METRICS: &[Metric] = &[EVENTS, REFUSED, BODY_BYTES, IN_FLIGHT, UNANSWERED];

/// Client families, as the label `form` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Contract §1.1.
    Native,
    /// Contract §1.2.
    Bklit,
    /// Contract §1.3.
    PostHog,
    /// Contract §1.4.
    Segment,
}

impl Family {
    const ALL: [Self; 4] = [Self::Native, Self::Bklit, Self::PostHog, Self::Segment];

    const fn label(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Bklit => "bklit",
            Self::PostHog => "posthog",
            Self::Segment => "segment",
        }
    }
}

/// Counters of one family.
#[derive(Clone)]
pub(crate) struct EventCounters {
    pub accepted: Counter,
    pub rejected: Counter,
    pub unconfirmed: Counter,
}

/// Handles made once, so that counting on the hot path looks nothing up.
#[derive(Clone)]
pub(crate) struct Meters {
    events: [EventCounters; 4],
    pub wire_bytes: Counter,
    pub decoded_bytes: Counter,
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters")
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        let events = Family::ALL.map(|family| EventCounters {
            accepted: EVENTS.count(&[family.label(), "accepted"]),
            rejected: EVENTS.count(&[family.label(), "rejected"]),
            unconfirmed: EVENTS.count(&[family.label(), "unconfirmed"]),
        });
        Self {
            events,
            wire_bytes: BODY_BYTES.count(&["wire"]),
            decoded_bytes: BODY_BYTES.count(&["decoded"]),
        }
    }

    pub(crate) fn events(&self, family: Family) -> &EventCounters {
        let [native, bklit, posthog, segment] = &self.events;
        match family {
            Family::Native => native,
            Family::Bklit => bklit,
            Family::PostHog => posthog,
            Family::Segment => segment,
        }
    }

    pub(crate) fn refused(&self, reason: &'static str, count: u64) {
        REFUSED.count(&[reason]).increment(count);
    }
}
