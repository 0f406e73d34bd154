//! Lifecycle: the active persons of each bucket by what they did before.

use super::bucket::{EVENT_MS, index_sql};
use super::keys::{Key, key_sql, key_within};
use super::read::{BEGINNING_MS, Read};
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::Activity;
use warehouse::read::Statement;

/// Rows: key, class (0 new, 1 returning, 2 resurrecting, 3 dormant), bucket,
/// persons.
///
/// For each person: the first event ever, and the buckets of activity, counted
/// from the one right before the range, which is bucket 0. Of the range's
/// first bucket only what lies in the range makes a person active; a first
/// event ever in its part before the range still makes that person new there.
pub(crate) fn lifecycle(query: &Activity, split: bool, tops: Option<&[Key]>) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let starts = query.buckets.starts();
    let before = query.buckets.start_before_first();
    let mut with_before = vec![before];
    with_before.extend(starts);
    let key = key_within(
        query.breakdown.as_ref().filter(|_| split),
        tops,
        &mut bindings,
    );
    let bucket = index_sql(EVENT_MS, &with_before, &mut bindings);
    let before = bindings.integer(before);
    let first_start = bindings.integer(starts.first().copied().unwrap_or(span.from_ms));
    let from = bindings.integer(span.from_ms);
    let last = bindings.integer(i64::try_from(starts.len()).unwrap_or(i64::MAX));
    let read = Read::new((BEGINNING_MS, span.to_ms), &mut bindings)
        .selected(&query.selector, &mut bindings)
        .filtered(&query.frame.filters, &mut bindings);
    let text = format!(
        "SELECT key, part.1 AS class, part.2 AS bucket, count() AS persons FROM (\
         SELECT key, arrayJoin(arrayConcat(\
         arrayMap(at -> (multiIf(first >= {first_start} AND at = arrayMin(active) AND (at = 1 OR first >= {from}), 0, \
         has(active, at - 1), 1, 2), at), arrayFilter(at -> at > 0, active)), \
         arrayMap(at -> (3, at + 1), arrayFilter(at -> at < {last} AND NOT has(active, at + 1), active))\
         )) AS part FROM (\
         SELECT {key} AS key, person_id, min({EVENT_MS}) AS first, \
         groupUniqArrayIf({bucket}, {EVENT_MS} >= {from} OR ({EVENT_MS} >= {before} AND {EVENT_MS} < {first_start})) AS active \
         {} GROUP BY key, person_id)) GROUP BY key, class, bucket",
        read.sql()
    );
    statement(text, bindings)
}

/// The values of the breakdown with their persons in the range, most first;
/// those too that were active only in the bucket before it. Rows: key, persons.
pub(crate) fn lifecycle_ranks(query: &Activity) -> Option<Statement> {
    let breakdown = query.breakdown.as_ref()?;
    let mut bindings = Bindings::new();
    let key = key_sql(Some(breakdown), &mut bindings);
    let span = query.frame.span;
    let before = query.buckets.start_before_first();
    let from = bindings.instant(span.from_ms);
    let first_start = query.buckets.starts().first().copied();
    let first_start = bindings.instant(first_start.unwrap_or(span.from_ms));
    let read = Read::new((before, span.to_ms), &mut bindings)
        .selected(&query.selector, &mut bindings)
        .filtered(&query.frame.filters, &mut bindings)
        .and(Some(format!(
            "(timestamp < {first_start} OR timestamp >= {from})"
        )));
    let text = format!(
        "SELECT {key} AS key, uniqExactIf(person_id, timestamp >= {from}) AS value {} GROUP BY key \
         ORDER BY value DESC, key LIMIT {}",
        read.sql(),
        breakdown.limit + 1
    );
    Some(statement(text, bindings))
}
