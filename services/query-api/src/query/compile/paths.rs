//! Paths: each person's events as one row, in any order.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
use super::order::VISIT;
use super::read::Read;
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Breakdown, Paths};
use warehouse::read::Statement;

/// Rows: one a person: the events' times, uuids as numbers, hashes of session
/// ids (none where they do not matter), nodes as keys; each list in the same
/// order.
pub(crate) fn paths(query: &Paths) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let node = Breakdown {
        properties: vec![query.node.0.clone()],
        limit: 1,
    };
    let node = key_sql(Some(&node), &mut bindings);
    let names = query
        .events
        .as_ref()
        .map(|names| format!("event IN {}", bindings.texts(names.clone())));
    let read = Read::new((span.from_ms, span.to_ms), &mut bindings)
        .and(names)
        .filtered(&query.frame.filters, &mut bindings);
    let visits = match query.gap_ms {
        Some(_) => format!("groupArray({VISIT})"),
        None => "emptyArrayUInt64()".to_owned(),
    };
    let text = format!(
        "SELECT groupArray({EVENT_MS}) AS times, groupArray(toUInt128(uuid)) AS uuids, {visits} AS visits, \
         groupArray({node}) AS nodes {} GROUP BY person_id",
        read.sql()
    );
    statement(text, bindings)
}
