//! The content of columns, grown row by row.

use uuid::Uuid;

use super::put_bytes;

/// `String`: length and bytes of each value.
#[derive(Debug, Default)]
pub struct StringColumn {
    /// The column's content.
    pub bytes: Vec<u8>,
}

impl StringColumn {
    /// Adds a value.
    pub fn push(&mut self, text: &[u8]) {
        put_bytes(&mut self.bytes, text);
    }
}

/// `Nullable(String)`: a byte a row that is 1 where there is no value, then the
/// values (empty where there is none). A row without a value costs nothing until
/// a later one has some: most rows have none in most columns.
#[derive(Debug, Default)]
pub struct NullableColumn {
    /// 1 = no value.
    pub absent: Vec<u8>,
    /// The values.
    pub values: StringColumn,
}

impl NullableColumn {
    /// Sets the value of row `row`; rows come in order.
    pub fn set(&mut self, row: usize, text: &[u8]) {
        self.fill(row);
        self.absent.push(0);
        self.values.push(text);
    }

    /// Makes it `rows` rows long, with no values in those that are added.
    pub fn fill(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.absent.len());
        if missing > 0 {
            self.absent.resize(rows, 1);
            let values = &mut self.values.bytes;
            values.resize(values.len() + missing, 0);
        }
    }
}

/// `Map(String, String)`: where each row's pairs end, all keys, all values.
#[derive(Debug, Default)]
pub struct MapColumn {
    /// Number of pairs up to and with each row, 8 bytes each.
    pub ends: Vec<u8>,
    /// Names.
    pub keys: StringColumn,
    /// Texts.
    pub values: StringColumn,
    count: u64,
}

impl MapColumn {
    /// Adds a row's pairs.
    pub fn push<'a>(&mut self, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) {
        for (key, value) in pairs {
            self.keys.push(key);
            self.values.push(value);
            self.count += 1;
        }
        self.ends.extend_from_slice(&self.count.to_le_bytes());
    }
}

/// `UUID`: the high half, then the low one, each little-endian.
#[derive(Debug, Default)]
pub struct UuidColumn {
    /// The column's content.
    pub bytes: Vec<u8>,
}

impl UuidColumn {
    /// Adds a value.
    pub fn push(&mut self, id: Uuid) {
        let (high, low) = id.as_u64_pair();
        self.bytes.extend_from_slice(&high.to_le_bytes());
        self.bytes.extend_from_slice(&low.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_marked_and_empty() {
        let mut column = NullableColumn::default();
        column.set(0, b"ab");
        column.set(2, b"");
        column.set(5, b"c");
        column.fill(7);
        assert_eq!(column.absent, [0, 1, 0, 1, 1, 0, 1]);
        assert_eq!(column.values.bytes, b"\x02ab\x00\x00\x00\x00\x01c\x00");
    }

    #[test]
    fn a_map_counts_pairs_over_all_rows() {
        let mut column = MapColumn::default();
        let pair = |key: &'static str, value: &'static str| (key.as_bytes(), value.as_bytes());
        column.push([pair("a", "1"), pair("b", "2")].into_iter());
        column.push([].into_iter());
        column.push([pair("c", "3")].into_iter());
        let ends: Vec<u64> = column
            .ends
            .chunks(8)
            .map(|end| u64::from_le_bytes(end.try_into().unwrap()))
            .collect();
        assert_eq!(ends, [2, 2, 3]);
        assert_eq!(column.keys.bytes, b"\x01a\x01b\x01c");
    }

    #[test]
    fn a_uuid_is_two_halves() {
        let mut column = UuidColumn::default();
        column.push(Uuid::from_u128(1 << 64 | 2));
        assert_eq!(
            column.bytes,
            [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        );
    }
}
