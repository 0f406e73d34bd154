//! Configuration: built-in defaults ← TOML file ← environment.
//!
//! A service's configuration is a struct whose fields are the sections it
//! reads: shared ones ([`KafkaConfig`], …) and its own. The TOML file holds all
//! sections of a deployment; a variable is `MILLRACE_<SECTION>__<KEY>`. Keys
//! nobody knows are refused. `<key>_file` reads the value of `<key>` from a
//! file, which is how secrets are given.

mod env;
mod load;
mod secret;
mod sections;

pub use load::{ConfigError, Loaded, Setting, Sources, load, load_from};
pub use secret::Secret;
pub use sections::{
    ClickhouseConfig, HttpConfig, KafkaConfig, LogFormat, PostgresConfig, RedisConfig,
    TelemetryConfig, TransportConfig, TransportKind,
};

/// Every section that exists. A file may hold them all; a service reads its own.
pub const SECTIONS: &[&str] = &[
    "auth",
    "capture",
    "clickhouse",
    "consumer",
    "dashboard",
    "engine",
    "kafka",
    "launcher",
    "postgres",
    "query",
    "realtime",
    "redis",
    "redis_list",
    "telemetry",
    "transport",
];
