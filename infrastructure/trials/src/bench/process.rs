//! What a process has taken.

use anyhow::{Context, Result};
pub(super) use testing::processor_seconds as seconds_of;

use crate::stack::Status;

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
