//! Paths: each person's events as one row, in time order.

use super::bucket::EVENT_MS;
use super::keys::key_sql;
use super::read::Read;
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Breakdown, Paths};
use warehouse::read::Statement;

/// Rows: the person's events, each (time, session id, node as a key).
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
        "SELECT arrayMap(e -> (e.1, e.3, e.4), arraySort(groupArray(\
         ({EVENT_MS}, toString(uuid), ifNull(session_id, ''), {node})))) AS events {} GROUP BY person_id",
        read.sql()
    );
    statement(text, bindings)
}
