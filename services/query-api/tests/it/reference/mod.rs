//! A plain, slow interpreter of the semantics over a list of events.
//!
//! It reads the JSON of a request by itself and shares nothing with the query
//! engine: it works by trying every possibility, not by being clever, so that
//! one can see that it is right.

mod activity;
mod event;
mod filter;
mod funnel;
mod funnel_chain;
mod local;
mod paths;
mod pattern;
mod retention;
mod rows;
mod sessions;
mod trends;

pub(crate) use event::Event;
use serde_json::Value;

/// The answer to a query over all events of a project.
pub(crate) fn answer(kind: &str, params: &Value, events: &[Event]) -> Value {
    match kind {
        "trends" => trends::answer(params, events),
        "funnels" => funnel::answer(params, events),
        "funnel_persons" => funnel::persons_answer(params, events),
        "retention" => retention::answer(params, events),
        "stickiness" => activity::stickiness(params, events),
        "lifecycle" => activity::lifecycle(params, events),
        "paths" => paths::answer(params, events),
        "sessions" => sessions::answer(params, events),
        other => panic!("the reference does not know {other}"),
    }
}
