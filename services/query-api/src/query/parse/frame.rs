//! What all queries share: range, zone, filters, buckets.

use crate::engine::Context;
use crate::query::fields::Fields;
use crate::query::filter::{self, FilterRules, Filters};
use crate::query::model::Frame;
use crate::query::time::{
    Buckets, Interval, Moment, Span, WeekStart, day_start, local_date, parse_moment,
};
use chrono::Days;
use chrono_tz::Tz;

/// The default range: this many days before the day of `date_to`.
const DEFAULT_DAYS_BACK: u64 = 29;

/// Reads `date_from`, `date_to`, `timezone` and `filters` with their defaults.
pub fn frame(fields: &mut Fields<'_, '_>, context: &Context) -> Option<Frame> {
    let zone = zone(fields)?;
    let filters = filters(fields, zone, context);
    let from = moment(fields, "date_from", zone, context);
    let to = moment(fields, "date_to", zone, context);
    let (Ok(from), Ok(to)) = (from, to) else {
        return None;
    };
    let to_ms = to.map_or(context.now.timestamp_millis() + 1, |to| to.end_ms(zone));
    let from_ms = from.map_or_else(
        || {
            let last = local_date(zone, to_ms - 1);
            let first = last
                .checked_sub_days(Days::new(DEFAULT_DAYS_BACK))
                .unwrap_or(last);
            day_start(zone, first)
        },
        |from| from.start_ms(zone),
    );
    if from_ms >= to_ms {
        fields.fault(
            "date_from",
            "reversed_range",
            "date_from lies after date_to",
        );
        return None;
    }
    Some(Frame {
        span: Span {
            from_ms,
            to_ms,
            zone,
        },
        filters,
    })
}

/// Reads `timezone`. A zone that does not exist is a fault.
pub(super) fn zone(fields: &mut Fields<'_, '_>) -> Option<Tz> {
    if fields.get("timezone").is_none() {
        return Some(Tz::UTC);
    }
    let name = fields.text("timezone")?;
    let zone = name.parse().ok();
    if zone.is_none() {
        fields.fault(
            "timezone",
            "unknown_timezone",
            format!("there is no time zone {name}"),
        );
    }
    zone
}

/// Reads `filters`.
pub(super) fn filters(fields: &mut Fields<'_, '_>, zone: Tz, context: &Context) -> Filters {
    let path = fields.path_of("filters");
    let value = fields.get("filters");
    let rules = FilterRules {
        zone,
        limits: &context.limits,
    };
    filter::parse(value, &path, rules, fields.faults())
}

/// Reads one end of a range: absent is `Ok(None)`.
pub(super) fn moment(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    zone: Tz,
    context: &Context,
) -> Result<Option<Moment>, ()> {
    if fields.get(name).is_none() {
        return Ok(None);
    }
    let text = fields.text(name).ok_or(())?;
    let moment = parse_moment(text, zone).or_else(|| ago(text, zone, context));
    if moment.is_none() {
        fields.fault(
            name,
            "invalid_date",
            "must be YYYY-MM-DD or RFC 3339, in the years 1900 to 2250, or days or hours ago: -29d, -24h",
        );
    }
    moment.map(Some).ok_or(())
}

/// Reads `-29d`, the local day that many days ago, or `-24h`, the instant that
/// many hours ago: what a saved question asks again every day.
fn ago(text: &str, zone: Tz, context: &Context) -> Option<Moment> {
    let text = text.strip_prefix('-')?;
    let count = |digits: &str| digits.parse::<u16>().ok();
    if let Some(days) = text.strip_suffix('d') {
        let today = local_date(zone, context.now.timestamp_millis());
        let days = Days::new(count(days)?.into());
        return today.checked_sub_days(days).map(Moment::Day);
    }
    let hours = count(text.strip_suffix('h')?)?;
    let hour_micros = 3_600_000_000;
    Some(Moment::Instant(
        context.now.timestamp_micros() - i64::from(hours) * hour_micros,
    ))
}

/// Reads `interval` and `week_start`.
pub(super) fn interval(fields: &mut Fields<'_, '_>) -> (Interval, WeekStart) {
    let interval = fields
        .choice("interval", Interval::NAMES)
        .unwrap_or(Interval::Day);
    (interval, week_start(fields))
}

/// Reads `week_start`.
pub(super) fn week_start(fields: &mut Fields<'_, '_>) -> WeekStart {
    fields
        .choice("week_start", WeekStart::NAMES)
        .unwrap_or(WeekStart::Monday)
}

/// The buckets of a range; too many are a fault of `interval`.
pub(super) fn buckets(
    fields: &mut Fields<'_, '_>,
    (interval, week_start): (Interval, WeekStart),
    span: Span,
    most: usize,
) -> Option<Buckets> {
    let range = (span.from_ms, span.to_ms);
    let buckets = Buckets::covering(interval, week_start, span.zone, range, most);
    if buckets.is_none() {
        fields.fault(
            "interval",
            "too_many_buckets",
            format!("the range has more than {most} buckets: shorten it or take a longer interval"),
        );
    }
    buckets
}
