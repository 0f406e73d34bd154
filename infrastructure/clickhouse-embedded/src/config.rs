//! Configuration: the section `[engine]`.

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// How the embedded engine runs and who may talk to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Address of the HTTP interface. Loopback unless you know why not.
    pub listen: String,
    /// Data folder; one process at a time.
    pub path: PathBuf,
    /// The engine library; looked for in the checkout when it is not set.
    pub library: Option<PathBuf>,
    /// What a client must send as its password. Not set or empty: no password.
    #[serde(serialize_with = "redacted")]
    pub token: Option<SecretString>,
    /// A file that holds the token, in its place.
    pub token_file: Option<PathBuf>,
    /// Databases that clients may create and use; a trailing `*` stands for any ending.
    pub databases: Vec<String>,
    /// Memory that all statements together may use.
    pub memory: ByteSize,
    /// Memory for index marks.
    pub mark_cache: ByteSize,
    /// Threads that one statement uses; 0: one a core.
    pub threads: u32,
    /// Most threads of the engine in all.
    pub thread_pool: u32,
    /// Threads that merge parts.
    pub background_threads: u32,
    /// How long merged parts stay on disk, so that a crash of the machine finds their sources.
    #[serde(with = "humantime_serde")]
    pub old_parts_lifetime: Duration,
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

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:18123".to_owned(),
            path: PathBuf::from(".millrace/data/clickhouse"),
            library: None,
            token: None,
            token_file: None,
            databases: vec!["millrace".to_owned(), "millrace_*".to_owned()],
            memory: ByteSize::mb(1200),
            mark_cache: ByteSize::mib(128),
            threads: 0,
            thread_pool: 200,
            background_threads: 2,
            old_parts_lifetime: Duration::from_secs(480),
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

fn redacted<S: serde::Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| "<secret>").serialize(serializer)
}
