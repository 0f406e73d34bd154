//! What the consumer measures.

use service_kit::metrics::{Metric, Unit};

/// Records taken from the log.
pub const RECEIVED: Metric = Metric::counter(
    "consumer_records_received_total",
    &[],
    "Records taken from the log.",
);
/// Records that were read a second time and left out by their position.
pub const REDELIVERED: Metric = Metric::counter(
    "consumer_records_redelivered_total",
    &[],
    "Records read again that were left out because their position is settled.",
);
/// Events stored.
pub const STORED: Metric = Metric::counter(
    "consumer_events_stored_total",
    &[],
    "Events stored in the warehouse.",
);
/// Events left out as repeats.
pub const DUPLICATES: Metric = Metric::counter(
    "consumer_events_duplicate_total",
    &["reason"],
    "Events left out because the same event is stored, by how it was recognised.",
);
/// Events looked up in the table.
pub const SUSPECTS: Metric = Metric::counter(
    "consumer_events_suspected_total",
    &["reason"],
    "Events looked up in the table because they might be repeats, by why.",
);
/// Records sent to the dead letters.
pub const QUARANTINED: Metric = Metric::counter(
    "consumer_records_quarantined_total",
    &["kind"],
    "Records sent to the dead letters, by kind of fault.",
);
/// Size of a batch.
pub const BATCH_ROWS: Metric = Metric::size(
    "consumer_batch_rows",
    Unit::Count,
    &[],
    "Records of a batch.",
);
/// How long the steps of a batch take.
pub const STEP_SECONDS: Metric = Metric::duration(
    "consumer_step_duration_seconds",
    &["step"],
    "How long a step of storing a batch takes.",
);
/// From capture to queryable.
pub const FRESHNESS_SECONDS: Metric = Metric::duration(
    "consumer_freshness_seconds",
    &[],
    "Time from capture's receipt until an event is queryable; events that were received together count once.",
);
/// Inserts whose outcome was not known.
pub const UNKNOWN_OUTCOMES: Metric = Metric::counter(
    "consumer_inserts_unknown_total",
    &["step"],
    "Inserts whose outcome was not known and was settled by reading back.",
);
/// Rows found stored when an outcome was settled.
pub const SETTLED_ROWS: Metric = Metric::counter(
    "consumer_rows_found_settling_total",
    &[],
    "Rows found stored already when an outcome was settled or a partition taken over.",
);
/// Inserts refused because of a revoked claim.
pub const FENCED: Metric = Metric::counter(
    "consumer_inserts_fenced_total",
    &[],
    "Inserts refused because another consumer has taken a partition over.",
);
/// 1 while the warehouse is waited for.
pub const WAITING: Metric = Metric::gauge(
    "consumer_waiting_for_warehouse",
    Unit::Count,
    &[],
    "1 while the warehouse does not take what the consumer has, else 0.",
);
/// Records that the log had lost before they were read.
pub const LOST_RECORDS: Metric = Metric::counter(
    "consumer_log_records_missing_total",
    &[],
    "Records that were not in the log any more when they were to be read. Alarm when it grows.",
);
/// Changes of the log's identity.
pub const LOG_CHANGES: Metric = Metric::counter(
    "consumer_log_changes_total",
    &["kind"],
    "Times the log was found replaced or truncated. Alarm when it grows.",
);
/// Refusals for content that concern too many records.
pub const REFUSED_BATCHES: Metric = Metric::counter(
    "consumer_batches_refused_total",
    &[],
    "Batches refused for their content as a whole, which are waited for instead of quarantined. Alarm.",
);
/// Partitions owned.
pub const PARTITIONS: Metric = Metric::gauge(
    "consumer_partitions",
    Unit::Count,
    &[],
    "Partitions this process stores.",
);
/// Records between the frontier and the log's end.
pub const LAG: Metric = Metric::gauge(
    "consumer_lag_records",
    Unit::Count,
    &["partition"],
    "Records of a partition that are in the log and not stored yet.",
);
/// Identities in the filters.
pub const REMEMBERED: Metric = Metric::gauge(
    "consumer_identities_remembered",
    Unit::Count,
    &[],
    "Identities that the filters of repeats remember.",
);
/// Bytes of the filters.
pub const FILTER_BYTES: Metric = Metric::gauge(
    "consumer_filter_bytes",
    Unit::Bytes,
    &[],
    "Memory of the filters of repeats.",
);
/// How far behind now the owned partitions are complete.
pub const COMPLETE_AGE_SECONDS: Metric = Metric::gauge(
    "consumer_complete_age_seconds",
    Unit::Seconds,
    &[],
    "Age of the instant up to which all owned partitions are complete.",
);
/// Rows deleted by retention.
pub const REMOVED: Metric = Metric::counter(
    "consumer_rows_removed_total",
    &[],
    "Rows deleted by retention.",
);

/// Events found stored twice.
pub const DOUBLES: Metric = Metric::gauge(
    "consumer_doubles_found",
    Unit::Count,
    &[],
    "Events that the last sweep of recent arrivals found stored more than once. Alarm above 0.",
);
/// Records deleted from the log.
pub const TRIMMED: Metric = Metric::counter(
    "consumer_log_records_trimmed_total",
    &[],
    "Stored records deleted from the log after the replay period.",
);

/// All of them.
pub const METRICS: &[Metric] = &[
    RECEIVED,
    REDELIVERED,
    STORED,
    DUPLICATES,
    SUSPECTS,
    QUARANTINED,
    BATCH_ROWS,
    STEP_SECONDS,
    FRESHNESS_SECONDS,
    UNKNOWN_OUTCOMES,
    SETTLED_ROWS,
    FENCED,
    WAITING,
    LOST_RECORDS,
    LOG_CHANGES,
    REFUSED_BATCHES,
    PARTITIONS,
    LAG,
    REMEMBERED,
    FILTER_BYTES,
    COMPLETE_AGE_SECONDS,
    REMOVED,
    DOUBLES,
    TRIMMED,
];
