//! What is put around a stack so that more than its processes can be hurt:
//! proxies before its servers, small disks under their data, a clock that moves.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use testing::proxy::Proxy;

use super::disk::Disk;
use super::wall_clock::WallClock;

/// Servers with the port that each has without an offset.
const SERVERS: [(&str, u16); 4] = [
    ("kafka", 9_092),
    ("clickhouse", 18_123),
    ("postgres", 15_432),
    ("redis", 16_379),
];
/// The brokers beyond the first.
const MORE_BROKERS: [(&str, u16); 2] = [("kafka-2", 9_094), ("kafka-3", 9_096)];
/// Servers whose disk is filled.
const ON_SMALL_DISKS: [&str; 2] = ["kafka", "clickhouse"];

/// What surrounds a stack.
#[derive(Debug)]
pub struct Field {
    lines: BTreeMap<String, Proxy>,
    disks: BTreeMap<String, Disk>,
    clock: Option<WallClock>,
    /// What this machine does not allow, with the reason.
    pub not_possible: Vec<String>,
}

impl Field {
    /// Prepares the surroundings of a stack with its state in `home`.
    ///
    /// # Errors
    /// When no port can be had for a proxy.
    pub async fn prepare(home: &Path, port_offset: u16, brokers: u16) -> Result<Self> {
        let mut lines = BTreeMap::new();
        let more = if brokers > 1 {
            MORE_BROKERS.as_slice()
        } else {
            &[]
        };
        for (name, port) in SERVERS.iter().chain(more) {
            let server = format!("127.0.0.1:{}", port + port_offset);
            lines.insert((*name).to_owned(), Proxy::start(&server).await?);
        }
        let mut not_possible = Vec::new();
        let mut disks = BTreeMap::new();
        for name in ON_SMALL_DISKS {
            match Disk::mount(&home.join("data").join(name)) {
                Ok(disk) => drop(disks.insert(name.to_owned(), disk)),
                Err(error) => not_possible.push(format!("a full disk under {name}: {error:#}")),
            }
        }
        let clock = WallClock::new(home)
            .map_err(|error| not_possible.push(format!("jumps of the clock: {error:#}")))
            .ok();
        Ok(Self {
            lines,
            disks,
            clock,
            not_possible,
        })
    }

    /// The proxy before a server.
    #[must_use]
    pub fn line(&self, server: &str) -> Option<&Proxy> {
        self.lines.get(server)
    }

    /// The small disk under a server.
    #[must_use]
    pub fn disk(&self, server: &str) -> Option<&Disk> {
        self.disks.get(server)
    }

    /// The services' clock.
    #[must_use]
    pub fn clock(&self) -> Option<&WallClock> {
        self.clock.as_ref()
    }

    /// Servers whose lines can be disturbed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.keys().cloned().collect()
    }

    /// Servers whose disk can be filled.
    #[must_use]
    pub fn disks(&self) -> Vec<String> {
        self.disks.keys().cloned().collect()
    }

    /// What `millrace up` is told, so that services go through the proxies.
    #[must_use]
    pub fn detours(&self) -> Vec<String> {
        let detours = self.lines.iter().flat_map(|(server, proxy)| {
            [
                "--via".to_owned(),
                format!("{server}={}", proxy.address().port()),
            ]
        });
        detours.collect()
    }
}
