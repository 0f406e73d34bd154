//! Columns separated by a delimiter, their names in the first line.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use anyhow::{Context, bail};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::value::RawValue;

use super::input::{Input, Reader};
use super::{CsvOptions, Rows};
use crate::import::object::{Object, raw_text};
use crate::import::row::{ROW_BYTES_MAX, Rejection, Row};

/// What may separate cells, when nobody says.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// What the reader may hold ahead of a row.
const AHEAD: usize = 1024 * 1024;

/// The rows of a CSV file.
pub(super) struct CsvRows {
    reader: csv::Reader<Bounded<Reader>>,
    budget: Rc<Cell<usize>>,
    names: Vec<String>,
    options: CsvOptions,
    delimiter: u8,
    number: u64,
    record: ByteRecord,
}

impl CsvRows {
    /// Reads the names.
    ///
    /// # Errors
    /// When there are none, or two are the same.
    pub(super) fn new(input: Input, options: CsvOptions) -> anyhow::Result<Self> {
        let delimiter = options
            .delimiter
            .unwrap_or_else(|| delimiter_of(&input.head));
        let budget = Rc::new(Cell::new(ROW_BYTES_MAX + AHEAD));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(Bounded {
                inner: input.reader(),
                budget: Rc::clone(&budget),
            });
        let names = reader
            .headers()
            .context("reading the names of the columns")?;
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            if names.iter().take(index).any(|earlier| earlier == name) {
                bail!("two columns are named {name:?}");
            }
        }
        Ok(Self {
            reader,
            budget,
            names,
            options,
            delimiter,
            number: 0,
            record: ByteRecord::new(),
        })
    }

    fn advance(&mut self) -> anyhow::Result<bool> {
        self.budget.set(ROW_BYTES_MAX + AHEAD);
        let line = self.reader.position().line();
        let has_row = self
            .reader
            .read_byte_record(&mut self.record)
            .with_context(|| format!("after line {}", line.saturating_sub(1)))?;
        self.number += u64::from(has_row);
        Ok(has_row)
    }

    fn columns(&self) -> Result<Object, Rejection> {
        if self.record.len() != self.names.len() {
            return Err(Rejection::new(
                "wrong_number_of_columns",
                format!(
                    "the row has {} columns, the first line names {}",
                    self.record.len(),
                    self.names.len()
                ),
            ));
        }
        let mut columns = Object::default();
        for (name, cell) in self.names.iter().zip(&self.record) {
            let text = std::str::from_utf8(cell).map_err(|_| {
                Rejection::new("invalid_text", format!("column {name} is no UTF-8"))
            })?;
            if !text.is_empty() {
                columns.set(name.as_str(), value(text, self.options.is_all_text));
            }
        }
        Ok(columns)
    }
}

impl Rows for CsvRows {
    fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        if !self.advance()? {
            return Ok(None);
        }
        Ok(Some(Row {
            number: self.number,
            line: self.record.position().map(csv::Position::line),
            raw: line_of(&self.record, self.delimiter),
            columns: self.columns(),
        }))
    }

    fn skip(&mut self, rows: u64) -> anyhow::Result<()> {
        for _ in 0..rows {
            if !self.advance()? {
                break;
            }
        }
        Ok(())
    }
}

/// The delimiter that the first line has most of.
fn delimiter_of(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let most = DELIMITERS.into_iter().rev().max_by_key(|one| count(*one));
    most.unwrap_or(b',')
}

/// A cell as JSON: a number or a boolean where that has the very same text (so that
/// filters and breakdowns see no difference), else text. `01`, `1.0` and `1e3` are text.
fn value(text: &str, is_all_text: bool) -> Box<RawValue> {
    if !is_all_text && (matches!(text, "true" | "false") || is_plain_number(text)) {
        return RawValue::from_string(text.to_owned()).unwrap_or_else(|_| raw_text(text));
    }
    raw_text(text)
}

fn is_plain_number(text: &str) -> bool {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.to_string() == text;
    }
    text.contains('.')
        && !text.ends_with(".0")
        && !text.contains(['e', 'E'])
        && text
            .parse::<f64>()
            .is_ok_and(|number| number.to_string() == text)
}

/// The row as a line of a CSV file.
fn line_of(record: &ByteRecord, delimiter: u8) -> String {
    let mut line = String::new();
    for (index, cell) in record.iter().enumerate() {
        if index > 0 {
            line.push(char::from(delimiter));
        }
        let cell = String::from_utf8_lossy(cell);
        if cell.contains(['"', '\n', '\r', char::from(delimiter)]) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line
}

/// Ends reading when one row takes more than it may: a quote that is never closed would
/// otherwise make a row of the whole file.
struct Bounded<R> {
    inner: R,
    budget: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.budget.get().checked_sub(count).ok_or_else(|| {
            io::Error::other(format!(
                "the next row is longer than {} MiB: is a quote not closed?",
                ROW_BYTES_MAX >> 20
            ))
        })?;
        self.budget.set(left);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbers_only_where_their_text_stays_the_same() {
        for number in ["0", "-7", "95", "1.5", "-0.25", "true", "9007199254740993"] {
            assert_eq!(value(number, false).get(), number);
        }
        for text in [
            "007", "1.0", "1.50", "1e3", "+1", " 1", "NaN", "inf", "-0", "True", "1_000",
        ] {
            assert_eq!(value(text, false).get(), format!("{text:?}"), "{text}");
        }
        assert_eq!(value("95", true).get(), "\"95\"");
    }

    #[test]
    fn the_delimiter_is_the_most_frequent_one() {
        assert_eq!(delimiter_of(b"a,b,c\n1;2;3;4\n"), b',');
        assert_eq!(delimiter_of(b"a;b,c;d\n"), b';');
        assert_eq!(delimiter_of(b"a\tb\n"), b'\t');
        assert_eq!(delimiter_of(b"only\n"), b',');
    }

    #[test]
    fn a_row_is_written_again_as_it_could_stand_in_a_file() {
        let record = ByteRecord::from(vec!["a,b", "say \"hi\"", "", "x\ny"]);
        assert_eq!(
            line_of(&record, b','),
            "\"a,b\",\"say \"\"hi\"\"\",,\"x\ny\""
        );
    }
}
