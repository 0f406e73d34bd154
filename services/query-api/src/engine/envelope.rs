//! A query's answer with what it is worth: how fresh, how exact, at what cost.

use super::Hint;
use crate::query::Approximate;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A computed answer, as it is cached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// The result, in the contract's shape for its type.
    pub result: Arc<RawValue>,
    /// All events accepted before this instant are in the result.
    pub complete_until: Option<DateTime<Utc>>,
    /// Dead letters of the project that are not in the result.
    pub quarantined: u64,
    /// `false`, or how the result was approximated.
    pub approximate: Value,
    /// Names that nobody sends, of a result that says nothing.
    #[serde(default)]
    pub hints: Vec<Hint>,
    /// Rows read for it.
    pub rows_read: u64,
    /// Milliseconds it took to compute.
    pub elapsed_ms: u64,
    /// When its freshness was read, before its first statement.
    pub computed_at_ms: i64,
}

/// An answer as one caller gets it.
#[derive(Debug, Clone)]
pub struct Served {
    /// What was computed.
    pub envelope: Arc<Envelope>,
    /// Whether it was computed for an earlier caller.
    pub cached: bool,
    /// How long this caller waited.
    pub elapsed: Duration,
}

/// The wire form of an answer.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    result: &'a RawValue,
    complete_until: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    quarantined: u64,
    cached: bool,
    approximate: &'a Value,
    #[serde(skip_serializing_if = "<[Hint]>::is_empty")]
    hints: &'a [Hint],
    rows_read: u64,
    elapsed_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An instant as answers give it: RFC 3339 with milliseconds.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Served {
    /// The wire form.
    pub fn body(&self) -> Body<'_> {
        Body {
            result: &self.envelope.result,
            complete_until: self.envelope.complete_until.map(instant),
            quarantined: self.envelope.quarantined,
            cached: self.cached,
            approximate: &self.envelope.approximate,
            hints: &self.envelope.hints,
            rows_read: self.envelope.rows_read,
            elapsed_ms: u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The result as a value, for answers that are reshaped.
    pub fn result(&self) -> Value {
        serde_json::from_str(self.envelope.result.get()).unwrap_or_default()
    }
}

/// `approximate` as answers give it.
pub(super) fn approximate(how: Option<&Approximate>) -> Value {
    how.map_or(
        Value::Bool(false),
        |how| json!({"method": how.method, "relative_error": how.relative_error}),
    )
}
