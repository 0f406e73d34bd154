//! Instants as they go into JSON rows.

use serde::{Serialize, Serializer};

use event_schema::envelope::format_instant;

/// Milliseconds since the epoch, written as `2026-01-31 23:59:59.999` (UTC),
/// the form that a `DateTime64(3, 'UTC')` is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = format_instant(self.0);
        text[10] = b' ';
        let text = text.get(..23).unwrap_or_default();
        serializer.serialize_str(std::str::from_utf8(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_the_engine_reads_it() {
        let text = serde_json::to_string(&Millis(1_700_000_000_123)).unwrap();
        assert_eq!(text, "\"2023-11-14 22:13:20.123\"");
    }
}
