//! Opens a file and finds out what it is: the part that a dry run and an import share.

use std::path::Path;

use anyhow::{Context, bail};
use event_schema::ids::ProjectId;

use super::batch::Batcher;
use super::event::Interpreter;
use super::mapping::Mapping;
use super::shape::{Origin, Table};
use super::source::{self, CsvOptions, Format, Progress};

/// How rows are read and understood.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// What the mapping file and the flags say.
    pub(crate) mapping: Mapping,
    /// Which table of a warehouse it is, when somebody says.
    pub(crate) table: Option<Table>,
    /// The project that is written to, where it is known.
    pub(crate) project: Option<ProjectId>,
    /// Take what a Millrace server had derived as if clients had sent it.
    pub(crate) with_derived: bool,
    /// Events of a batch.
    pub(crate) batch_events: usize,
    /// Rows to read at most.
    pub(crate) rows_max: u64,
}

/// An opened file, ready to be read in batches.
pub(crate) struct Opened {
    /// How it is written.
    pub(crate) format: Format,
    /// Whose export it is.
    pub(crate) origin: Origin,
    /// Its rows.
    pub(crate) batches: Batcher,
}

/// Opens a file of which `done` rows were imported before.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn open(
    path: &Path,
    reading: &Reading,
    done: u64,
    progress: &Progress,
) -> anyhow::Result<Opened> {
    let mapping = &reading.mapping;
    let csv = CsvOptions {
        delimiter: mapping.delimiter.as_deref().map(delimiter).transpose()?,
        is_all_text: mapping.all_text,
    };
    let mut source = source::open(path, mapping.format, csv, progress)?;
    let context = || format!("reading {}", path.display());
    // The first row tells whose export it is, also when it was imported before.
    let first = source.rows.next_row().with_context(context)?;
    let detected = first.as_ref().and_then(|row| row.columns.as_ref().ok());
    let origin = mapping
        .from
        .unwrap_or_else(|| detected.map_or(Origin::Plain, Origin::of));
    let ahead = if done == 0 {
        first
    } else {
        source.rows.skip(done - 1).with_context(context)?;
        None
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let interpreter = Interpreter {
        origin,
        mapping: mapping.resolve(origin),
        table: reading.table.or_else(|| Table::of_file(&name)),
        project: reading.project,
        with_derived: reading.with_derived,
    };
    Ok(Opened {
        format: source.format,
        origin,
        batches: Batcher::new(
            source.rows,
            ahead,
            interpreter,
            reading.batch_events,
            reading.rows_max.saturating_sub(done),
            done == 0,
        ),
    })
}

fn delimiter(text: &str) -> anyhow::Result<u8> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] => Ok(*byte),
            _ => bail!("a delimiter is one character, or tab"),
        },
    }
}
