//! What can be configured about the consumer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use service_kit::config::{
    ClickhouseConfig, HttpConfig, KafkaConfig, PostgresConfig, RedisConfig, TelemetryConfig,
    TransportConfig,
};
use service_kit::entry::ServiceConfig;
use transport::kafka::ConsumerTuning;
use transport::redis_list::ListTuning;

/// The whole configuration of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The consumer's own.
    pub consumer: ConsumerConfig,
    /// The log.
    pub kafka: KafkaConfig,
    /// What carries events.
    pub transport: TransportConfig,
    /// The warehouse.
    pub clickhouse: ClickhouseConfig,
    /// Where `complete_until` is published, when there is one.
    pub redis: RedisConfig,
    /// The list that carries the events, where that is the transport.
    pub redis_list: ListTuning,
    /// Where the names of projects are, for items of other producers on that list.
    pub postgres: PostgresConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}

/// `[consumer]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsumerConfig {
    /// Health and metrics.
    pub http: HttpConfig,
    /// When a batch closes.
    pub batch: BatchConfig,
    /// How rows are inserted.
    pub insert: InsertConfig,
    /// How repeats are recognised.
    pub repeats: RepeatsConfig,
    /// What is added to events.
    pub enrichment: EnrichmentConfig,
    /// What is deleted, and when.
    pub retention: RetentionConfig,
    /// How long records stay in the log after they were stored, so that a range
    /// can be read again; 0 = for ever.
    #[serde(with = "humantime_serde")]
    pub replay_period: Duration,
    /// How often it is looked for events that are stored twice among those that
    /// arrived lately; 0 = never.
    #[serde(with = "humantime_serde")]
    pub sweep_interval: Duration,
    /// How often `complete_until` is renewed.
    #[serde(with = "humantime_serde")]
    pub complete_interval: Duration,
    /// How the log is read.
    pub reading: ConsumerTuning,
}

impl Default for ConsumerConfig {
    fn default() -> Self {
        Self {
            http: HttpConfig::on_port(8003),
            batch: BatchConfig::default(),
            insert: InsertConfig::default(),
            repeats: RepeatsConfig::default(),
            enrichment: EnrichmentConfig::default(),
            retention: RetentionConfig::default(),
            replay_period: Duration::from_secs(30 * 24 * 3600),
            sweep_interval: Duration::from_secs(300),
            complete_interval: Duration::from_millis(100),
            reading: ConsumerTuning::default(),
        }
    }
}

/// When a batch closes: by rows, by bytes, or by age.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchConfig {
    /// Rows at most.
    pub rows_max: usize,
    /// Memory of its rows at most.
    pub bytes_max: ByteSize,
    /// Age at which a small batch closes: freshness.
    #[serde(with = "humantime_serde")]
    pub age_min: Duration,
    /// Age at which a batch closes that is a fifth full or more: fewer parts.
    #[serde(with = "humantime_serde")]
    pub age_max: Duration,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            rows_max: 100_000,
            bytes_max: ByteSize::mib(128),
            age_min: Duration::from_millis(200),
            age_max: Duration::from_secs(1),
        }
    }
}

/// How rows are inserted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsertConfig {
    /// After this an insert's outcome counts as unknown and is settled.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Months that one insert may touch; a batch with more is cut.
    pub months_max: usize,
    /// Of a batch that the warehouse refuses for its content at most so many
    /// records are isolated and sent to the dead letters. With more, the fault
    /// is not the records': the consumer waits and says so.
    pub isolate_max: usize,
}

impl Default for InsertConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            months_max: 24,
            isolate_max: 100,
        }
    }
}

/// How repeats are recognised.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepeatsConfig {
    /// Identities remembered, over all partitions of the topic; some 8 to 20
    /// bytes each.
    pub remembered: usize,
    /// How far the times of two copies of an event may differ, beside what the
    /// time of sending explains.
    #[serde(with = "humantime_serde")]
    pub clock_margin: Duration,
}

impl Default for RepeatsConfig {
    fn default() -> Self {
        Self {
            remembered: 3_000_000,
            clock_margin: Duration::from_secs(10),
        }
    }
}

/// What is added to events.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnrichmentConfig {
    /// MMDB files with cities, held in memory; none = no places.
    pub geo_files: Vec<PathBuf>,
    /// Whether browsers are recognised.
    pub user_agents: bool,
    /// User agents remembered.
    pub user_agents_remembered: usize,
}

impl Default for EnrichmentConfig {
    fn default() -> Self {
        Self {
            geo_files: Vec::new(),
            user_agents: true,
            user_agents_remembered: 10_000,
        }
    }
}

/// What is deleted, by the event's own time. Nothing by default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Days that events are kept; 0 = for ever.
    pub days: u32,
    /// The same for single projects, by id; 0 = for ever.
    #[serde(deserialize_with = "days_by_project")]
    pub projects: BTreeMap<String, u32>,
    /// How often it is looked for what is to go.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            days: 0,
            projects: BTreeMap::new(),
            interval: Duration::from_secs(3600),
        }
    }
}

/// Days as a number, or as the text that an environment variable is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Days {
    Number(u32),
    Text(String),
}

fn days_by_project<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, u32>, D::Error> {
    let sent = BTreeMap::<String, Days>::deserialize(deserializer)?;
    let days = sent.into_iter().map(|(project, days)| match days {
        Days::Number(days) => Ok((project, days)),
        Days::Text(text) => match text.parse() {
            Ok(days) => Ok((project, days)),
            Err(_) => Err(D::Error::custom(format_args!(
                "{project}: {text:?} is no number of days"
            ))),
        },
    });
    days.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_project_are_read_from_files_and_from_the_environment() {
        for json in [r#"{"projects":{"a":7}}"#, r#"{"projects":{"a":"7"}}"#] {
            let config: RetentionConfig = serde_json::from_str(json).unwrap();
            assert_eq!(config.projects.get("a"), Some(&7));
        }
        let wrong = r#"{"projects":{"a":"week"}}"#;
        assert!(serde_json::from_str::<RetentionConfig>(wrong).is_err());
    }
}
