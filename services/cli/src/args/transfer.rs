//! Events from and into files.

use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use crate::import::{Format, Origin, Table, TimeFormat};

use super::Target;
use super::events::Chosen;

/// Options of `import`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = IMPORT_EXAMPLES)]
pub(crate) struct Import {
    /// Files, folders with files, or - for standard input; .gz and .zst are unpacked
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Whose export it is [default: told by its columns]
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) from: Option<Origin>,
    /// How it is written [default: told by its first bytes]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Read and check everything, send nothing, and tell what would be sent
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Events that a dry run shows as they would be sent
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    pub(crate) show: usize,
    /// Read only so many rows of each file
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<u64>,
    /// Begin at the first row, whatever an earlier run has done (nothing counts twice)
    #[arg(long)]
    pub(crate) restart: bool,
    /// Where lists of rejected rows are written, FILE.rejected.ndjson
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) rejected: PathBuf,
    /// How long a server that is busy or away is waited for, at a time
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = humantime::parse_duration)]
    pub(crate) patience: Duration,
    /// Events in one request
    #[arg(long, value_name = "COUNT", default_value_t = 2000,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) mapping: MappingFlags,
    #[command(flatten)]
    pub(crate) target: Target,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  millrace import posthog-export/                   all files of a folder
  millrace import events.csv --dry-run              what would be sent?
  millrace import orders.csv --event-name order \\
    --map distinct_id=customer_id --timestamp-column ordered_at --map uuid=order_id
  millrace import orders.csv --mapping orders.toml  the same from a file
  psql -c \"copy … to stdout csv header\" | millrace import - --mapping orders.toml

Exit codes: 0 every row is an event now, 1 some were rejected or a file cannot be read,
2 the command line or the mapping is wrong, 3 the server cannot be reached, 4 it refuses the key.
Run the same command again to go on where it ended.";

/// What the columns mean. Flags overrule the mapping file.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Mapping")]
pub(crate) struct MappingFlags {
    /// A mapping file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Take a field (event, distinct_id, timestamp, uuid, properties) or a property from a
    /// column; a path such as user.id leads into objects; given again: the next to try
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub(crate) map: Vec<String>,
    /// The column of the time, as --map timestamp=COLUMN
    #[arg(long, value_name = "COLUMN")]
    pub(crate) timestamp_column: Option<String>,
    /// How times are written: auto, unix, unix_ms, unix_us, unix_ns, or a pattern such as
    /// "%d.%m.%Y %H:%M"
    #[arg(long, value_name = "FORMAT")]
    pub(crate) timestamp_format: Option<TimeFormat>,
    /// Whose time is meant where there is no offset, as an IANA name [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<Tz>,
    /// One name for all events, as --set event=NAME
    #[arg(long, value_name = "NAME")]
    pub(crate) event_name: Option<String>,
    /// A constant: event, distinct_id, timestamp or a property; JSON where it can be read as
    /// such, else text
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Leave out a column or a property
    #[arg(long = "drop", value_name = "NAME")]
    pub(crate) drop: Vec<String>,
    /// A column that holds JSON as text
    #[arg(long = "json-column", value_name = "COLUMN")]
    pub(crate) json_columns: Vec<String>,
    /// Between the cells of a CSV file; tab is a word [default: told by the first line]
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<String>,
    /// Keep every cell of a CSV file as text, also 95 and true
    #[arg(long)]
    pub(crate) all_text: bool,
    /// Which table of a Segment warehouse it is [default: told by the file's name]
    #[arg(long)]
    pub(crate) table: Option<Table>,
    /// The project's id, from which Segment's ids become uuids [default: that of this
    /// machine's stack]
    #[arg(long, value_name = "UUID")]
    pub(crate) project: Option<uuid::Uuid>,
    /// Take what another Millrace had derived (country, browser) as if clients had sent it
    #[arg(long)]
    pub(crate) with_derived: bool,
}

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line; names ending in .gz or .zst are packed
    Ndjson,
    /// Parquet, properties as JSON text
    Parquet,
}

/// Options of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXPORT_EXAMPLES)]
pub(crate) struct Export {
    /// The file; it appears when it is complete [default: standard output]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// What is written [default: told by the file's name, else ndjson]
    #[arg(long)]
    pub(crate) format: Option<ExportFormat>,
    /// First day (YYYY-MM-DD) or moment (RFC 3339) [default: the first event]
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// Last day or moment [default: the last event]
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// Whose days, as an IANA name [default: UTC]
    #[arg(long)]
    pub(crate) timezone: Option<String>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// How long a server that is busy or away is waited for, at a time
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = humantime::parse_duration)]
    pub(crate) patience: Duration,
    /// Print JSON about the export to standard error
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) target: Target,
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  millrace export events.parquet
  millrace export 2026-01.ndjson.gz --from 2026-01-01 --to 2026-01-31
  millrace export --event order --property 'total>100' | jq .properties.total
  millrace export all.ndjson && millrace import all.ndjson --capture-url … --api-key …";
