//! Retention: for each person, the periods of target and of return as bits.

use super::bucket::{EVENT_MS, index_sql};
use super::keys::{Key, key_sql, key_within};
use super::read::{BEGINNING_MS, Read, any_selector, selector_condition};
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Breakdown, Retention};
use warehouse::read::Statement;

/// The per-person rows: key, cohorts, periods of return, both as bits.
fn persons(
    query: &Retention,
    breakdown: Option<&Breakdown>,
    tops: Option<&[Key]>,
    bindings: &mut Bindings,
) -> String {
    let span = query.frame.span;
    let key = match tops {
        None => key_sql(breakdown, bindings),
        tops => key_within(breakdown, tops, bindings),
    };
    let period = index_sql(EVENT_MS, query.periods.starts(), bindings);
    // Events from before the periods are read too; their bit is not used.
    let bit = format!("bitShiftLeft(toUInt64(1), greatest({period}, 0))");
    let target = selector_condition(&query.target, bindings);
    let returning = selector_condition(&query.returning, bindings);
    let from = bindings.integer(span.from_ms);
    let (read_from, cohorts) = if query.first_time {
        let first = index_sql("first", query.periods.starts(), bindings);
        let cohorts = format!(
            "minIf({EVENT_MS}, {target}) AS first, countIf({target}) AS targets, \
             if(targets > 0 AND first >= {from}, bitShiftLeft(toUInt64(1), greatest({first}, 0)), 0)"
        );
        (BEGINNING_MS, cohorts)
    } else {
        (span.from_ms, format!("groupBitOrIf({bit}, {target})"))
    };
    let either = any_selector([&query.target, &query.returning], bindings);
    let read = Read::new((read_from, span.to_ms), bindings)
        .and(either)
        .filtered(&query.frame.filters, bindings);
    format!(
        "SELECT {key} AS key, person_id, {cohorts} AS cohorts, \
         groupBitOrIf({bit}, {returning} AND {EVENT_MS} >= {from}) AS returns {} \
         GROUP BY key, person_id HAVING cohorts != 0",
        read.sql()
    )
}

/// Rows: key, cohorts, periods of return, persons.
pub(crate) fn retention(query: &Retention, split: bool, tops: Option<&[Key]>) -> Statement {
    let mut bindings = Bindings::new();
    let breakdown = query.breakdown.as_ref().filter(|_| split);
    let persons = persons(query, breakdown, tops, &mut bindings);
    let text = format!(
        "SELECT key, cohorts, returns, count() AS persons FROM ({persons}) GROUP BY key, cohorts, returns"
    );
    statement(text, bindings)
}

/// The values of the breakdown with the persons in any cohort, most first.
/// Rows: key, persons.
pub(crate) fn retention_ranks(query: &Retention) -> Option<Statement> {
    let breakdown = query.breakdown.as_ref()?;
    let mut bindings = Bindings::new();
    let persons = persons(query, Some(breakdown), None, &mut bindings);
    let text = format!(
        "SELECT key, count() AS value FROM ({persons}) GROUP BY key ORDER BY value DESC, key LIMIT {}",
        breakdown.limit + 1
    );
    Some(statement(text, bindings))
}
