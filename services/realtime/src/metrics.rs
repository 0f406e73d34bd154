//! The metrics of the realtime service.

use service_kit::metrics::{Metric, Unit};

/// Streams and sockets that are open.
pub const CONNECTIONS: Metric = Metric::gauge(
    "realtime_connections",
    Unit::Count,
    &["kind"],
    "Connections open now: sse, socket (viewers), visitor (SDKs).",
);
/// Connections that were not let in, or were ended by us.
pub const TURNED_AWAY: Metric = Metric::counter(
    "realtime_turned_away_total",
    &["reason"],
    "Connections refused or ended by us, by the code of the reason.",
);
/// Events read.
pub const RECEIVED: Metric = Metric::counter(
    "realtime_events_received_total",
    &["outcome"],
    "Events read from the transport: taken, or unreadable.",
);
/// Events sent.
pub const DELIVERED: Metric = Metric::counter(
    "realtime_events_delivered_total",
    &[],
    "Events handed to a viewer's connection.",
);
/// Events left out.
pub const DROPPED: Metric = Metric::counter(
    "realtime_events_dropped_total",
    &[],
    "Events left out because a viewer was too slow; each was told how many.",
);
/// Messages of visitors.
pub const MESSAGES: Metric = Metric::counter(
    "realtime_messages_total",
    &["type", "outcome"],
    "Messages of visitors' sockets, by what became of them: acknowledged, or the code of the error.",
);
/// How late events are.
pub const DELAY_SECONDS: Metric = Metric::duration(
    "realtime_delay_seconds",
    &[],
    "From the moment capture received an event to the moment it was handed to viewers; events that were received together count once.",
);
/// Whether events arrive.
pub const SOURCE_UP: Metric = Metric::gauge(
    "realtime_source_up",
    Unit::Count,
    &[],
    "1 while the transport answers and everything old has been read, else 0.",
);
/// What is kept.
pub const REPLAY_BYTES: Metric = Metric::gauge(
    "realtime_replay_bytes",
    Unit::Bytes,
    &[],
    "Bytes of events kept for viewers who come back.",
);

/// All of them.
pub const METRICS: &[Metric] = &[
    CONNECTIONS,
    TURNED_AWAY,
    RECEIVED,
    DELIVERED,
    DROPPED,
    MESSAGES,
    DELAY_SECONDS,
    SOURCE_UP,
    REPLAY_BYTES,
];
