//! The metrics of the query API.

use service_kit::metrics::Metric;

/// Queries that somebody waited for, by how they ended.
pub const QUERIES: Metric = Metric::counter(
    "query_queries_total",
    &["type", "outcome"],
    "Queries that somebody waited for: cached, joined, computed, or the code of the failure.",
);
/// How long they took.
pub const QUERY_DURATION: Metric = Metric::duration(
    "query_duration_seconds",
    &["type"],
    "Time to answer a query that was not in the cache, waiting for a place included.",
);
/// Rows the engine read.
pub const ROWS_READ: Metric = Metric::counter(
    "query_rows_read_total",
    &["type"],
    "Rows that the engine read for queries and jobs.",
);
/// Jobs by how they ended.
pub const JOBS: Metric = Metric::counter(
    "query_jobs_total",
    &["outcome"],
    "Jobs that were run: completed, failed, given back, lost to another worker.",
);
/// Jobs that run in this process.
pub const JOBS_RUNNING: Metric = Metric::gauge(
    "query_jobs_running",
    service_kit::metrics::Unit::Count,
    &[],
    "Jobs that this process runs now.",
);

/// All of them.
pub const METRICS: &[Metric] = &[QUERIES, QUERY_DURATION, ROWS_READ, JOBS, JOBS_RUNNING];
