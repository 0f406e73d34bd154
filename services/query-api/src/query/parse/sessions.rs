//! Reading session queries.

use super::{breakdown, frame};
use crate::engine::Context;
use crate::query::fields::Fields;
use crate::query::model::Sessions;

/// Reads the parameters of a session query.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Sessions> {
    let frame = frame(fields, context);
    let has_series = fields.get("interval").is_some();
    let bucketing = frame::interval(fields);
    let breakdown = breakdown::breakdown(fields, context);
    let gap_ms = i64::try_from(context.limits.session_gap.as_millis()).unwrap_or(i64::MAX);
    let frame = frame?;
    let buckets = if has_series {
        Some(frame::buckets(
            fields,
            bucketing,
            frame.span,
            context.limits.buckets,
        )?)
    } else {
        None
    };
    Some(Sessions {
        frame,
        gap_ms,
        buckets,
        breakdown,
    })
}
