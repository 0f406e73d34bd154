//! The configuration of the query API.

use crate::dashboards::LayoutLimits;
use crate::engine::{LaneConfig, QueryLimits};
use crate::jobs::WorkerConfig;
use identity::{DirectoryConfig, TokenConfig};
use serde::{Deserialize, Serialize};
use service_kit::config::{
    ClickhouseConfig, HttpConfig, KafkaConfig, PostgresConfig, RedisConfig, TelemetryConfig,
    TransportConfig,
};
use service_kit::entry::ServiceConfig;
use std::time::Duration;

/// The port of the query API.
const PORT: u16 = 8001;

/// Everything that the query API reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The API's own section.
    pub query: QueryConfig,
    /// Where events are.
    pub clickhouse: ClickhouseConfig,
    /// Where accounts, jobs and dashboards are.
    pub postgres: PostgresConfig,
    /// The result cache; optional.
    pub redis: RedisConfig,
    /// The log's topic and its partitions.
    pub kafka: KafkaConfig,
    /// What carries the events.
    pub transport: TransportConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

/// `[query]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryConfig {
    /// Where it listens.
    pub http: HttpConfig,
    /// Pages of these origins may call it from a browser.
    pub cors_origins: Vec<String>,
    /// Bytes that a request's body may have.
    pub body_bytes_max: usize,
    /// What one request may ask for.
    pub limits: QueryLimits,
    /// What a query may cost that somebody waits for.
    pub interactive: LaneConfig,
    /// What a job may cost, and how many run at once.
    pub jobs: LaneConfig,
    /// How jobs are run and kept.
    pub worker: WorkerConfig,
    /// What a dashboard may hold.
    pub layouts: LayoutLimits,
    /// The key directory.
    pub keys: DirectoryConfig,
    /// Where tokens are verified.
    pub tokens: TokenConfig,
    /// How long the result cache may take: one that is slower than the query is
    /// none.
    #[serde(with = "humantime_serde")]
    pub cache_patience: Duration,
    /// How long names may be looked for that are like an unknown one.
    #[serde(with = "humantime_serde")]
    pub hint_patience: Duration,
    /// By how much the clocks of the machines may differ; 0 on one machine.
    #[serde(with = "humantime_serde")]
    pub clock_difference: Duration,
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self {
            http: HttpConfig::on_port(PORT),
            cors_origins: vec![
                "http://127.0.0.1:3000".to_owned(),
                "http://localhost:3000".to_owned(),
            ],
            body_bytes_max: 2 << 20,
            limits: QueryLimits::default(),
            interactive: LaneConfig::interactive(),
            jobs: LaneConfig::jobs(),
            worker: WorkerConfig::default(),
            layouts: LayoutLimits::default(),
            keys: DirectoryConfig::default(),
            tokens: TokenConfig::default(),
            cache_patience: Duration::from_millis(100),
            hint_patience: Duration::from_secs(2),
            clock_difference: Duration::ZERO,
        }
    }
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}
