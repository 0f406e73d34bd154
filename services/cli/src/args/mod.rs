//! The command line.

mod account;
mod events;
mod operate;
mod stack;
mod transfer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use account::{KeyCommand, Keys, Login, ProjectCommand, Projects, Register, Target};
pub(crate) use events::{Chosen, Funnel, Query, Question, Range, Send, Tail, Trends};
pub(crate) use operate::{
    Dlq, DlqCommand, DlqFilter, Erase, Reconcile, Replay, Sweep, TopicCommand, Topics, Trace,
};
pub(crate) use stack::{Config, Logs, Status, Up};
pub(crate) use transfer::{Export, ExportFormat, Import};

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
    /// Stop one process of the running stack, and leave it so
    Stop {
        /// Its name, as `status` shows it
        service: String,
    },
    /// Start a process that was stopped
    Start {
        /// Its name, as `status` shows it
        service: String,
    },
    /// Stop one process and start it again
    Restart {
        /// Its name, as `status` shows it
        service: String,
    },
    /// Show addresses, keys and every process (exit code 0 only when all are ready)
    Status(Status),
    /// Show the logs of all processes, or of one
    Logs(Logs),
    /// Look for what commonly goes wrong on a machine, and say what to do
    Doctor(Json),
    /// Log in; on the machine of the stack, without arguments, as its owner
    Login(Login),
    /// Make an account and log in
    Register(Register),
    /// List, create, rename or delete projects
    Projects(Projects),
    /// List, create or revoke the keys of a project
    Keys(Keys),
    /// Send one event, or many from a file
    Send(Send),
    /// Bring events from files: exports of PostHog, Segment and RudderStack, CSV, NDJSON, Parquet
    Import(Box<Import>),
    /// Write events to a file that `import` reads: NDJSON or Parquet
    Export(Export),
    /// Ask a question
    Query(Query),
    /// Show the latest events, and those that come
    Tail(Tail),
    /// Show the log's topics, or grow them
    Topics(Topics),
    /// Prove that nothing accepted is lost or counted twice (exit code 0 only when that holds)
    Reconcile(Reconcile),
    /// Find events that are stored twice, and repair them
    Sweep(Sweep),
    /// Read a range of the log again and store what the tables have lost
    Replay(Replay),
    /// Erase the events of a project, which was deleted or begins anew
    Erase(Erase),
    /// Show the way of one event, stage by stage
    Trace(Trace),
    /// List, show, replay or drop records that could not be stored
    Dlq(Dlq),
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
