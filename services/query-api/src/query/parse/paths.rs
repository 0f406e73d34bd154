//! Reading paths.

use super::frame;
use crate::engine::Context;
use crate::query::fields::Fields;
use crate::query::model::{PathNode, Paths};
use crate::query::property::Property;

const DEFAULT_STEPS: usize = 5;
const DEFAULT_LIMIT: usize = 100;

/// Reads the parameters of a path query.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Paths> {
    let limits = &context.limits;
    let frame = frame(fields, context);
    let by_session = fields
        .choice("by", &[("session", true), ("person", false)])
        .unwrap_or(true);
    let gap_ms = i64::try_from(limits.session_gap.as_millis()).unwrap_or(i64::MAX);
    let events = fields.texts("events");
    let node = fields.text("node").unwrap_or("event");
    let start = fields.text("start").map(str::to_owned);
    let end = fields.text("end").map(str::to_owned);
    let max_steps = fields.count("max_steps", (1, limits.max_steps), DEFAULT_STEPS);
    let limit = fields.count("limit", (1, limits.page), DEFAULT_LIMIT);
    Some(Paths {
        frame: frame?,
        gap_ms: by_session.then_some(gap_ms),
        events,
        node: PathNode(Property::named(node)),
        start,
        end,
        max_steps,
        limit,
    })
}
