//! Who listens on a port.

use std::collections::HashSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use super::identity::{all_pids, command_line};

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its number, unless it belongs to somebody else and cannot be seen.
    pub(crate) pid: Option<u32>,
    /// Its command line, empty when it cannot be seen.
    pub(crate) command: String,
}

/// Whether a server could listen on that port of loopback now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Who listens on that port, if anybody.
pub(crate) fn holder_of(port: u16) -> Option<Holder> {
    let mut inodes = HashSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        if let Ok(text) = fs::read_to_string(table) {
            inodes.extend(listening_inodes(&text, port));
        }
    }
    if inodes.is_empty() {
        return None;
    }
    let names: HashSet<String> = inodes
        .iter()
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let pid = all_pids().into_iter().find(|pid| holds_any(*pid, &names));
    Some(Holder {
        pid,
        command: pid.map(command_line).unwrap_or_default(),
    })
}

fn holds_any(pid: u32, sockets: &HashSet<String>) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    descriptors
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| target.to_str().is_some_and(|name| sockets.contains(name)))
}

/// Inodes of sockets in state LISTEN (0A) on that port, from the kernel's table.
fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            (fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == "0A")
                .then(|| fields.get(9)?.parse().ok())?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_found_with_its_process() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert_eq!(holder_of(port).unwrap().pid, Some(std::process::id()));
        drop(listener);
        assert_eq!(holder_of(port), None);
    }

    #[test]
    fn only_listeners_on_that_port_count() {
        let table = "header\n\
            0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 111 1\n\
            1: 0100007F:2384 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 222 1\n\
            2: 0100007F:2385 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 333 1\n";
        assert_eq!(listening_inodes(table, 0x2384), vec![111]);
    }
}
