use rdkafka::{Statistics, config::RDKafkaLogLevel, error::KafkaError};
use tracing::{debug, info, warn};

use crate::metrics::{BROKER_RTT, BROKERS_UP, CLIENT_ERRORS};

/// Passes a line of the client's log on. Lost connections are everyday life
/// while a broker is away, and tried again without end: they are for debugging.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        _ if facility == "FAIL" || facility == "ERROR" => debug!(facility, "{text}"),
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => warn!(facility, "{text}"),
        RDKafkaLogLevel::Notice => info!(facility, "{text}"),
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => debug!(facility, "{text}"),
    }
}

/// Counts an error that the client recovers from by itself.
pub(super) fn error(role: &'static str, error: &KafkaError, reason: &str) {
    CLIENT_ERRORS.count(&[role]).increment(1);
    debug!(role, %error, "{reason}");
}

/// Turns the client's own statistics into metrics.
pub(super) fn statistics(role: &'static str, statistics: &Statistics) {
    let connected = statistics
        .brokers
        .values()
        .filter(|broker| broker.state == "UP")
        .count();
    // Counts of brokers are small.
    BROKERS_UP.level(&[role]).set(connected as f64);
    let rtt = statistics
        .brokers
        .values()
        .filter_map(|broker| broker.rtt.as_ref());
    let slowest = rtt.map(|window| window.p99).max().unwrap_or(0);
    BROKER_RTT.level(&[role]).set(slowest as f64 / 1_000_000.0);
}
