//! What a query's parser must know besides the request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The moment and the limits under which a request is read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The moment of the request: the default end of a range.
    pub now: DateTime<Utc>,
    /// What a request may ask for at most.
    pub limits: QueryLimits,
}

/// What one request may ask for at most. More is a 400 that names the limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryLimits {
    /// Series of a trend.
    pub series: usize,
    /// Steps of a funnel.
    pub steps: usize,
    /// Exclusions of a funnel.
    pub exclusions: usize,
    /// Properties of a breakdown.
    pub breakdown_properties: usize,
    /// Values of a breakdown before the rest becomes "other".
    pub breakdown_limit: usize,
    /// Buckets of an answer.
    pub buckets: usize,
    /// Cohorts of a retention table.
    pub intervals: usize,
    /// Nodes of a path.
    pub max_steps: usize,
    /// Rows of a page.
    pub page: usize,
    /// Leaves of a filter tree.
    pub filters: usize,
    /// Depth of a filter tree.
    pub filter_depth: usize,
    /// Silence after which a new session starts.
    #[serde(with = "humantime_serde")]
    pub session_gap: Duration,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            series: 26,
            steps: 20,
            exclusions: 10,
            breakdown_properties: 4,
            breakdown_limit: 1_000,
            buckets: 10_000,
            intervals: 60,
            max_steps: 1_000,
            page: 10_000,
            filters: 1_000,
            filter_depth: 32,
            session_gap: Duration::from_secs(30 * 60),
        }
    }
}
