//! What the transports count.

use service_kit::metrics::{Metric, Unit};

/// Records whose publication was answered.
pub const PUBLISHED: Metric = Metric::counter(
    "transport_published_total",
    &["outcome"],
    "Records answered by the transport, by outcome: stored, or the kind of the error.",
);
/// How long a batch took from hand-over to its last answer.
pub const PUBLISH_SECONDS: Metric = Metric::duration(
    "transport_publish_seconds",
    &[],
    "Time from handing a batch to the transport until its last record was answered.",
);
/// Records taken and not answered.
pub const IN_FLIGHT: Metric = Metric::gauge(
    "transport_in_flight",
    Unit::Count,
    &[],
    "Records handed to the transport and not answered yet.",
);
/// Bytes taken and not answered.
pub const IN_FLIGHT_BYTES: Metric = Metric::gauge(
    "transport_in_flight_bytes",
    Unit::Bytes,
    &[],
    "Bytes of keys and payloads handed to the transport and not answered yet.",
);
/// The published partition count in use.
pub const PARTITION_COUNT: Metric = Metric::gauge(
    "transport_partition_count",
    Unit::Count,
    &[],
    "Partitions that this producer spreads keys over.",
);
/// Records read.
pub const CONSUMED: Metric = Metric::counter(
    "transport_consumed_total",
    &[],
    "Records read from the transport.",
);
/// Records read and waiting.
pub const BUFFERED: Metric = Metric::gauge(
    "transport_buffered",
    Unit::Count,
    &[],
    "Records read from the transport that nobody has received yet.",
);
/// Changes of what a consumer owns.
pub const REBALANCES: Metric = Metric::counter(
    "transport_rebalances_total",
    &["change"],
    "Changes of ownership: assigned, revoked, lost.",
);
/// Partitions owned.
pub const PARTITIONS_OWNED: Metric = Metric::gauge(
    "transport_partitions_owned",
    Unit::Count,
    &[],
    "Partitions that this consumer reads.",
);
/// Errors that the client recovers from by itself.
pub const CLIENT_ERRORS: Metric = Metric::counter(
    "transport_client_errors_total",
    &["role"],
    "Errors that the transport's client reported and recovers from by itself.",
);
/// Brokers connected.
pub const BROKERS_UP: Metric = Metric::gauge(
    "transport_kafka_brokers_up",
    Unit::Count,
    &["role"],
    "Kafka brokers with a connection in use, by role of the client.",
);
/// Round trip to the slowest broker.
pub const BROKER_RTT: Metric = Metric::gauge(
    "transport_kafka_rtt_seconds",
    Unit::Seconds,
    &["role"],
    "99th percentile of the round trip to the slowest Kafka broker over the last interval.",
);
/// Items in the Redis list.
pub const LIST_DEPTH: Metric = Metric::gauge(
    "transport_redis_depth",
    Unit::Count,
    &[],
    "Items in the Redis list that nobody has taken.",
);

/// All of them.
pub const METRICS: &[Metric] = &[
    PUBLISHED,
    PUBLISH_SECONDS,
    IN_FLIGHT,
    IN_FLIGHT_BYTES,
    PARTITION_COUNT,
    CONSUMED,
    BUFFERED,
    REBALANCES,
    PARTITIONS_OWNED,
    CLIENT_ERRORS,
    BROKERS_UP,
    BROKER_RTT,
    LIST_DEPTH,
];
