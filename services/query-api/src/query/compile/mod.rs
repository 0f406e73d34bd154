//! From the model to statements of the engine: one file a type of query.
//!
//! Every value is a bound parameter; the text holds only what is written here
//! and in `event_schema::hot`.

mod bucket;
mod funnels;
mod keys;
mod lifecycle;
mod order;
mod paths;
mod read;
mod retention;
mod sessions;
mod stickiness;
mod trends;

pub(crate) use funnels::{FunnelEvent, funnel, is_packed, unpack};
pub(crate) use keys::{Key, OTHER, places, unset_key};
pub(crate) use lifecycle::{lifecycle, lifecycle_ranks};
pub(crate) use paths::paths as path_rows;
pub(crate) use retention::{retention, retention_ranks};
pub(crate) use sessions::{MARK_BITS as SESSION_MARK_BITS, sessions};
pub(crate) use stickiness::{stickiness, stickiness_ranks};
pub(crate) use trends::{Ranking, history_from, ranks as trend_ranks, values as trend_values};

use crate::query::bindings::Bindings;
use warehouse::read::Statement;

/// A statement of text and the values that were collected for it.
pub(crate) fn statement(text: String, bindings: Bindings) -> Statement {
    Statement::new(text).bind_all(bindings.finish())
}

/// A statement that only tests whether the engine compiles regular
/// expressions.
pub(crate) fn pattern_check<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Statement {
    let mut bindings = Bindings::new();
    let matches: Vec<String> = patterns
        .into_iter()
        .map(|pattern| {
            let pattern = bindings.text(format!("(?-s){pattern}"));
            format!("any(match(event, {pattern}))")
        })
        .collect();
    let never = bindings.instant(0);
    let text = format!(
        "SELECT {} FROM events WHERE {{{{project}}}} AND timestamp < {never} AND timestamp >= {never}",
        matches.join(", ")
    );
    statement(text, bindings)
}
