//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::launch::Transport;

/// Event analytics on your own machine: run it, feed it, ask it.
#[derive(Debug, Parser)]
#[command(name = "millrace", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// State folder [default: .millrace in the source folder]
    #[arg(long, global = true, env = "MILLRACE_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Everything that the command can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the stack of this machine and keep it running
    Up(Up),
    /// Stop the stack; nothing is left behind
    Down,
    /// Show addresses, keys and every process (exit code 0 only when all are ready)
    Status(Status),
    /// Show the logs of all processes, or of one
    Logs(Logs),
    /// Look for what commonly goes wrong on a machine, and say what to do
    Doctor(Json),
    /// Print the configuration in force and where each value came from
    Config(Config),
    /// Print a script that completes commands in your shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Output for programs.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

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
