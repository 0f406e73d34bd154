//! Brokers asked without the client library: connections, who leads what, and
//! what all questions have in common. Who leads what the library tells.
//!
//! Reading order: `protocol` (questions and answers) → `log_format` (what they
//! carry) → `link` (a connection) → `topology` and `leaders` (who leads what) →
//! `brokers` (where they lead).

pub(super) mod brokers;
pub(super) mod leaders;
pub(super) mod link;
pub(super) mod log_format;
pub(super) mod protocol;
pub(super) mod topology;
