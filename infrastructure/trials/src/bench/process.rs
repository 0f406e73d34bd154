//! What a process has taken: time and memory.

use anyhow::{Context, Result};

use crate::stack::Status;

/// Ticks a second of the kernel's accounting, fixed on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time that the process has taken so far, in seconds.
pub(super) fn seconds_of(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name stands in parentheses and may hold anything; fields follow it.
    let (_, fields) = stat.rsplit_once(") ").context("a stat line")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks =
        |index: usize| -> Result<f64> { Ok(fields.get(index).context("a field")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// The process id of a service.
pub(super) fn pid_of(status: &Status, name: &str) -> Result<u32> {
    let service = status.services.iter().find(|one| one.name == name);
    service
        .and_then(|one| one.pid)
        .with_context(|| format!("{name} is not running"))
}

/// Unshared memory of all processes, in megabytes.
pub(super) fn memory(status: &Status) -> f64 {
    status.memory_bytes() as f64 / 1e6
}

/// Unshared memory of one process, in megabytes.
pub(super) fn memory_of(status: &Status, name: &str) -> f64 {
    let service = status.services.iter().find(|one| one.name == name);
    service.and_then(|one| one.memory_bytes).unwrap_or_default() as f64 / 1e6
}

/// Open files of a process.
pub(super) fn files_of(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
