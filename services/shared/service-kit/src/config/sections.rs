//! The sections that more than one service reads.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Secret;

/// `[telemetry]`: logs of our own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `pretty` for people, `json` for collectors.
    pub log_format: LogFormat,
    /// From which level on is logged, and of which module: `info,transport=debug`.
    pub log_filter: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Pretty,
            log_filter: "info".to_owned(),
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Where a service listens and what it allows a connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Connections open at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// How long a client may take to send the head of a request.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long a request may take until its answer is complete to send.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
}

impl HttpConfig {
    /// The defaults on a loopback port.
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            ..Self::default()
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            connections_max: 8192,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
        }
    }
}

/// `[transport]`: what carries events from capture to the consumer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportConfig {
    /// `kafka` or `redis`.
    pub kind: TransportKind,
}

/// The transports there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// A partitioned, replayable log.
    #[default]
    Kafka,
    /// A Redis list.
    Redis,
}

/// `[kafka]`: the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaConfig {
    /// Bootstrap servers, `host:port`, separated by commas.
    pub brokers: String,
    /// Prefix of every topic and group name; empty in production, a name of
    /// its own for each isolated test.
    pub topic_prefix: String,
    /// Partitions of the `events` topic when it is created.
    pub partitions: u32,
    /// Copies of each partition.
    pub replication_factor: u32,
    /// Copies that must have a record before it counts as stored.
    pub min_insync_replicas: u32,
    /// librdkafka's `security.protocol`: `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`.
    pub security_protocol: String,
    /// librdkafka's `sasl.mechanism`; empty without SASL.
    pub sasl_mechanism: String,
    /// SASL user name.
    pub sasl_username: String,
    /// SASL password.
    pub sasl_password: Secret,
    /// File with the certificate authority; empty for the system's.
    pub ssl_ca_location: String,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            topic_prefix: String::new(),
            partitions: 12,
            replication_factor: 1,
            min_insync_replicas: 1,
            security_protocol: "plaintext".to_owned(),
            sasl_mechanism: String::new(),
            sasl_username: String::new(),
            sasl_password: Secret::default(),
            ssl_ca_location: String::new(),
        }
    }
}

/// `[clickhouse]`: the warehouse, embedded or a server of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClickhouseConfig {
    /// HTTP address.
    pub url: String,
    /// Database of our tables.
    pub database: String,
    /// User name.
    pub user: String,
    /// Password; for the embedded engine, its token.
    pub password: Secret,
}

impl Default for ClickhouseConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:18123".to_owned(),
            database: "millrace".to_owned(),
            user: "default".to_owned(),
            password: Secret::default(),
        }
    }
}

/// `[postgres]`: accounts, dashboards, jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database`.
    pub url: Secret,
    /// Connections a process keeps at most.
    pub connections_max: u32,
    /// How long a request waits for a connection before it is told that the
    /// store is unavailable.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            connections_max: 8,
            acquire_timeout: Duration::from_secs(2),
        }
    }
}

/// `[redis]`: cache, pub/sub and the alternative transport.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://[:password@]host:port/database`; empty = not used.
    pub url: Secret,
}
