//! One row of a file, whatever its format.

use serde::{Deserialize, Serialize};

use super::object::Object;

/// Longest row that is read, in bytes: eight times the largest event.
pub(crate) const ROW_BYTES_MAX: usize = 8 * event_schema::limits::EVENT_BYTES_MAX;

/// A row as it stands in the file.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its place among the rows, from 1.
    pub(crate) number: u64,
    /// The line where it begins, in files that have lines.
    pub(crate) line: Option<u64>,
    /// Its text: what its identity is derived from, and what the list of rejected rows repeats.
    pub(crate) raw: String,
    /// Its columns, or why they cannot be read.
    pub(crate) columns: Result<Object, Rejection>,
}

/// Why a row cannot become an event. The codes are those of capture's answers
/// where capture would say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejection {
    /// Stable, snake case.
    pub(crate) code: String,
    /// One sentence.
    pub(crate) detail: String,
}

impl Rejection {
    /// A rejection.
    pub(crate) fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    /// A row that is longer than [`ROW_BYTES_MAX`].
    pub(crate) fn too_long() -> Self {
        Self::new(
            "event_too_large",
            format!("the row is longer than {} MiB", ROW_BYTES_MAX >> 20),
        )
    }
}

/// The columns of a row that is the text of a JSON object.
pub(crate) fn json_columns(text: &str) -> Result<Object, Rejection> {
    Object::parse(text).map_err(|error| {
        if error.is_data() && !text.trim_start().starts_with('{') {
            Rejection::new("not_an_object", "the row is no JSON object")
        } else {
            Rejection::new("invalid_json", format!("the row is not JSON: {error}"))
        }
    })
}
