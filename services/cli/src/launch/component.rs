//! One process of the stack, described.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::process::StopSignal;

use super::probe::Probe;

/// Work that is done once, off the event loop: it may block.
pub(crate) type Work = Box<dyn FnOnce() -> anyhow::Result<()> + Send + Sync>;

/// A program with everything that it is started with.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The executable.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Variables for its environment only, never for the launcher's own.
    pub(crate) environment: Vec<(String, String)>,
    /// The user to run as, when not the launcher's own.
    pub(crate) user: Option<String>,
}

impl Launch {
    /// A program without arguments or environment of its own.
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            user: None,
        }
    }

    /// Adds arguments.
    pub(crate) fn arguments<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds variables.
    pub(crate) fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        self.environment.extend(variables);
        self
    }
}

/// A process that the launcher keeps running.
pub(crate) struct Component {
    /// Its name in `status` and of its log file.
    pub(crate) name: &'static str,
    /// Done before its first start: data folder, configuration.
    pub(crate) prepare: Option<Work>,
    /// How it is started.
    pub(crate) launch: Launch,
    /// When it works.
    pub(crate) probe: Probe,
    /// The ports that it listens on.
    pub(crate) ports: Vec<u16>,
    /// How it is asked to end.
    pub(crate) stop: StopSignal,
    /// How long it may take until it works at its first start.
    pub(crate) ready_within: Duration,
    /// How long it may take to end before it is killed.
    pub(crate) stop_within: Duration,
}

impl Component {
    /// A component with the deadlines that suit most.
    pub(crate) fn new(name: &'static str, launch: Launch, probe: Probe) -> Self {
        Self {
            name,
            prepare: None,
            launch,
            probe,
            ports: Vec::new(),
            stop: StopSignal::Terminate,
            ready_within: Duration::from_secs(180),
            stop_within: Duration::from_secs(20),
        }
    }
}
