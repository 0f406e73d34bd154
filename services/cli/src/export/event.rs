//! An event as the query API gives it and an export keeps it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One event; the order of the fields is that of an export's columns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Exported {
    /// Its identity, with its project and its person.
    pub(crate) uuid: String,
    /// Its name.
    pub(crate) event: String,
    /// Its person.
    pub(crate) distinct_id: String,
    /// When it happened, RFC 3339 with milliseconds.
    pub(crate) timestamp: String,
    /// When capture received it.
    pub(crate) received_at: String,
    /// Exactly what its client sent, as it is spelled.
    pub(crate) properties: Box<RawValue>,
    /// What the server added.
    pub(crate) derived: Box<RawValue>,
}
