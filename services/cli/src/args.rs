//! The command line.

use std::path::PathBuf;
use std::time::Duration;

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
    /// List or create projects
    Projects(Projects),
    /// List, create or revoke the keys of a project
    Keys(Keys),
    /// Send one event, or many from a file
    Send(Send),
    /// Ask a question
    Query(Query),
    /// Show the latest events, and those that come
    Tail(Tail),
    /// Show the log's topics, or grow them
    Topics(Topics),
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

/// Which installation a command talks to: this machine's unless told otherwise.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Installation")]
pub(crate) struct Target {
    /// Where events are sent
    #[arg(long, env = "MILLRACE_CLI_CAPTURE_URL", value_name = "URL")]
    pub(crate) capture_url: Option<String>,
    /// Where questions are asked
    #[arg(long, env = "MILLRACE_CLI_QUERY_URL", value_name = "URL")]
    pub(crate) query_url: Option<String>,
    /// Where accounts, projects and keys are
    #[arg(long, env = "MILLRACE_CLI_AUTH_URL", value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// The key of a project
    #[arg(
        long,
        env = "MILLRACE_CLI_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub(crate) api_key: Option<String>,
}

/// Options of `login`. The password comes from the terminal or standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct Login {
    /// The account [default: the owner of this machine's stack]
    #[arg(long)]
    pub(crate) email: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `register`. The password comes from the terminal or standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct Register {
    /// The new account
    #[arg(long)]
    pub(crate) email: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `projects`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Projects {
    #[command(subcommand)]
    pub(crate) command: Option<ProjectCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What is done with projects.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Show the projects of this account
    List,
    /// Make a project
    Create {
        /// Its name
        name: String,
        /// Its short name for URLs and queries [default: made from the name]
        #[arg(long)]
        slug: Option<String>,
    },
}

/// Options of `keys`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: Option<KeyCommand>,
    /// The project [default: the first project of this machine's stack]
    #[arg(long, global = true)]
    pub(crate) project: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What is done with keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show the keys of the project; only their beginnings are known
    List,
    /// Make a key; it is shown once
    Create {
        /// What it is for
        #[arg(long)]
        name: Option<String>,
        /// What it may do: capture, read (comma-separated)
        #[arg(long, value_delimiter = ',', default_value = "capture")]
        scopes: Vec<String>,
        /// Sites that may use it [default: all]
        #[arg(long = "domain", value_name = "DOMAIN")]
        domains: Vec<String>,
    },
    /// Make a key useless
    Revoke {
        /// Its id, as `keys list` shows it
        id: String,
    },
}

/// Options of `send`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Send {
    /// The event's name
    pub(crate) event: Option<String>,
    /// Who did it
    #[arg(long, short, default_value = "cli")]
    pub(crate) distinct_id: String,
    /// A property, KEY=VALUE; the value is JSON where it can be read as such, else text
    #[arg(long = "property", short, value_name = "KEY=VALUE")]
    pub(crate) properties: Vec<String>,
    /// When it happened, RFC 3339 [default: now]
    #[arg(long)]
    pub(crate) timestamp: Option<String>,
    /// Its identity: the same one twice counts once [default: a new one]
    #[arg(long)]
    pub(crate) uuid: Option<uuid::Uuid>,
    /// Send this file's events, one JSON object a line (- for standard input)
    #[arg(long, short, conflicts_with = "event")]
    pub(crate) file: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `tail`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Tail {
    /// Events to begin with
    #[arg(long, short = 'n', default_value_t = 10)]
    pub(crate) lines: usize,
    /// Only this event
    #[arg(long)]
    pub(crate) event: Option<String>,
    /// Only this person
    #[arg(long)]
    pub(crate) distinct_id: Option<String>,
    /// Stop after the first ones
    #[arg(long)]
    pub(crate) no_follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `query`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Query {
    #[command(subcommand)]
    pub(crate) question: Question,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What can be asked.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Question {
    /// How often, or by how many, over time
    Trends(Trends),
    /// How many got how far
    Funnel(Funnel),
    /// Any question of the query API, as JSON: {"type": …, "params": …}
    Raw {
        /// The question; standard input when absent or -
        body: Option<String>,
    },
}

/// The time a question is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct Range {
    /// First day (YYYY-MM-DD) or moment (RFC 3339) [default: 29 days before the last]
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// Last day or moment [default: now]
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// Whose days, as an IANA name [default: UTC]
    #[arg(long)]
    pub(crate) timezone: Option<String>,
}

/// Options of `query trends`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Trends {
    /// Events, a series each [default: all events in one series]
    pub(crate) events: Vec<String>,
    /// hour, day, week or month
    #[arg(long, default_value = "day")]
    pub(crate) interval: String,
    /// total, unique, sum, avg, min, max, median, p90, p95, p99, …
    #[arg(long, default_value = "total")]
    pub(crate) math: String,
    /// The number that sum, avg and the like are taken of
    #[arg(long)]
    pub(crate) property: Option<String>,
    /// A series for each value of these properties (comma-separated)
    #[arg(long, value_delimiter = ',')]
    pub(crate) breakdown: Vec<String>,
    #[command(flatten)]
    pub(crate) range: Range,
}

/// Options of `query funnel`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Funnel {
    /// The steps' events
    #[arg(required = true, num_args = 2..)]
    pub(crate) steps: Vec<String>,
    /// From the first step to the last at most: 30d, 12h, 10min
    #[arg(long, default_value = "30d", value_parser = parse_duration)]
    pub(crate) window: Duration,
    /// ordered, strict, unordered or simple
    #[arg(long, default_value = "ordered")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) range: Range,
}

/// Options of `topics`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Topics {
    #[command(subcommand)]
    pub(crate) command: Option<TopicCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What is done with topics.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TopicCommand {
    /// Show topics, partitions and how far the consumer is
    List,
}

fn parse_duration(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}
