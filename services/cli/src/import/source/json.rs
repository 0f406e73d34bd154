//! An array of objects, alone or as the list of an object around it (as APIs answer), read
//! element by element.

use std::io::BufRead;

use anyhow::{Context, bail};

use super::Rows;
use super::input::Reader;
use crate::import::row::{ROW_BYTES_MAX, Rejection, Row, json_columns};

/// Names of an object whose array is read.
pub(super) const LISTS: [&str; 4] = ["results", "events", "batch", "data"];

/// The elements of the array.
pub(super) struct Elements<R = Reader> {
    bytes: Bytes<R>,
    number: u64,
    is_done: bool,
}

impl<R: BufRead> Elements<R> {
    /// Finds the array.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn new(reader: R) -> anyhow::Result<Self> {
        let mut bytes = Bytes { reader, line: 1 };
        match bytes.next_solid()? {
            Some(b'[') => {}
            Some(b'{') => find_list(&mut bytes)?,
            _ => bail!("the file is no JSON array of objects"),
        }
        Ok(Self {
            bytes,
            number: 0,
            is_done: false,
        })
    }

    /// The text of a value whose first byte has been read; `None` when it is too long.
    fn value(&mut self, first: u8) -> anyhow::Result<(Option<Vec<u8>>, bool)> {
        let mut text = Some(vec![first]);
        let mut nesting = Nesting::default();
        nesting.take(first);
        while !nesting.is_closed() {
            // A scalar ends before what follows it.
            if nesting.is_scalar() && matches!(self.bytes.peek()?, Some(b',' | b']')) {
                break;
            }
            let Some(byte) = self.bytes.next()? else {
                return Ok((text, false));
            };
            nesting.take(byte);
            if let Some(known) = &mut text {
                known.push(byte);
                if known.len() > ROW_BYTES_MAX {
                    text = None;
                }
            }
        }
        Ok((text, true))
    }
}

impl<R: BufRead> Rows for Elements<R> {
    fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        if self.is_done {
            return Ok(None);
        }
        let first = loop {
            match self.bytes.next_solid()? {
                Some(b',') => {}
                Some(b']') => {
                    self.is_done = true;
                    return Ok(None);
                }
                Some(byte) => break byte,
                None => bail!("the file ends inside its array: it is not complete"),
            }
        };
        let line = self.bytes.line;
        self.number += 1;
        let (text, is_complete) = self.value(first)?;
        if !is_complete {
            bail!("the file ends inside the element of line {line}: it is not complete");
        }
        let (raw, columns) = match text.map(String::from_utf8) {
            None => (String::new(), Err(Rejection::too_long())),
            Some(Err(error)) => (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Err(Rejection::new("invalid_text", "the element is no UTF-8")),
            ),
            Some(Ok(text)) => {
                let columns = json_columns(&text);
                (text, columns)
            }
        };
        Ok(Some(Row {
            number: self.number,
            line: Some(line),
            raw,
            columns,
        }))
    }
}

/// Goes to the first array that an object, whose bracket has been read, holds under one of
/// the names of [`LISTS`].
fn find_list<R: BufRead>(bytes: &mut Bytes<R>) -> anyhow::Result<()> {
    let mut depth = 1_u32;
    let mut name = Vec::new();
    while let Some(byte) = bytes.next()? {
        match byte {
            b'"' => {
                name.clear();
                while let Some(byte) = bytes.next()? {
                    match byte {
                        b'"' => break,
                        b'\\' => {
                            bytes.next()?;
                        }
                        // Only short names are compared.
                        _ if name.len() < 16 => name.push(byte),
                        _ => {}
                    }
                }
            }
            b'[' if depth == 1 && LISTS.iter().any(|list| list.as_bytes() == name) => {
                return Ok(());
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    bail!(
        "the file is an object without an array named {}",
        LISTS.join(", ")
    )
}

/// How deep a value is in brackets, and whether it has ended.
#[derive(Default)]
struct Nesting {
    depth: u32,
    is_in_text: bool,
    is_escaped: bool,
    has_ended: bool,
}

impl Nesting {
    fn take(&mut self, byte: u8) {
        if self.is_in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.is_in_text = false;
                    self.has_ended = self.depth == 0;
                }
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.is_in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.has_ended = self.depth == 0;
            }
            _ => {}
        }
    }

    fn is_closed(&self) -> bool {
        self.has_ended
    }

    fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.is_in_text
    }
}

/// Bytes with the line they are in.
struct Bytes<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Bytes<R> {
    fn peek(&mut self) -> anyhow::Result<Option<u8>> {
        let line = self.line;
        let buffer = self.reader.fill_buf();
        Ok(buffer
            .with_context(|| format!("in line {line}"))?
            .first()
            .copied())
    }

    fn next(&mut self) -> anyhow::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.reader.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// The next byte that is no white space.
    fn next_solid(&mut self) -> anyhow::Result<Option<u8>> {
        loop {
            match self.next()? {
                Some(byte) if byte.is_ascii_whitespace() => {}
                other => return Ok(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> anyhow::Result<Vec<(u64, String)>> {
        let mut elements = Elements::new(text.as_bytes())?;
        let mut rows = Vec::new();
        while let Some(row) = elements.next_row()? {
            let told = row
                .columns
                .err()
                .map_or(row.raw, |rejection| rejection.code);
            rows.push((row.line.unwrap_or(0), told));
        }
        Ok(rows)
    }

    #[test]
    fn elements_are_split_at_their_own_brackets() {
        let text = "[\n {\"a\":\"]}\\\"[{\",\"b\":[{}]},\n{}, 5 ,\"x,]\", [1], tru]";
        let expected = [
            (2, "{\"a\":\"]}\\\"[{\",\"b\":[{}]}"),
            (3, "{}"),
            (3, "not_an_object"),
            (3, "not_an_object"),
            (3, "not_an_object"),
            (3, "not_an_object"),
        ];
        let expected: Vec<_> = expected.map(|(line, text)| (line, text.to_owned())).into();
        assert_eq!(rows(text).unwrap()[..5], expected[..5]);
        assert_eq!(rows("[ ]").unwrap(), []);
    }

    #[test]
    fn an_answer_of_an_api_is_read_by_its_list() {
        let text = "{\"next\":\"results\",\"other\":[{\"results\":[{\"a\":9}]}],\n\"results\":[{\"a\":1}],\"x\":[{\"a\":2}]}";
        assert_eq!(rows(text).unwrap(), [(2, "{\"a\":1}".to_owned())]);
        assert!(rows("{\"a\":[1]}").is_err());
    }

    #[test]
    fn a_file_that_was_cut_is_told() {
        let error = rows("[{\"a\":1},{\"a\":").unwrap_err().to_string();
        assert!(error.contains("not complete"), "{error}");
        assert!(rows("[{\"a\":1}").is_err());
    }
}
