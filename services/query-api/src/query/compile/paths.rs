//! Paths: the events in order, each person's after one another.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
use super::order::BY_PERSON_IN_ORDER;
use super::read::Read;
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Breakdown, Paths};
use warehouse::read::Statement;

/// Rows: person, time, session id, node as a key.
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
    let text = format!(
        "SELECT person_id, {EVENT_MS} AS at, ifNull(session_id, '') AS session, {node} AS node {} \
         ORDER BY {BY_PERSON_IN_ORDER}",
        read.sql()
    );
    statement(text, bindings)
}
