//! Blocks in ClickHouse's Native format: one column after the other, each with
//! its name and type. A block becomes one part (for each month), whole or not
//! at all.

mod column;
mod events;

use bytes::Bytes;

pub use column::{MapColumn, NullableColumn, StringColumn, UuidColumn};
pub use events::encode_events;

/// Appends an unsigned number, seven bits a byte, lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a text with its length before it.
#[inline]
pub(crate) fn put_bytes(out: &mut Vec<u8>, text: &[u8]) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text);
}

/// Content from this many bytes on is passed on as it is, shorter is copied
/// together.
const LONG: usize = 16 * 1024;

/// A block being put together from finished columns.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pieces: Vec<Bytes>,
    last: Vec<u8>,
}

impl Block {
    /// Starts a block of that many columns and rows.
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        let mut block = Self::default();
        put_varint(&mut block.last, columns as u64);
        put_varint(&mut block.last, rows as u64);
        block
    }

    /// Adds a column: its name, its type as ClickHouse writes it, its content.
    pub(crate) fn column<const N: usize>(&mut self, name: &str, kind: &str, parts: [Vec<u8>; N]) {
        put_bytes(&mut self.last, name.as_bytes());
        put_bytes(&mut self.last, kind.as_bytes());
        for part in parts {
            if part.len() < LONG {
                self.last.extend_from_slice(&part);
            } else {
                self.cut();
                self.pieces.push(Bytes::from(part));
            }
        }
    }

    /// The block's bytes, in pieces.
    pub(crate) fn finish(mut self) -> Vec<Bytes> {
        self.cut();
        self.pieces
    }

    fn cut(&mut self) {
        if !self.last.is_empty() {
            self.pieces
                .push(Bytes::from(std::mem::take(&mut self.last)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![127]),
            (128, vec![0x80, 1]),
            (300, vec![0xac, 2]),
            (
                u64::MAX,
                vec![255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            ),
        ] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn a_block_has_its_counts_first() {
        let mut block = Block::new(1, 2);
        block.column("a", "UInt8", [vec![7, 8]]);
        assert_eq!(block.finish().concat(), b"\x01\x02\x01a\x05UInt8\x07\x08");
    }

    #[test]
    fn long_content_is_a_piece_of_its_own_in_its_place() {
        let mut block = Block::new(1, 3);
        block.column("a", "X", [vec![7], vec![8; LONG], vec![9]]);
        let pieces = block.finish();
        let lengths: Vec<usize> = pieces.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [7, LONG, 1]);
        assert_eq!(pieces.concat()[..8], *b"\x01\x03\x01a\x01X\x07\x08");
    }
}
