//! Rows gathered into batches that one request can carry.

use anyhow::bail;

use super::event::{Interpreter, to_json};
use super::report::Rejected;
use super::row::{Rejection, Row};
use super::source::Rows;

/// Bytes of rows and events in one batch: far below what a request may carry (20 MiB), and
/// all that is held of them at a time.
const BATCH_BYTES: usize = 6 * 1024 * 1024;
/// Rows of a batch in which hardly any is an event.
const BATCH_ROWS: u64 = 20_000;
/// Rows of a new import that may all be rejected before it is given up: the mapping is wrong.
const HOPELESS_ROWS: u64 = 1_000;

/// An event with the row that it was made of.
#[derive(Debug)]
pub(crate) struct Item {
    /// The event as it is sent.
    pub(crate) json: String,
    /// Its row's place.
    pub(crate) row: u64,
    /// Its row's line.
    pub(crate) line: Option<u64>,
    /// Its row, for the list of rejected rows.
    pub(crate) raw: String,
}

/// Rows that go to the server in one request.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Rows it was made of.
    pub(crate) rows: u64,
    /// Events.
    pub(crate) items: Vec<Item>,
    /// Rows that are none.
    pub(crate) rejected: Vec<Rejected>,
}

/// Makes batches of rows.
pub(crate) struct Batcher {
    rows: Box<dyn Rows>,
    /// A row that was read already.
    ahead: Option<Row>,
    interpreter: Interpreter,
    events_max: usize,
    /// Rows left to read.
    left: u64,
    has_seen_event: bool,
    rejected: u64,
    /// Why reading ended, once the rows before that are given.
    failure: Option<anyhow::Error>,
}

impl Batcher {
    /// Batches of at most `events_max` events from at most `rows_max` rows; `ahead` is a row
    /// that was read already. `is_new` says that nothing of the file was imported before.
    pub(crate) fn new(
        rows: Box<dyn Rows>,
        ahead: Option<Row>,
        interpreter: Interpreter,
        events_max: usize,
        rows_max: u64,
        is_new: bool,
    ) -> Self {
        Self {
            rows,
            ahead,
            interpreter,
            events_max,
            left: rows_max,
            has_seen_event: !is_new,
            rejected: 0,
            failure: None,
        }
    }

    /// The next batch; `None` at the end. Rows that were read before an error are given first.
    ///
    /// # Errors
    /// When the file cannot be read any further, or nothing in it is an event.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Batch>> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.items.len() < self.events_max
            && bytes < BATCH_BYTES
            && batch.rows < BATCH_ROWS
            && self.left > 0
        {
            let row = match self.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) if batch.rows == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            };
            self.left -= 1;
            batch.rows += 1;
            bytes += row.raw.len();
            match self
                .interpreter
                .event(&row)
                .and_then(|event| to_json(&event))
            {
                Ok(json) => {
                    bytes += json.len();
                    self.has_seen_event = true;
                    batch.items.push(Item {
                        json,
                        row: row.number,
                        line: row.line,
                        raw: row.raw,
                    });
                }
                Err(rejection) => {
                    self.reject(&rejection)?;
                    batch.rejected.push(Rejected {
                        row: row.number,
                        line: row.line,
                        rejection,
                        raw: row.raw,
                    });
                }
            }
        }
        Ok((batch.rows > 0).then_some(batch))
    }

    fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        match self.ahead.take() {
            Some(row) => Ok(Some(row)),
            None => self.rows.next_row(),
        }
    }

    /// Gives up when nothing was an event so far.
    fn reject(&mut self, rejection: &Rejection) -> anyhow::Result<()> {
        self.rejected += 1;
        if !self.has_seen_event && self.rejected == HOPELESS_ROWS {
            bail!(
                "none of the first {HOPELESS_ROWS} rows is an event, the last because: {} (look with --dry-run)",
                rejection.detail
            );
        }
        Ok(())
    }
}
