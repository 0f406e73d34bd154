//! Trends: one statement a series, and one before it that ranks the values of
//! a breakdown.

use super::bucket::{EVENT_MS, index_sql};
use super::keys::{Key, key_sql, key_within};
use super::order::EVENT_ORDER;
use super::read::{BEGINNING_MS, Read};
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Breakdown, Frame, Math, Numeric, Series};
use crate::query::property::Property;
use crate::query::time::{Buckets, Span};
use warehouse::read::Statement;

/// The values of one series. Rows: key, bucket, value; with `buckets` absent
/// the value of the range in bucket 0. Buckets without a row are empty.
pub(crate) fn values(
    series: &Series,
    frame: &Frame,
    breakdown: Option<&Breakdown>,
    tops: Option<&[Key]>,
    (buckets, cumulative): (Option<&Buckets>, bool),
) -> Statement {
    let mut bindings = Bindings::new();
    let key = key_within(breakdown, tops, &mut bindings);
    let text = match (&series.math, buckets) {
        (Math::Rolling { days }, Some(buckets)) => {
            rolling(series, frame, &key, (*days, buckets), &mut bindings)
        }
        (Math::Rolling { days }, None) => {
            let from_ms = frame.span.last_days_from(*days);
            let span = Span {
                from_ms,
                ..frame.span
            };
            grouped(
                series,
                &Frame {
                    span,
                    filters: frame.filters.clone(),
                },
                &key,
                None,
                &mut bindings,
            )
        }
        (Math::FirstTime, buckets) => first_time(series, frame, &key, buckets, &mut bindings),
        (Math::Unique, Some(buckets)) if cumulative => {
            first_in_range(series, frame, &key, buckets, &mut bindings)
        }
        (_, buckets) => grouped(series, frame, &key, buckets, &mut bindings),
    };
    statement(text, bindings)
}

/// In which order the values of a breakdown are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ranking {
    /// The greatest first, one more than have a row of their own.
    ByMath,
    /// By the values themselves: those that another series does not have,
    /// enough of them to fill its rows.
    ByKey,
}

/// The values of a breakdown with the math over the range. Rows: key, value.
pub(crate) fn ranks(
    series: &Series,
    frame: &Frame,
    breakdown: &Breakdown,
    (buckets, ranking): (Option<&Buckets>, Ranking),
) -> Statement {
    let mut bindings = Bindings::new();
    let key = key_sql(Some(breakdown), &mut bindings);
    let order = match ranking {
        Ranking::ByMath => format!("value DESC, key LIMIT {}", breakdown.limit + 1),
        Ranking::ByKey => format!("key LIMIT {}", 2 * (breakdown.limit + 1)),
    };
    let inner = match &series.math {
        Math::FirstTime => {
            let rows = first_time(series, frame, &key, None, &mut bindings);
            format!("SELECT key, value FROM ({rows})")
        }
        Math::Rolling { days } => {
            let window = bindings.instant(frame.span.last_days_from(*days));
            let from_ms = buckets.map_or_else(
                || frame.span.last_days_from(*days),
                |buckets| history_from(frame, *days, buckets),
            );
            let read = read(series, frame, from_ms, &mut bindings);
            format!(
                "SELECT {key} AS key, uniqExactIf(person_id, timestamp >= {window}) AS value {} GROUP BY key",
                read.sql()
            )
        }
        math => {
            let value = aggregate(math, &mut bindings);
            let read = read(series, frame, frame.span.from_ms, &mut bindings);
            format!(
                "SELECT {key} AS key, {value} AS value {} GROUP BY key",
                read.sql()
            )
        }
    };
    statement(format!("{inner} ORDER BY {order}"), bindings)
}

/// From where the events of a rolling window are read.
pub(crate) fn history_from(frame: &Frame, days: u64, buckets: &Buckets) -> i64 {
    let total = frame.span.last_days_from(days);
    buckets
        .windows(days)
        .first()
        .map_or(total, |first| *first.min(&total))
}

fn read(series: &Series, frame: &Frame, from_ms: i64, bindings: &mut Bindings) -> Read {
    Read::new((from_ms, frame.span.to_ms), bindings)
        .selected(&series.selector, bindings)
        .filtered(&frame.filters, bindings)
}

/// What is computed of a group of events.
fn aggregate(math: &Math, bindings: &mut Bindings) -> String {
    match math {
        Math::Total => "count()".to_owned(),
        Math::Unique | Math::Rolling { .. } | Math::FirstTime => "uniqExact(person_id)".to_owned(),
        Math::Numeric(measure, property) => numeric(*measure, property, bindings),
    }
}

fn numeric(measure: Numeric, property: &Property, bindings: &mut Bindings) -> String {
    let number = property.number(bindings);
    match measure {
        Numeric::Sum => format!("ifNull(sumKahan({number}), 0)"),
        Numeric::Average => format!("ifNull(sumKahan({number}) / count({number}), 0)"),
        Numeric::Minimum => format!("ifNull(min({number}), 0)"),
        Numeric::Maximum => format!("ifNull(max({number}), 0)"),
        Numeric::Quantile(level) => format!("ifNull(quantileExactInclusive({level})({number}), 0)"),
    }
}

fn bucket_sql(at: &str, buckets: Option<&Buckets>, bindings: &mut Bindings) -> String {
    buckets.map_or_else(
        || "toInt64(0)".to_owned(),
        |buckets| index_sql(at, buckets.starts(), bindings),
    )
}

fn grouped(
    series: &Series,
    frame: &Frame,
    key: &str,
    buckets: Option<&Buckets>,
    bindings: &mut Bindings,
) -> String {
    let bucket = bucket_sql(EVENT_MS, buckets, bindings);
    let value = aggregate(&series.math, bindings);
    let read = read(series, frame, frame.span.from_ms, bindings);
    format!(
        "SELECT {key} AS key, {bucket} AS bucket, {value} AS value {} GROUP BY key, bucket",
        read.sql()
    )
}

/// Persons by the bucket of their first event in the range: their running sum
/// is the distinct persons so far.
fn first_in_range(
    series: &Series,
    frame: &Frame,
    key: &str,
    buckets: &Buckets,
    bindings: &mut Bindings,
) -> String {
    let bucket = index_sql("first", buckets.starts(), bindings);
    let read = read(series, frame, frame.span.from_ms, bindings);
    format!(
        "SELECT key, {bucket} AS bucket, count() AS value FROM (\
         SELECT {key} AS key, person_id, min({EVENT_MS}) AS first {} GROUP BY key, person_id) \
         GROUP BY key, bucket",
        read.sql()
    )
}

/// Persons by the bucket of their first event ever, with that event's key.
fn first_time(
    series: &Series,
    frame: &Frame,
    key: &str,
    buckets: Option<&Buckets>,
    bindings: &mut Bindings,
) -> String {
    let bucket = bucket_sql("first", buckets, bindings);
    let from = bindings.integer(frame.span.from_ms);
    let read = read(series, frame, BEGINNING_MS, bindings);
    let first_key = if key == "''" {
        key.to_owned()
    } else {
        format!("argMin({key}, {EVENT_ORDER})")
    };
    format!(
        "SELECT key, {bucket} AS bucket, count() AS value FROM (\
         SELECT person_id, {first_key} AS key, min({EVENT_MS}) AS first {} \
         GROUP BY person_id HAVING first >= {from}) GROUP BY key, bucket",
        read.sql()
    )
}

/// Distinct persons in windows that end with the buckets.
///
/// Between two neighbouring ends of windows all events of a person count for
/// the same buckets `low..=high`. So a person's events are reduced to those
/// cells; each covers its buckets up to where the next one takes over, and the
/// answer holds, for each bucket, by how many persons it is more than the one
/// before: its running sum is the number of persons.
fn rolling(
    series: &Series,
    frame: &Frame,
    key: &str,
    (days, buckets): (u64, &Buckets),
    bindings: &mut Bindings,
) -> String {
    let cells = RollingCells::new(&buckets.windows(days), buckets);
    let cell = index_sql(EVENT_MS, &cells.starts, bindings);
    let lows = bindings.integers(cells.lows);
    let highs = bindings.integers(cells.highs);
    let from_ms = cells.starts.first().copied().unwrap_or(frame.span.from_ms);
    let read = read(series, frame, from_ms, bindings);
    format!(
        "SELECT key, change.1 AS bucket, sum(change.2) AS value FROM (\
         SELECT key, arrayJoin(arrayConcat(\
         arrayMap(low -> (low, toInt64(1)), lows), \
         arrayMap((high, next) -> (least(high + 1, next), toInt64(-1)), highs, \
         arrayPushBack(arrayPopFront(lows), toInt64(2147483647))))) AS change FROM (\
         SELECT key, arrayMap(cell -> {lows}[cell + 1], cells) AS lows, \
         arrayMap(cell -> {highs}[cell + 1], cells) AS highs FROM (\
         SELECT {key} AS key, person_id, arraySort(groupUniqArray({cell})) AS cells {} \
         GROUP BY key, person_id))) GROUP BY key, bucket",
        read.sql()
    )
}

/// Stretches of time whose events count for the same rolling windows.
struct RollingCells {
    starts: Vec<i64>,
    lows: Vec<i64>,
    highs: Vec<i64>,
}

impl RollingCells {
    fn new(windows: &[i64], buckets: &Buckets) -> Self {
        let ends: Vec<i64> = (0..buckets.len())
            .map(|index| buckets.end_of(index))
            .collect();
        let first = windows.first().copied().unwrap_or(0);
        let mut starts: Vec<i64> = windows
            .iter()
            .chain(&ends)
            .copied()
            .filter(|start| *start >= first)
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let count = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
        let lows = starts
            .iter()
            .map(|at| count(ends.partition_point(|end| end <= at)))
            .collect();
        let highs = starts
            .iter()
            .map(|at| count(windows.partition_point(|window| window <= at)) - 1)
            .collect();
        Self {
            starts,
            lows,
            highs,
        }
    }
}
