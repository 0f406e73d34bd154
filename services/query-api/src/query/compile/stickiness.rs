//! Stickiness: persons by the number of intervals on which they were active.

use super::bucket::{EVENT_MS, index_sql};
use super::keys::{Key, key_sql, key_within};
use super::read::Read;
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::Activity;
use warehouse::read::Statement;

/// Intervals that fit into one number, a bit each.
const NUMBER_BITS: usize = 64;

fn read(query: &Activity, bindings: &mut Bindings) -> Read {
    let span = query.frame.span;
    Read::new((span.from_ms, span.to_ms), bindings)
        .selected(&query.selector, bindings)
        .filtered(&query.frame.filters, bindings)
}

/// Rows: key, number of intervals, persons active on exactly so many.
pub(crate) fn stickiness(query: &Activity, split: bool, tops: Option<&[Key]>) -> Statement {
    let mut bindings = Bindings::new();
    let key = key_within(
        query.breakdown.as_ref().filter(|_| split),
        tops,
        &mut bindings,
    );
    let bucket = index_sql(EVENT_MS, query.buckets.starts(), &mut bindings);
    // Bits of one number are counted several times faster than a set.
    let intervals = if query.buckets.len() <= NUMBER_BITS {
        format!("toUInt64(bitCount(groupBitOr(bitShiftLeft(toUInt64(1), {bucket}))))")
    } else {
        format!("uniqExact({bucket})")
    };
    let read = read(query, &mut bindings);
    let text = format!(
        "SELECT key, intervals, count() AS persons FROM (\
         SELECT {key} AS key, person_id, {intervals} AS intervals {} \
         GROUP BY key, person_id) GROUP BY key, intervals",
        read.sql()
    );
    statement(text, bindings)
}

/// The values of the breakdown with their persons, most first. Rows: key, persons.
pub(crate) fn stickiness_ranks(query: &Activity) -> Option<Statement> {
    let breakdown = query.breakdown.as_ref()?;
    let mut bindings = Bindings::new();
    let key = key_sql(Some(breakdown), &mut bindings);
    let read = read(query, &mut bindings);
    let text = format!(
        "SELECT {key} AS key, uniqExact(person_id) AS value {} GROUP BY key \
         ORDER BY value DESC, key LIMIT {}",
        read.sql(),
        breakdown.limit + 1
    );
    Some(statement(text, bindings))
}
