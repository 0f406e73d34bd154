//! Blocks in ClickHouse's Native format: one column after the other, each with
//! its name and type. A block becomes one part (for each month), whole or not
//! at all.

mod column;
mod events;

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
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A block being put together from finished columns.
#[derive(Debug)]
pub(crate) struct Block {
    out: Vec<u8>,
}

impl Block {
    /// Starts a block of that many columns and rows; `capacity` in bytes.
    pub(crate) fn new(columns: usize, rows: usize, capacity: usize) -> Self {
        let mut out = Vec::with_capacity(capacity + 64 * columns);
        put_varint(&mut out, columns as u64);
        put_varint(&mut out, rows as u64);
        Self { out }
    }

    /// Adds a column: its name, its type as ClickHouse writes it, its content.
    pub(crate) fn column(&mut self, name: &str, kind: &str, parts: &[&[u8]]) {
        put_text(&mut self.out, name);
        put_text(&mut self.out, kind);
        for part in parts {
            self.out.extend_from_slice(part);
        }
    }

    /// The block's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
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
        let mut block = Block::new(1, 2, 0);
        block.column("a", "UInt8", &[&[7, 8]]);
        assert_eq!(block.finish(), b"\x01\x02\x01a\x05UInt8\x07\x08");
    }
}
