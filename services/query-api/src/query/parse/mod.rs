//! From the JSON of a request to the model: all faults at once.

mod activity;
mod breakdown;
mod frame;
mod funnel;
mod paths;
mod retention;
mod selector;
mod sessions;
mod trends;

use super::Fault;
use super::fields::Fields;
use super::model::{Activity, Funnel, Paths, Retention, Sessions, Trends};
use crate::engine::Context;
use serde_json::Value;

pub use frame::frame;

/// The path under which a request's parameters stand.
const PARAMS: &str = "params";

/// A query of one of the types.
#[derive(Debug, Clone)]
pub(crate) enum Parsed {
    /// Numbers over time.
    Trends(Trends),
    /// How far persons come.
    Funnels(Funnel),
    /// Which persons come how far.
    FunnelPersons(Funnel),
    /// Who comes back.
    Retention(Retention),
    /// On how many intervals.
    Stickiness(Activity),
    /// New, returning, resurrecting, dormant.
    Lifecycle(Activity),
    /// What follows what.
    Paths(Paths),
    /// Visits.
    Sessions(Sessions),
}

/// Reads the parameters of a query of type `kind`.
pub(crate) fn parse(kind: &str, params: &Value, context: &Context) -> Result<Parsed, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fields = Fields::new(params, PARAMS, &mut faults);
    let parsed = match kind {
        "trends" => trends::parse(&mut fields, context).map(Parsed::Trends),
        "funnels" => funnel::parse(&mut fields, context).map(Parsed::Funnels),
        "funnel_persons" => funnel::parse_persons(&mut fields, context).map(Parsed::FunnelPersons),
        "retention" => retention::parse(&mut fields, context).map(Parsed::Retention),
        "stickiness" => activity::parse(&mut fields, context).map(Parsed::Stickiness),
        "lifecycle" => activity::parse(&mut fields, context).map(Parsed::Lifecycle),
        "paths" => paths::parse(&mut fields, context).map(Parsed::Paths),
        "sessions" => sessions::parse(&mut fields, context).map(Parsed::Sessions),
        _ => return Err(vec![unknown_kind(kind)]),
    };
    fields.finish();
    match parsed {
        Some(parsed) if faults.is_empty() => Ok(parsed),
        _ => {
            if faults.is_empty() {
                faults.push(Fault::new(PARAMS, "invalid", "the request cannot be read"));
            }
            Err(faults)
        }
    }
}

fn unknown_kind(kind: &str) -> Fault {
    let known = super::KINDS.join(", ");
    Fault::new(
        "type",
        "unknown_type",
        format!("there is no type {kind}; these are answered: {known}"),
    )
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
