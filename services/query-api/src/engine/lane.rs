//! What queries may cost: those that somebody waits for, and those in the
//! background.

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use warehouse::read::ReadLimits;

/// What one query of a lane may cost, and how many of them run at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaneConfig {
    /// Rows a statement may read.
    pub rows: u64,
    /// Memory a statement may hold.
    pub memory: ByteSize,
    /// Time a query may take.
    #[serde(with = "humantime_serde")]
    pub time: Duration,
    /// Rows an answer may have.
    pub result_rows: u64,
    /// Threads of the engine for a statement; 0 leaves it to the engine.
    pub threads: u32,
    /// Queries at once, all projects together.
    pub concurrency: usize,
    /// Queries at once of one project.
    pub concurrency_per_project: usize,
    /// How long a query waits for its turn before it is told `busy`.
    #[serde(with = "humantime_serde")]
    pub wait: Duration,
}

impl LaneConfig {
    /// Defaults for queries that somebody waits for.
    pub fn interactive() -> Self {
        Self {
            rows: 500_000_000,
            memory: ByteSize::mib(512),
            time: Duration::from_secs(30),
            result_rows: 200_000,
            threads: 0,
            concurrency: 8,
            concurrency_per_project: 6,
            wait: Duration::from_secs(10),
        }
    }

    /// Defaults for jobs: more of everything, in the background.
    pub fn jobs() -> Self {
        Self {
            rows: 20_000_000_000,
            memory: ByteSize::gib(1),
            time: Duration::from_secs(15 * 60),
            result_rows: 1_000_000,
            threads: 1,
            concurrency: 2,
            concurrency_per_project: 2,
            wait: Duration::from_secs(60 * 60),
        }
    }

    /// The limits of a statement. `priority` is its place when the engine is
    /// short of CPU, 1 first.
    pub(super) fn limits(&self, priority: u32) -> ReadLimits {
        ReadLimits {
            rows: self.rows,
            memory_bytes: self.memory.as_u64(),
            time: self.time,
            result_rows: self.result_rows,
            threads: self.threads,
            priority,
        }
    }
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self::interactive()
    }
}
