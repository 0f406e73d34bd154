//! Reading `RowBinary`: the values of rows, one after the other.

use std::borrow::Cow;

/// The bytes of an answer that were not read yet. Every read is `None` where
/// they end too early: then the rest has not arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// A number of one byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// An `Int64`.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A `UInt64`.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A `UInt128`.
    pub(crate) fn wide(&mut self) -> Option<u128> {
        self.array().map(u128::from_le_bytes)
    }

    /// A `String`.
    pub(crate) fn text(&mut self) -> Option<Cow<'a, str>> {
        let length = self.length()?;
        self.take(length).map(String::from_utf8_lossy)
    }

    /// An `Array`.
    pub(crate) fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.list_into(&mut items, item)?;
        Some(items)
    }

    /// An `Array`, in the place of what `items` held.
    pub(crate) fn list_into<T>(
        &mut self,
        items: &mut Vec<T>,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<()> {
        let length = self.length()?;
        items.clear();
        items.reserve(length.min(self.0.len()));
        for _ in 0..length {
            items.push(item(self)?);
        }
        Some(())
    }

    /// A length: seven bits a byte, the lowest first.
    fn length(&mut self) -> Option<usize> {
        let mut length = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(length)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Rows put together from the pieces in which they arrive.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// The beginning of a row whose end has not arrived.
    rest: Vec<u8>,
    /// How long the rest must be before it is worth another look: a long row
    /// comes in many pieces.
    enough: usize,
}

impl Rows {
    /// Hands out every row that is whole now. `row` reads one row, all of it
    /// before it does anything else.
    pub(crate) fn push(
        &mut self,
        piece: &[u8],
        row: &mut impl FnMut(&mut Bytes<'_>) -> Option<()>,
    ) {
        if self.rest.is_empty() {
            self.rest.extend_from_slice(read_all(piece, row));
        } else {
            self.rest.extend_from_slice(piece);
            if self.rest.len() < self.enough {
                return;
            }
            self.read_rest(row);
        }
        self.enough = 2 * self.rest.len();
    }

    /// Hands out the last row; whether nothing is left of the answer.
    pub(crate) fn finish(mut self, row: &mut impl FnMut(&mut Bytes<'_>) -> Option<()>) -> bool {
        self.read_rest(row);
        self.rest.is_empty()
    }

    fn read_rest(&mut self, row: &mut impl FnMut(&mut Bytes<'_>) -> Option<()>) {
        let left = read_all(&self.rest, row).len();
        self.rest.drain(..self.rest.len() - left);
    }
}

/// Reads rows until one is not whole, and returns what is left.
fn read_all<'a>(bytes: &'a [u8], row: &mut impl FnMut(&mut Bytes<'_>) -> Option<()>) -> &'a [u8] {
    let mut bytes = Bytes(bytes);
    while !bytes.0.is_empty() {
        let mut next = bytes;
        if row(&mut next).is_none() {
            break;
        }
        bytes = next;
    }
    bytes.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_however_they_are_cut() {
        let long = "x".repeat(300);
        let mut answer = Vec::new();
        for (number, text) in [(7_u64, "ä"), (8, ""), (9, long.as_str())] {
            answer.extend_from_slice(&number.to_le_bytes());
            let mut length = text.len();
            while length > 0x7F {
                answer.push(u8::try_from(length & 0x7F).unwrap() | 0x80);
                length >>= 7;
            }
            answer.push(u8::try_from(length).unwrap());
            answer.extend_from_slice(text.as_bytes());
            answer.push(2);
            answer.extend_from_slice(&(-1_i64).to_le_bytes());
            answer.extend_from_slice(&5_i64.to_le_bytes());
        }
        for size in 1..answer.len() {
            let mut found = Vec::new();
            let mut row = |bytes: &mut Bytes<'_>| {
                let number = bytes.unsigned()?;
                let text = bytes.text()?.into_owned();
                found.push((number, text, bytes.list(Bytes::integer)?));
                Some(())
            };
            let mut rows = Rows::default();
            for piece in answer.chunks(size) {
                rows.push(piece, &mut row);
            }
            assert!(rows.finish(&mut row));
            let expected = [(7, "ä"), (8, ""), (9, long.as_str())]
                .map(|(number, text)| (number, text.to_owned(), vec![-1, 5]));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn half_a_row_is_told() {
        let mut rows = Rows::default();
        let mut row = |bytes: &mut Bytes<'_>| bytes.wide().map(|_| ());
        rows.push(&[0; 20], &mut row);
        assert!(!rows.finish(&mut row));
    }
}
