//! What one query may cost.

use std::time::Duration;

/// What one query may cost. The engine stops what goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Rows it may read, of each table. Refused before it starts.
    pub rows: u64,
    /// Memory it may hold, in bytes.
    pub memory_bytes: u64,
    /// Time it may take.
    pub time: Duration,
    /// Rows its answer may have.
    pub result_rows: u64,
    /// Threads it may use; 0 is the engine's choice.
    pub threads: u32,
    /// Its place when the engine is short of CPU: 1 goes first, larger
    /// numbers wait.
    pub priority: u32,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            rows: 1_000_000_000,
            memory_bytes: 1 << 30,
            time: Duration::from_secs(30),
            result_rows: 1_000_000,
            threads: 0,
            priority: 1,
        }
    }
}

impl ReadLimits {
    /// The limits as settings of the engine.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            // Nothing but reading, whatever a statement says.
            ("readonly", "2".to_owned()),
            ("max_rows_to_read", self.rows.to_string()),
            ("max_memory_usage", self.memory_bytes.to_string()),
            (
                // Groups that outgrow half the memory go to disk instead.
                "max_bytes_before_external_group_by",
                (self.memory_bytes / 2).to_string(),
            ),
            (
                "max_bytes_before_external_sort",
                (self.memory_bytes / 2).to_string(),
            ),
            ("max_execution_time", self.time.as_secs().max(1).to_string()),
            ("max_result_rows", self.result_rows.to_string()),
            ("priority", self.priority.to_string()),
        ];
        if self.threads > 0 {
            settings.push(("max_threads", self.threads.to_string()));
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_under_a_second_is_a_second_not_no_limit() {
        let limits = ReadLimits {
            time: Duration::from_millis(10),
            ..ReadLimits::default()
        };
        assert!(
            limits
                .settings()
                .contains(&("max_execution_time", "1".to_owned()))
        );
    }
}
