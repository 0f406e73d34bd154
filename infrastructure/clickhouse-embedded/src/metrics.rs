//! Metrics of the front and of the engine behind it.

use service_kit::metrics::{Metric, Unit};

/// Statements by kind and how they ended.
pub(crate) const STATEMENTS: Metric = Metric::counter(
    "engine_statements_total",
    &["kind", "outcome"],
    "Statements that ended: read, insert or other; ok or error.",
);
/// Time of statements.
pub(crate) const DURATION: Metric = Metric::duration(
    "engine_statement_duration_seconds",
    &["kind"],
    "Time from a request's turn to the end of its statement.",
);
/// Statements at work.
pub(crate) const RUNNING: Metric = Metric::gauge(
    "engine_statements_running",
    Unit::Count,
    &[],
    "Requests that have a thread now.",
);
/// Requests turned away.
pub(crate) const TURNED_AWAY: Metric = Metric::counter(
    "engine_requests_turned_away_total",
    &[],
    "Requests that were refused because too many were running.",
);
/// Rows stored.
pub(crate) const ROWS_WRITTEN: Metric = Metric::counter(
    "engine_rows_written_total",
    &[],
    "Rows that INSERTs with data have stored.",
);
/// Memory of statements.
pub(crate) const MEMORY: Metric = Metric::gauge(
    "engine_memory_bytes",
    Unit::Bytes,
    &[],
    "Memory that the engine accounts to statements, merges and caches.",
);
/// Active parts.
pub(crate) const PARTS: Metric = Metric::gauge(
    "engine_parts",
    Unit::Count,
    &[],
    "Active parts of all tables; many mean that merges cannot keep up.",
);

/// All of them.
pub const METRICS: &[Metric] = &[
    STATEMENTS,
    DURATION,
    RUNNING,
    TURNED_AWAY,
    ROWS_WRITTEN,
    MEMORY,
    PARTS,
];
