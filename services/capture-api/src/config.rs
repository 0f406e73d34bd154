//! What an operator may choose: `[capture]` and the shared sections.

use std::net::IpAddr;
use std::time::Duration;

use bytesize::ByteSize;
use event_schema::limits;
use identity::DirectoryConfig;
use serde::{Deserialize, Serialize};
use service_kit::config::{
    HttpConfig, KafkaConfig, PostgresConfig, RedisConfig, TelemetryConfig, TransportConfig,
};
use service_kit::entry::ServiceConfig;
use transport::redis_list::ListTuning;
use uuid::Uuid;

use crate::http::client::Network;

/// Every section that capture reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Its own.
    pub capture: CaptureConfig,
    /// Which transport carries the events.
    pub transport: TransportConfig,
    /// The Kafka cluster.
    pub kafka: KafkaConfig,
    /// The Redis server, where it is the transport.
    pub redis: RedisConfig,
    /// How the list there is used.
    pub redis_list: ListTuning,
    /// Where the keys are.
    pub postgres: PostgresConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}

/// `[capture]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureConfig {
    /// Where it listens.
    pub http: HttpConfig,
    /// How the key directory stays current.
    pub keys: DirectoryConfig,
    /// What a client may send.
    pub limits: LimitsConfig,
    /// Bytes that all requests together may hold; beyond, they get a 503.
    pub in_flight_max: ByteSize,
    /// How long a client may take to send a body.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// Whether the client's address is stored with its events.
    pub keep_ip: bool,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks
    /// (`10.0.0.0/8`).
    pub trusted_proxies: Vec<Network>,
    /// Takes events without a key. Only for trying out, only on loopback.
    pub dev_open: bool,
    /// The project of events without a key; without it,
    /// `00000000-0000-0000-0000-000000000001`.
    pub dev_project: Option<Uuid>,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self {
            http: HttpConfig::on_port(8000),
            keys: DirectoryConfig::default(),
            limits: LimitsConfig::default(),
            in_flight_max: ByteSize::mib(256),
            body_timeout: Duration::from_secs(30),
            keep_ip: true,
            trusted_proxies: Vec::new(),
            dev_open: false,
            dev_project: None,
        }
    }
}

/// `[capture.limits]`: what a client may send.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// A body on the wire.
    pub body_max: ByteSize,
    /// A body after decompression.
    pub decompressed_max: ByteSize,
    /// One event.
    pub event_max: ByteSize,
    /// Events in one batch.
    pub batch_events_max: usize,
    /// Levels of brackets in one property.
    pub nesting_max: usize,
    /// Events a second of one key, where the key itself has no limit.
    pub events_per_second_max: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            body_max: ByteSize(limits::BODY_BYTES_MAX as u64),
            decompressed_max: ByteSize(limits::DECOMPRESSED_BYTES_MAX as u64),
            event_max: ByteSize(limits::EVENT_BYTES_MAX as u64),
            batch_events_max: limits::BATCH_EVENTS_MAX,
            nesting_max: limits::NESTING_MAX,
            events_per_second_max: limits::KEY_EVENTS_PER_SECOND,
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Open to everybody is for one's own machine.
    #[error("capture.dev_open takes events without a key: allowed on loopback only, not on {0}")]
    OpenBeyondLoopback(IpAddr),
    /// Not even one body fits.
    #[error("capture.in_flight_max must be at least capture.limits.decompressed_max")]
    InFlight,
}

impl CaptureConfig {
    /// Checks what no single value can tell.
    ///
    /// # Errors
    /// [`Invalid`] names the keys.
    pub fn validate(&self) -> Result<(), Invalid> {
        let address = self.http.listen.ip();
        if self.dev_open && !address.is_loopback() {
            return Err(Invalid::OpenBeyondLoopback(address));
        }
        if self.in_flight_max < self.limits.decompressed_max {
            return Err(Invalid::InFlight);
        }
        Ok(())
    }
}

/// A size as the length of something in memory.
#[must_use]
pub fn bytes(size: ByteSize) -> usize {
    usize::try_from(size.as_u64()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_is_for_loopback_only() {
        let mut config = CaptureConfig {
            dev_open: true,
            ..CaptureConfig::default()
        };
        assert!(config.validate().is_ok());
        config.http.listen = "0.0.0.0:8000".parse().unwrap();
        assert!(matches!(
            config.validate(),
            Err(Invalid::OpenBeyondLoopback(_))
        ));
        config.dev_open = false;
        assert!(config.validate().is_ok());
    }
}
