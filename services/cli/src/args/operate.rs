//! Looking after the log and the proof.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};

use super::Target;

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
    /// Give the events' topic more partitions, while everything runs
    Grow {
        /// How many it is to have; there can never be fewer again
        partitions: u32,
    },
    /// Put back what dead workers hold of a Redis list (ours do it when they start)
    Reap,
}

/// Options of `reconcile`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reconcile {
    /// Only this project's events, by its id
    #[arg(long)]
    pub(crate) project: Option<uuid::Uuid>,
    /// Only what the log took from here on, YYYY-MM-DD (UTC) or RFC 3339
    #[arg(long, value_parser = parse_instant)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Only what the log took before
    #[arg(long, value_parser = parse_instant)]
    pub(crate) to: Option<DateTime<Utc>>,
    /// Check again and again, until a difference is found
    #[arg(long)]
    pub(crate) watch: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `sweep`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sweep {
    /// Only events with a copy that arrived from here on [default: all events]
    #[arg(long, value_parser = parse_instant)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Keep the first copy of each, make the others repeats
    #[arg(long)]
    pub(crate) repair: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `replay`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Replay {
    /// What the log took from here on, YYYY-MM-DD (UTC) or RFC 3339
    #[arg(long, value_parser = parse_instant)]
    pub(crate) from: DateTime<Utc>,
    /// What the log took before [default: up to now]
    #[arg(long, value_parser = parse_instant)]
    pub(crate) to: Option<DateTime<Utc>>,
    /// Only this partition
    #[arg(long)]
    pub(crate) partition: Option<u32>,
    /// Store what is missing; without it, only say what that would change
    #[arg(long)]
    pub(crate) apply: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `trace`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Trace {
    /// The event's uuid
    pub(crate) uuid: uuid::Uuid,
    /// Its person, when several sent the same uuid
    #[arg(long)]
    pub(crate) distinct_id: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `dlq`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) command: Option<DlqCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What is done with dead letters.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DlqCommand {
    /// Show those that nobody has replayed or dropped yet
    List {
        #[command(flatten)]
        filter: DlqFilter,
        /// Also those that are settled
        #[arg(long)]
        all: bool,
    },
    /// Show one with all that is known of it
    Show {
        /// Where it stands in the events' log, PARTITION/OFFSET as `list` shows it
        position: String,
    },
    /// Send them through the pipeline again; what is stored already counts once
    Replay {
        #[command(flatten)]
        filter: DlqFilter,
        /// Only say what would be sent
        #[arg(long)]
        dry_run: bool,
    },
    /// Give them up
    Drop {
        #[command(flatten)]
        filter: DlqFilter,
        /// Only say what would be given up
        #[arg(long)]
        dry_run: bool,
    },
}

/// Options of `erase`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Erase {
    /// The project, by its id
    pub(crate) project: uuid::Uuid,
    /// Do not ask whether that is meant
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which dead letters are meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DlqFilter {
    /// Only these, by PARTITION/OFFSET
    #[arg(value_name = "POSITION")]
    pub(crate) positions: Vec<String>,
    /// Only with this reason
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Only of this project, by its id
    #[arg(long)]
    pub(crate) project: Option<uuid::Uuid>,
}

/// A day (its start in UTC) or an exact time.
fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    text.parse::<DateTime<Utc>>()
        .map_err(|_| "expected YYYY-MM-DD or RFC 3339".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_understood() {
        assert_eq!(
            parse_instant("2026-11-21").unwrap().to_rfc3339(),
            "2026-11-21T00:00:00+00:00"
        );
        assert_eq!(
            parse_instant("2026-11-21T10:00:00+02:00")
                .unwrap()
                .to_rfc3339(),
            "2026-11-21T08:00:00+00:00"
        );
        assert!(parse_instant("yesterday").is_err());
    }
}
