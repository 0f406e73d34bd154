//! What the launcher tells others about the stack: one file, replaced whole at every change.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::home::Home;
use crate::process::ProcessId;
use crate::secrets::write_private;

use super::endpoints::Transport;
use super::probe::Probe;

/// How far the stack as a whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Something has not worked for the first time yet.
    Starting,
    /// Everything has worked; what ends is started again.
    Running,
    /// Something did not start: `problem` says what; the rest was stopped.
    Failed,
    /// Being stopped.
    Stopping,
    /// Stopped.
    Stopped,
}

/// How far one process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServicePhase {
    /// Not started yet: something else comes first.
    Waiting,
    /// Running, but its probe has not answered yet.
    Starting,
    /// Its probe has answered.
    Ready,
    /// Running, but its probe does not answer (found by `status`, never stored).
    NotReady,
    /// It ended on its own; the next start is near.
    Restarting,
    /// Asked to end.
    Stopping,
    /// Ended on request.
    Stopped,
}

impl ServicePhase {
    /// As `status` prints it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// One process of the stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceState {
    /// Name, as the folders under `services/`, or the server's.
    pub(crate) name: String,
    /// How far it is.
    pub(crate) state: ServicePhase,
    /// The running process.
    pub(crate) process: Option<ProcessId>,
    /// How often it ended without being asked.
    pub(crate) restarts: u32,
    /// Since when it is in this state.
    pub(crate) since: DateTime<Utc>,
    /// Why it ended last.
    pub(crate) last_end: Option<String>,
    /// The question that shows whether it works.
    pub(crate) probe: Probe,
}

/// Where clients find the services; absent when they are not part of this stack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Urls {
    pub(crate) capture_url: Option<String>,
    pub(crate) query_url: Option<String>,
    pub(crate) auth_url: Option<String>,
    pub(crate) realtime_url: Option<String>,
    pub(crate) dashboard_url: Option<String>,
}

/// The servers' addresses with credentials, for tools and tests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Servers {
    pub(crate) kafka: Option<String>,
    pub(crate) clickhouse_url: Option<String>,
    pub(crate) postgres_url: Option<String>,
    pub(crate) redis_url: Option<String>,
}

/// The whole stack. The file holds credentials: readable by its owner only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StackState {
    /// The launcher itself.
    pub(crate) launcher: ProcessId,
    /// How far the stack is.
    pub(crate) phase: Phase,
    /// What is being done right now, in words.
    pub(crate) doing: Option<String>,
    /// What failed.
    pub(crate) problem: Option<String>,
    /// When the launcher began.
    pub(crate) started_at: DateTime<Utc>,
    /// How long it took until everything worked, in milliseconds.
    pub(crate) ready_after_ms: Option<u64>,
    /// What carries the events.
    pub(crate) transport: Transport,
    /// What was added to every port.
    pub(crate) port_offset: u16,
    /// Where the services are.
    pub(crate) urls: Urls,
    /// Where the servers are.
    pub(crate) servers: Servers,
    /// The processes in the order in which they start.
    pub(crate) services: Vec<ServiceState>,
}

impl StackState {
    fn path(home: &Home) -> PathBuf {
        home.run().join("state.json")
    }

    /// The last state that a launcher of this home wrote; absent or unreadable is none.
    pub(crate) fn read(home: &Home) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(Self::path(home)).ok()?).ok()
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, home: &Home) -> anyhow::Result<()> {
        write_private(&Self::path(home), &serde_json::to_string_pretty(self)?)
    }

    /// Whether the launcher that wrote it still runs.
    pub(crate) fn launcher_is_alive(&self) -> bool {
        self.launcher.is_alive()
    }
}
