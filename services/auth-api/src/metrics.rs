//! What this service counts.

use service_kit::metrics::Metric;

/// Attempts to sign in.
pub const LOGINS: Metric = Metric::counter(
    "auth_logins_total",
    &["outcome"],
    "Attempts to sign in: success, failure, limited.",
);
/// Attempts to make an account.
pub const REGISTRATIONS: Metric = Metric::counter(
    "auth_registrations_total",
    &["outcome"],
    "Attempts to make an account: success, taken, limited, closed.",
);
/// Attempts to exchange a refresh token.
pub const REFRESHES: Metric = Metric::counter(
    "auth_refreshes_total",
    &["outcome"],
    "Attempts to exchange a refresh token: success, reused (its session ends), refused.",
);
/// How long hashing takes.
pub const HASHING: Metric = Metric::duration(
    "auth_password_hash_seconds",
    &[],
    "Time to hash or check a password, waiting for its turn included.",
);

/// All of them.
pub const METRICS: &[Metric] = &[LOGINS, REGISTRATIONS, REFRESHES, HASHING];
