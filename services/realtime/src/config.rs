//! The section `[realtime]` and what else this service reads.

use std::time::Duration;

use bytesize::ByteSize;
use identity::{DirectoryConfig, TokenConfig};
use serde::{Deserialize, Serialize};
use service_kit::config::{
    HttpConfig, KafkaConfig, PostgresConfig, RedisConfig, TelemetryConfig, TransportConfig,
};
use service_kit::entry::ServiceConfig;
use transport::redis_list::ListTuning;

/// The port of the realtime service.
const PORT: u16 = 8080;

/// Everything that the realtime service reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The service's own section.
    pub realtime: RealtimeConfig,
    /// The log.
    pub kafka: KafkaConfig,
    /// What carries the events.
    pub transport: TransportConfig,
    /// Accounts: keys, members, sessions.
    pub postgres: PostgresConfig,
    /// Open sessions; with `transport.kind` redis, the events.
    pub redis: RedisConfig,
    /// The names of its channels.
    pub redis_list: ListTuning,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

/// `[realtime]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RealtimeConfig {
    /// Where it listens.
    pub http: HttpConfig,
    /// Pages of these origins may watch from a browser; `*` alone: every page.
    pub cors_origins: Vec<String>,
    /// Pages of these origins may open a socket; empty: every page, within what
    /// its key's domains allow.
    pub socket_origins: Vec<String>,
    /// The capture API, which takes the events that come over sockets.
    pub capture_url: String,
    /// The key directory.
    pub keys: DirectoryConfig,
    /// Where tokens are verified.
    pub tokens: TokenConfig,
    /// How far back the log is read at the start, so that counts and resumed
    /// streams are right at once.
    #[serde(with = "humantime_serde")]
    pub history: Duration,
    /// How often a quiet stream is told that it is alive.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// How often a user's session and membership are checked again; keys are
    /// checked every second.
    #[serde(with = "humantime_serde")]
    pub recheck: Duration,
    /// How long a ticket is good for.
    #[serde(with = "humantime_serde")]
    pub ticket_lifetime: Duration,
    /// How long a session may be silent before it is no longer open.
    #[serde(with = "humantime_serde")]
    pub session_timeout: Duration,
    /// How long after its socket closed a session may come back before it ends.
    #[serde(with = "humantime_serde")]
    pub session_grace: Duration,
    /// How long a socket may stay without a valid key.
    #[serde(with = "humantime_serde")]
    pub authentication_timeout: Duration,
    /// What one instance holds at most.
    pub limits: LimitsConfig,
}

/// `[realtime.limits]`: every one is a bound on memory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Streams and sockets open at once.
    pub connections: usize,
    /// Streams that watch one project at once.
    pub streams_per_project: usize,
    /// Sockets of one project's visitors at once.
    pub visitors_per_project: usize,
    /// Events that wait for one slow viewer; older ones are left out, and the
    /// viewer is told how many.
    pub waiting_events: usize,
    /// Bytes that wait for one slow viewer.
    pub waiting_bytes: ByteSize,
    /// Events of a project that are kept for those who come back.
    pub replay_events: usize,
    /// Bytes of all events that are kept for those who come back.
    pub replay_bytes: ByteSize,
    /// Persons, sessions and page visits of a project that are counted exactly;
    /// above, the counts say that they are too low.
    pub counted: usize,
    /// Largest message of a visitor's socket.
    pub message_bytes: ByteSize,
    /// Tickets that wait to be used.
    pub tickets: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections: 20_000,
            streams_per_project: 1_000,
            visitors_per_project: 10_000,
            waiting_events: 1_000,
            waiting_bytes: ByteSize::mib(2),
            replay_events: 1_000,
            replay_bytes: ByteSize::mib(32),
            counted: 200_000,
            message_bytes: ByteSize::mib(1),
            tickets: 10_000,
        }
    }
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            http: HttpConfig {
                // Streams keep theirs; there must be some left for questions.
                connections_max: 24_000,
                ..HttpConfig::on_port(PORT)
            },
            cors_origins: vec![
                "http://127.0.0.1:3000".to_owned(),
                "http://localhost:3000".to_owned(),
            ],
            socket_origins: Vec::new(),
            capture_url: "http://127.0.0.1:8000".to_owned(),
            keys: DirectoryConfig::default(),
            tokens: TokenConfig::default(),
            history: Duration::from_secs(5 * 60),
            heartbeat: Duration::from_secs(30),
            recheck: Duration::from_secs(30),
            ticket_lifetime: Duration::from_secs(30),
            session_timeout: Duration::from_secs(30 * 60),
            session_grace: Duration::from_secs(2),
            authentication_timeout: Duration::from_secs(60),
            limits: LimitsConfig::default(),
        }
    }
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}
