//! One answer of the engine: rows, and what they cost.

use super::{ReadError, Row};
use serde::Deserialize;

/// The format that statements are answered in: one document with the rows as
/// arrays and the rows read in its statistics.
pub(crate) const FORMAT: &str = "JSONCompact";

/// The format of answers that are read as they arrive: the rows' values one
/// after the other, as bytes.
pub(crate) const STREAM_FORMAT: &str = "RowBinary";

/// An answer in [`FORMAT`].
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    /// The rows.
    pub(crate) data: Vec<Row>,
    /// What they cost.
    #[serde(default)]
    pub(crate) statistics: Statistics,
}

/// What an answer cost.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Statistics {
    /// Rows read.
    #[serde(default)]
    pub(crate) rows_read: u64,
    /// Bytes read, uncompressed.
    #[serde(default)]
    pub(crate) bytes_read: u64,
}

/// Parses an answer. A statement without a result, as the engine answers with
/// no bytes at all, has no rows.
pub(crate) fn parse(bytes: &[u8]) -> Result<Document, ReadError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Document {
            data: Vec::new(),
            statistics: Statistics::default(),
        });
    }
    serde_json::from_slice(bytes).map_err(|error| ReadError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_and_cost_are_read() {
        let text = br#"{"meta":[{"name":"a","type":"UInt64"}],"data":[[1],[null]],
            "rows":2,"statistics":{"elapsed":0.1,"rows_read":7,"bytes_read":56}}"#;
        let document = parse(text).unwrap();
        assert_eq!(document.data, vec![vec![json!(1)], vec![json!(null)]]);
        assert_eq!(document.statistics.rows_read, 7);
    }

    #[test]
    fn nothing_is_no_rows_and_half_a_document_is_an_error() {
        assert!(parse(b"\n").unwrap().data.is_empty());
        assert!(parse(b"{\"data\":[[1]").is_err());
    }
}
