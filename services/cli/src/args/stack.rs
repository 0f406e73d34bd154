//! Running the stack.

use std::path::PathBuf;

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
    /// Kafka brokers: 1, or 3 that hold every record three times [default: as this folder began, else 1]
    #[arg(long, value_name = "N")]
    pub(crate) brokers: Option<u16>,
    /// Run a second one of these (comma-separated): capture-api, consumer
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) second: Vec<String>,
    /// Let clients of a server go through another port, where a proxy listens: kafka=19092
    #[arg(long, value_name = "SERVER=PORT", value_delimiter = ',', value_parser = parse_detour)]
    pub(crate) via: Vec<(String, u16)>,
    /// Load this library into capture and consumer first: trials move their clocks so
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) preload: Option<PathBuf>,
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

fn parse_detour(text: &str) -> Result<(String, u16), String> {
    let (server, port) = text.split_once('=').ok_or("expected SERVER=PORT")?;
    let port = port
        .parse()
        .map_err(|_| format!("{port} is no port number"))?;
    Ok((server.to_owned(), port))
}
