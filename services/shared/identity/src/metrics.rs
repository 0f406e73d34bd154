//! What the key directory tells of itself. A service that holds one installs
//! these beside its own.

use service_kit::metrics::{Metric, Unit};

/// How many keys there are.
pub const KEYS: Metric = Metric::gauge(
    "identity_keys",
    Unit::Count,
    &[],
    "Valid keys in the directory.",
);
/// Whether the directory is current.
pub const LIVE: Metric = Metric::gauge(
    "identity_keys_live",
    Unit::Count,
    &[],
    "1 while PostgreSQL tells the directory of every change, 0 while it serves what it last knew.",
);
/// When everything was last read.
pub const LOADED_AT: Metric = Metric::gauge(
    "identity_keys_loaded_timestamp_seconds",
    Unit::Seconds,
    &[],
    "When all keys were last read from PostgreSQL, in seconds since the epoch.",
);

/// All of them.
pub const METRICS: &[Metric] = &[KEYS, LIVE, LOADED_AT];
