//! Running the stack.

use clap::Args;

use crate::launch::Transport;

/// Options of `status`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Status {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the servers' addresses as shell variables for the tests
    #[arg(long, conflicts_with = "json")]
    pub(crate) exports: bool,
}

/// Options of `up`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Up {
    /// Return as soon as everything works, and leave it running
    #[arg(long, short)]
    pub(crate) detach: bool,
    /// Add this to every port, for a second stack beside the first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port_offset: u16,
    /// What carries events from capture to the consumer [default: as configured, else kafka]
    #[arg(long, value_enum)]
    pub(crate) transport: Option<Transport>,
    /// Start only these (comma-separated), without the rest
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
}

/// Options of `logs`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Logs {
    /// One process; all when not given
    pub(crate) service: Option<String>,
    /// Go on printing what is written
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Lines of each log to begin with
    #[arg(long, short = 'n', default_value_t = 50)]
    pub(crate) lines: usize,
}

/// Options of `config`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Config {
    /// One service; all when not given
    pub(crate) service: Option<String>,
}
