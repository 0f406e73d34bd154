//! One JSON object a line.

use std::io::{BufRead, Read};

use anyhow::Context;

use super::Rows;
use super::input::Reader;
use crate::import::row::{ROW_BYTES_MAX, Rejection, Row, json_columns};

/// The lines of a file; empty ones are no rows.
pub(super) struct Lines<R = Reader> {
    reader: R,
    line: u64,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: 0,
            number: 0,
            buffer: Vec::new(),
        }
    }

    /// Reads the next line that is not empty into the buffer: whether there is one, and
    /// whether it is all there.
    fn advance(&mut self) -> anyhow::Result<Option<bool>> {
        loop {
            self.buffer.clear();
            let limit = u64::try_from(ROW_BYTES_MAX)?;
            let read = self
                .reader
                .by_ref()
                .take(limit)
                .read_until(b'\n', &mut self.buffer)
                .with_context(|| format!("after line {}", self.line))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let is_cut = read == ROW_BYTES_MAX && self.buffer.last() != Some(&b'\n');
            if is_cut {
                self.reader.skip_until(b'\n')?;
            }
            if is_cut || !self.buffer.trim_ascii().is_empty() {
                self.number += 1;
                return Ok(Some(!is_cut));
            }
        }
    }
}

impl<R: BufRead> Rows for Lines<R> {
    fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        let Some(is_whole) = self.advance()? else {
            return Ok(None);
        };
        let row = |raw, columns| Row {
            number: self.number,
            line: Some(self.line),
            raw,
            columns,
        };
        if !is_whole {
            let beginning = self.buffer.get(..1024).unwrap_or_default();
            let raw = String::from_utf8_lossy(beginning).into_owned();
            return Ok(Some(row(raw, Err(Rejection::too_long()))));
        }
        Ok(Some(match std::str::from_utf8(self.buffer.trim_ascii()) {
            Ok(text) => row(text.to_owned(), json_columns(text)),
            Err(error) => row(
                String::from_utf8_lossy(&self.buffer).into_owned(),
                Err(Rejection::new(
                    "invalid_text",
                    format!("byte {} of the line is no UTF-8", error.valid_up_to() + 1),
                )),
            ),
        }))
    }

    fn skip(&mut self, rows: u64) -> anyhow::Result<()> {
        for _ in 0..rows {
            if self.advance()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_are_no_rows_and_broken_ones_spoil_no_other() {
        let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(ROW_BYTES_MAX));
        let text = [
            b"\n{\"a\":1}\r\n  \n{\"a\":\n[1]\n\xff\n".as_slice(),
            long.as_bytes(),
            b"{\"a\":2}",
        ]
        .concat();
        let mut lines = Lines::new(text.as_slice());
        let mut seen = Vec::new();
        while let Some(row) = lines.next_row().unwrap() {
            let outcome = match row.columns {
                Ok(columns) => columns.get("a").unwrap().get().to_owned(),
                Err(rejection) => rejection.code,
            };
            seen.push((row.number, row.line.unwrap(), outcome));
        }
        let expected = [
            (1, 2, "1"),
            (2, 4, "invalid_json"),
            (3, 5, "not_an_object"),
            (4, 6, "invalid_text"),
            (5, 7, "event_too_large"),
            (6, 8, "2"),
        ];
        let seen: Vec<_> = seen
            .iter()
            .map(|(row, line, text)| (*row, *line, text.as_str()))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn skipping_counts_rows_not_lines() {
        let mut lines = Lines::new(b"\n{\"a\":1}\n\nx\n{\"a\":3}\n".as_slice());
        lines.skip(2).unwrap();
        let row = lines.next_row().unwrap().unwrap();
        assert_eq!((row.number, row.line), (3, Some(5)));
        lines.skip(9).unwrap();
        assert!(lines.next_row().unwrap().is_none());
    }
}
