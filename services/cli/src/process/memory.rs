//! Memory that a process would give back if it ended.

use std::fs;

use super::identity::tree;

/// Unshared memory, in bytes, of a process and all its descendants: private
/// clean and private dirty pages, so that what several processes map together
/// is not counted once for each. 0 when the process is gone or belongs to somebody else.
pub(crate) fn unshared_memory(pid: u32) -> u64 {
    tree(pid).into_iter().map(unshared_memory_of_one).sum()
}

/// The same for one process without its descendants.
pub(crate) fn unshared_memory_of_one(pid: u32) -> u64 {
    fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).map_or(0, |text| private_bytes(&text))
}

fn private_bytes(rollup: &str) -> u64 {
    rollup
        .lines()
        .filter(|line| line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"))
        .filter_map(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok())
        .sum::<u64>()
        * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_pages_count() {
        let text = "Rss:  900 kB\nShared_Clean:  500 kB\nPrivate_Clean:   10 kB\nPrivate_Dirty:  20 kB\nPrivate_Hugetlb: 99 kB\n";
        assert_eq!(private_bytes(text), 30 * 1024);
    }

    #[test]
    fn this_process_has_memory() {
        assert!(unshared_memory(std::process::id()) > 100_000);
    }
}
