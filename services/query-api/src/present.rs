//! Answers as they go over the wire.

use crate::engine::{Envelope, Plan, Served, instant};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The answer of `POST /api/query`: the result in its envelope.
pub fn enveloped(plan: &Plan, served: &Served) -> Option<Box<RawValue>> {
    match plan.form() {
        None => to_raw_value(&served.body()).ok(),
        Some(_) => to_raw_value(&reshaped(plan, served)?.body()).ok(),
    }
}

/// The answer of the two endpoints of old: the result alone, with its
/// freshness in it.
pub fn bare(plan: &Plan, served: &Served) -> Map<String, Value> {
    let mut shaped = match plan.form() {
        Some(form) => form.shape(served.result()),
        None => Map::new(),
    };
    let envelope = &served.envelope;
    let until = envelope.complete_until.map(instant);
    shaped.insert("complete_until".to_owned(), until.into());
    if !envelope.hints.is_empty()
        && let Ok(hints) = serde_json::to_value(&envelope.hints)
    {
        shaped.insert("hints".to_owned(), hints);
    }
    if envelope.quarantined > 0 {
        shaped.insert("quarantined".to_owned(), envelope.quarantined.into());
    }
    shaped
}

/// The result alone, as a dashboard's widget shows it.
pub fn inner(plan: &Plan, served: &Served) -> Option<Arc<RawValue>> {
    match plan.form() {
        None => Some(Arc::clone(&served.envelope.result)),
        Some(_) => Some(Arc::clone(&reshaped(plan, served)?.envelope.result)),
    }
}

/// The envelope around the result in its old shape.
fn reshaped(plan: &Plan, served: &Served) -> Option<Served> {
    let result = to_raw_value(&bare(plan, served)).ok()?;
    let envelope = Envelope {
        result: result.into(),
        ..Envelope::clone(&served.envelope)
    };
    Some(Served {
        envelope: Arc::new(envelope),
        ..served.clone()
    })
}

/// What a job keeps: the body of its answer.
pub fn job_body(plan: &Plan, envelope: Envelope) -> Option<String> {
    let served = Served {
        elapsed: Duration::from_millis(envelope.elapsed_ms),
        envelope: Arc::new(envelope),
        cached: false,
    };
    enveloped(plan, &served).map(|body| body.get().to_owned())
}

/// The members of a kept body, each as it was written.
pub type Members = BTreeMap<String, Box<RawValue>>;

/// A finished job's answer: the kept body beside its id and status.
#[derive(Debug, Serialize)]
pub struct Finished {
    /// The job.
    pub job_id: String,
    /// `completed`.
    pub status: &'static str,
    /// The kept body.
    #[serde(flatten)]
    pub body: Members,
}
