//! The way of one event through every stage, with the time each took.

use crate::engine::{Context, instant};
use crate::query::fields::Fields;
use crate::query::{Fault, RunError, frame};
use chrono::DateTime;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;
use warehouse::LogPosition;
use warehouse::read::{Outcome, Statement, Traced};
use warehouse::scope::Reading;

/// The way of one event.
#[derive(Debug, Clone)]
pub struct Trace {
    uuid: Uuid,
    distinct_id: Option<String>,
}

impl Trace {
    /// Reads the params. Those that all types have are read too, and say
    /// nothing: an id is looked for in all times.
    pub fn parse(params: &Value, context: &Context, faults: &mut Vec<Fault>) -> Self {
        let mut fields = Fields::new(params, "params", faults);
        frame(&mut fields, context);
        let uuid = fields.required_text("uuid").map(Uuid::parse_str);
        if matches!(uuid, Some(Err(_))) {
            fields.fault("uuid", "invalid", "uuid must be a UUID");
        }
        let distinct_id = fields.text("distinct_id").map(str::to_owned);
        fields.finish();
        Self {
            uuid: uuid.and_then(Result::ok).unwrap_or_default(),
            distinct_id,
        }
    }

    /// None that an estimate is made for: an id's look-up is cheap.
    pub fn statements(&self) -> Vec<Statement> {
        Vec::new()
    }

    /// Looks the event up. `topic` is the name of the log's topic.
    pub async fn run(&self, reading: &Reading, topic: &str) -> Result<Box<RawValue>, RunError> {
        let traced = reading
            .trace(self.uuid, self.distinct_id.as_deref())
            .await?;
        let events: Vec<Value> = traced.iter().map(|found| event(found, topic)).collect();
        to_raw_value(&json!({"events": events})).map_err(|error| RunError::Shape(error.to_string()))
    }
}

fn event(found: &Traced, topic: &str) -> Value {
    let mut event = json!({
        "distinct_id": found.distinct_id,
        "stages": stages(found),
        "position": position(found.position, topic),
        "outcome": match found.outcome {
            Outcome::Stored => "stored",
            Outcome::Pending => "pending",
            Outcome::Duplicate => "duplicate",
            Outcome::Quarantined => "quarantined",
            Outcome::Removed => "removed",
        },
    });
    if let Some(first) = found.first_position {
        event["first_position"] = position(first, topic);
    }
    event
}

fn position(at: LogPosition, topic: &str) -> Value {
    json!({"topic": topic, "partition": at.partition, "offset": at.offset})
}

/// The stages whose time is known, each with the milliseconds since the one
/// before it. Only what is stored becomes queryable.
fn stages(found: &Traced) -> Vec<Value> {
    let queryable = found
        .inserted_ms
        .filter(|_| found.outcome == Outcome::Stored);
    let inserted = found
        .inserted_ms
        .filter(|_| found.outcome != Outcome::Duplicate);
    let times = [
        ("client", found.client_ms),
        ("received", found.received_ms),
        ("appended", found.appended_ms),
        ("consumed", found.consumed_ms),
        ("inserted", inserted),
        ("queryable", queryable),
    ];
    let mut before: Option<i64> = None;
    let mut stages = Vec::new();
    for (stage, at_ms) in times {
        let Some(at_ms) = at_ms else { continue };
        let at = instant(DateTime::from_timestamp_millis(at_ms).unwrap_or_default());
        stages.push(
            json!({"stage": stage, "at": at, "ms": before.map_or(0, |before| at_ms - before)}),
        );
        before = Some(at_ms);
    }
    stages
}
