//! From files to rows: one module for each format, none of which holds more than a row
//! (Parquet: a page of each column) in memory.

mod csv;
mod detect;
mod input;
mod json;
mod ndjson;
mod parquet;
mod parquet_value;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::bail;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::row::Row;

pub(crate) use input::STANDARD_INPUT;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Columns separated by commas, semicolons, tabs or bars, their names in the first line
    Csv,
    /// One JSON object a line
    Ndjson,
    /// An array of objects, alone or as "results", "events", "batch" or "data" of an object
    Json,
    /// Parquet
    Parquet,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Parquet => "parquet",
        })
    }
}

/// How cells of a CSV file are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CsvOptions {
    /// Between cells; found in the first line when absent.
    pub(crate) delimiter: Option<u8>,
    /// Every cell is text, also `95` and `true`.
    pub(crate) is_all_text: bool,
}

/// Rows, one after the other.
pub(crate) trait Rows {
    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    fn next_row(&mut self) -> anyhow::Result<Option<Row>>;

    /// Passes over rows without looking at them; ends early with the file.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    fn skip(&mut self, rows: u64) -> anyhow::Result<()> {
        for _ in 0..rows {
            if self.next_row()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// How much of a file has been read, for the progress bar: bytes of the file as it is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0
            .fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }

    fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

/// An opened file.
pub(crate) struct Source {
    /// How it is written.
    pub(crate) format: Format,
    /// Its rows.
    pub(crate) rows: Box<dyn Rows>,
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Opens a file, or standard input as `-`; unpacks gzip and Zstandard.
///
/// # Errors
/// When it cannot be read, or does not have the format that was asked for.
pub(crate) fn open(
    path: &Path,
    format: Option<Format>,
    csv: CsvOptions,
    progress: &Progress,
) -> anyhow::Result<Source> {
    let input = input::Input::open(path, progress)?;
    let detected = || detect::format(&input.head, input.is_whole);
    let Some(format) = format.or_else(detected) else {
        bail!(
            "{} is empty or of a format that is not known: give --format",
            path.display()
        );
    };
    let rows: Box<dyn Rows> = match format {
        Format::Csv => Box::new(csv::CsvRows::new(input, csv)?),
        Format::Ndjson => Box::new(ndjson::Lines::new(input.reader())),
        Format::Json => Box::new(json::Elements::new(input.reader())?),
        Format::Parquet if input.is_packed => bail!(
            "{} is a packed Parquet file: unpack it first (Parquet is read from its end)",
            path.display()
        ),
        Format::Parquet => Box::new(parquet::ParquetRows::open(path, progress)?),
    };
    Ok(Source { format, rows })
}
