use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the list is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListTuning {
    /// Items taken at once, 1 to 1,000.
    pub batch: usize,
    /// Items in the queue above which producers are refused.
    pub depth_limit: u64,
    /// Share of Redis' `maxmemory`, in percent, above which producers are
    /// refused, before Redis itself refuses everybody.
    pub memory_limit_percent: u64,
    /// Items that a worker may have taken and not committed.
    pub uncommitted_limit: usize,
    /// After so long without a sign of life another worker takes over.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How long a request may take until it is given up.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// Before every key; empty in production, a name of its own for each
    /// isolated test.
    pub key_prefix: String,
}

impl Default for ListTuning {
    fn default() -> Self {
        Self {
            batch: 100,
            depth_limit: 1_000_000,
            memory_limit_percent: 80,
            uncommitted_limit: 50_000,
            lease: Duration::from_secs(6),
            request_timeout: Duration::from_secs(4),
            key_prefix: String::new(),
        }
    }
}
