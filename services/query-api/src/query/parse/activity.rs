//! Reading stickiness and lifecycle queries.

use super::{breakdown, frame, selector};
use crate::engine::Context;
use crate::query::fields::Fields;
use crate::query::model::Activity;

/// Reads the parameters of either.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Activity> {
    let frame = frame(fields, context);
    let bucketing = frame::interval(fields);
    let breakdown = breakdown::breakdown(fields, context);
    let event = fields.text_or_null("event");
    let frame = frame?;
    let buckets = frame::buckets(fields, bucketing, frame.span, context.limits.buckets)?;
    let selector = selector::named(event?);
    Some(Activity {
        frame,
        selector,
        buckets,
        breakdown,
    })
}
