//! Running path queries.

use super::rows::each_person;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile;
use crate::query::fold::paths::{PathEvent, PathTally};
use crate::query::model::Paths;
use serde_json::{Value, json};

/// Counts what follows what.
pub(super) async fn run(query: &Paths, source: &dyn Source) -> Result<Value, RunError> {
    let mut tally = PathTally::default();
    let person = |event: &PathEvent| event.0;
    each_person(source, compile::path_rows(query), person, |events| {
        tally.add(query, events);
    })
    .await?;
    let edges: Vec<Value> = tally
        .finish(query.limit)
        .into_iter()
        .map(|((step, from, to), count)| json!({"step": step, "from": from, "to": to, "count": count}))
        .collect();
    Ok(json!({ "edges": edges }))
}
