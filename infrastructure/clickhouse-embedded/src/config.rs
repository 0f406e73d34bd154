//! Configuration: the section `[engine]`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};
use service_kit::config::{HttpConfig, Secret, TelemetryConfig};
use service_kit::entry::ServiceConfig;

/// What the process reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The engine and its HTTP interface.
    pub engine: EngineConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}

/// How the embedded engine runs and who may talk to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Address of the HTTP interface. Beyond loopback a token is needed.
    pub listen: SocketAddr,
    /// Data folder; one process at a time.
    pub path: PathBuf,
    /// The engine library; empty: looked for in the checkout.
    pub library: PathBuf,
    /// What a client must send as its password; empty: nothing.
    pub token: Secret,
    /// Databases that clients may create and use; a trailing `*` stands for any ending.
    pub databases: Vec<String>,
    /// Memory that all statements together may use.
    pub memory: ByteSize,
    /// Memory for index marks.
    pub mark_cache: ByteSize,
    /// Room on the disk that inserts and merges leave free; below it they are refused, and
    /// questions are still answered.
    pub keep_free: ByteSize,
    /// Threads that one statement uses; 0: one a core.
    pub threads: u32,
    /// Most threads of the engine in all.
    pub thread_pool: u32,
    /// Threads that merge parts.
    pub background_threads: u32,
    /// How long parts stay on disk, and each in some 30 kB of memory, beside the one that they
    /// were merged into. That is synced before, so nothing but statements under way needs them.
    #[serde(with = "humantime_serde")]
    pub old_parts_lifetime: Duration,
    /// Connections open at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// How long a client may take to send the head of a request.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long a request may take until its answer begins.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// Requests that run at once; more wait.
    pub max_concurrent_requests: usize,
    /// How long a request waits for its turn before it is refused.
    #[serde(with = "humantime_serde")]
    pub queue_timeout: Duration,
    /// Longest statement, its data apart.
    pub max_statement: ByteSize,
    /// Largest answer that is held in memory because its format cannot be sent in parts.
    pub max_buffered_answer: ByteSize,
    /// How long a client may pause while it sends a body.
    #[serde(with = "humantime_serde")]
    pub receive_timeout: Duration,
    /// How long a client may pause while it takes an answer.
    #[serde(with = "humantime_serde")]
    pub send_timeout: Duration,
    /// Open sessions (`session_id`) at once.
    pub max_sessions: usize,
    /// How long running statements may finish after a request to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_timeout: Duration,
}

impl EngineConfig {
    /// The listener's part.
    pub(crate) fn http(&self) -> HttpConfig {
        HttpConfig {
            listen: self.listen,
            connections_max: self.connections_max,
            header_timeout: self.header_timeout,
            request_timeout: self.request_timeout,
        }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        let home = std::env::var_os("MILLRACE_HOME").unwrap_or_else(|| ".millrace".into());
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 18123)),
            path: PathBuf::from(home).join("data/clickhouse"),
            library: PathBuf::new(),
            token: Secret::default(),
            databases: vec!["millrace".to_owned(), "millrace_*".to_owned()],
            memory: ByteSize::mb(1200),
            mark_cache: ByteSize::mib(128),
            keep_free: ByteSize::mib(64),
            threads: 0,
            thread_pool: 200,
            background_threads: 2,
            old_parts_lifetime: Duration::from_secs(60),
            connections_max: 1024,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(3600),
            max_concurrent_requests: 64,
            queue_timeout: Duration::from_secs(10),
            max_statement: ByteSize::mib(4),
            max_buffered_answer: ByteSize::mib(256),
            receive_timeout: Duration::from_secs(300),
            send_timeout: Duration::from_secs(300),
            max_sessions: 100,
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}
