//! Sending events and asking about them.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::Target;

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

/// Which events are meant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which events")]
pub(crate) struct Chosen {
    /// Only this event; given again: any of them
    #[arg(long = "event", value_name = "NAME")]
    pub(crate) events: Vec<String>,
    /// Only this person
    #[arg(long, value_name = "ID")]
    pub(crate) distinct_id: Option<String>,
    /// Only where a property is so: plan=team, plan!=team, name~ada (contains), total>=9.5, total<1,
    /// plan (is set), !plan (is not); given again: all of them
    #[arg(long = "property", short, value_name = "CONDITION")]
    pub(crate) properties: Vec<String>,
}

/// Options of `tail`.
#[derive(Debug, Clone, Args)]
#[command(after_help = TAIL_NOTE)]
pub(crate) struct Tail {
    /// Events to begin with
    #[arg(long, short = 'n', default_value_t = 10)]
    pub(crate) lines: usize,
    /// Stop after the first ones
    #[arg(long)]
    pub(crate) no_follow: bool,
    /// When colours are used: auto means a terminal and no NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) target: Target,
}

const TAIL_NOTE: &str = "\
Events are looked for every second and shown in the order of their own time. One whose time lies
before the 500 latest (a phone that was offline, an import) is counted, but not seen here.";

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

fn parse_duration(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}
