//! Reading retention queries.

use super::{breakdown, frame, selector};
use crate::engine::Context;
use crate::query::fields::Fields;
use crate::query::model::{Frame, Retention, Selector};
use crate::query::time::{Buckets, Interval, Span};
use chrono_tz::Tz;

/// The cohorts of a query that does not say how many.
const DEFAULT_INTERVALS: usize = 8;
const TYPES: &[(&str, bool)] = &[("recurring", false), ("first_time", true)];

/// Reads the parameters of a retention query.
pub(super) fn parse(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Retention> {
    let zone = frame::zone(fields);
    let in_zone = zone.unwrap_or(Tz::UTC);
    let filters = frame::filters(fields, in_zone, context);
    let period = fields
        .choice("period", Interval::NAMES)
        .unwrap_or(Interval::Week);
    let week_start = frame::week_start(fields);
    let most = context.limits.intervals;
    let intervals = fields.count("intervals", (1, most), DEFAULT_INTERVALS);
    let columns = fields.count("columns", (1, most), intervals);
    let first_time = fields.choice("retention_type", TYPES).unwrap_or(false);
    let breakdown = breakdown::breakdown(fields, context);
    let target = part(fields, "target", in_zone, context);
    if target.is_none() && fields.get("target").is_none() && fields.is_object() {
        fields.missing("target");
    }
    let returning = match fields.get("returning") {
        None => target.clone(),
        Some(_) => part(fields, "returning", in_zone, context),
    };
    let from = frame::moment(fields, "date_from", in_zone, context);
    // Accepted as a common parameter; the periods decide where it ends.
    let to = frame::moment(fields, "date_to", in_zone, context);
    let (zone, Ok(from), Ok(_)) = (zone?, from, to) else {
        return None;
    };
    let from_ms = from.map_or_else(
        || {
            let now = context.now.timestamp_millis();
            let back = intervals - 1;
            Buckets::periods_before(period, week_start, zone, now, back).unwrap_or(now)
        },
        |from| from.start_ms(zone),
    );
    let periods = Buckets::periods(period, week_start, zone, from_ms, intervals)?;
    let first = periods.starts().first().copied()?;
    let span = Span {
        from_ms: first,
        to_ms: periods.end(),
        zone,
    };
    let frame = Frame { span, filters };
    let columns = columns.min(intervals);
    Some(Retention {
        frame,
        periods,
        columns,
        first_time,
        target: target?,
        returning: returning?,
        breakdown,
    })
}

fn part(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    zone: Tz,
    context: &Context,
) -> Option<Selector> {
    let path = fields.path_of(name);
    let value = fields.get(name)?;
    selector::selector(value, &path, zone, context, fields.faults())
}
