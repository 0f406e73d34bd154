//! What a query would cost, told before it runs.

use super::LaneConfig;
use serde::Serialize;

/// What a query would cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// Rows it would read.
    pub rows: u64,
    /// Bytes it would read, uncompressed; roughly.
    pub bytes: u64,
    /// Seconds it would take on this machine; roughly.
    pub seconds: f64,
    /// `now`, as a `job`, or not at all: `refused`.
    pub would_run: &'static str,
    /// What it is measured against.
    pub limits: CostLimits,
}

/// What a query's cost is measured against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostLimits {
    /// Queries that somebody waits for.
    pub now: LaneLimits,
    /// Jobs.
    pub job: LaneLimits,
}

/// The limits of one lane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LaneLimits {
    /// Rows.
    pub rows: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Seconds.
    pub seconds: f64,
}

impl LaneLimits {
    fn of(lane: &LaneConfig) -> Self {
        Self {
            rows: lane.rows,
            memory_bytes: lane.memory.as_u64(),
            seconds: lane.time.as_secs_f64(),
        }
    }
}

/// Nanoseconds of CPU for a row, by type, as measured on 100 M events.
fn nanoseconds_a_row(kind: &str) -> f64 {
    match kind {
        "trends" => 30.0,
        "funnels" | "funnel_persons" => 120.0,
        "retention" | "sessions" => 60.0,
        "paths" => 260.0,
        _ => 40.0,
    }
}

/// The cost of a query of `kind` that reads `rows` and `bytes`.
pub(super) fn cost(
    kind: &str,
    rows: u64,
    bytes: u64,
    cores: usize,
    now: &LaneConfig,
    job: &LaneConfig,
) -> Cost {
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let seconds = rows as f64 * nanoseconds_a_row(kind) / 1e9 / cores.max(1) as f64;
    let limits = CostLimits {
        now: LaneLimits::of(now),
        job: LaneLimits::of(job),
    };
    let fits = |lane: &LaneLimits| rows <= lane.rows && seconds <= lane.seconds;
    let would_run = if fits(&limits.now) {
        "now"
    } else if fits(&limits.job) {
        "job"
    } else {
        "refused"
    };
    Cost {
        rows,
        bytes,
        seconds: (seconds * 1e4).round() / 1e4,
        would_run,
        limits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_runs_now_or_as_a_job_or_not_at_all() {
        let (now, job) = (LaneConfig::interactive(), LaneConfig::jobs());
        let run = |rows| cost("trends", rows, 0, 2, &now, &job).would_run;
        assert_eq!(run(1_000), "now");
        assert_eq!(run(now.rows + 1), "job");
        assert_eq!(run(u64::MAX), "refused");
    }
}
