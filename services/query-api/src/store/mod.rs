//! The PostgreSQL schema `insights`, which is this service's alone.

mod database;

pub use database::{StoreError, connect, migrate};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// Writes an instant as RFC 3339 with milliseconds.
pub(crate) fn millis<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}
