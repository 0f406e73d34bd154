//! Running path queries.

use super::rows::each;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::binary::Bytes;
use crate::query::compile;
use crate::query::fold::paths::{PathEvent, PathTally};
use crate::query::fold::visits::in_order;
use crate::query::model::Paths;
use serde_json::{Value, json};

/// Counts what follows what.
pub(super) async fn run(query: &Paths, source: &dyn Source) -> Result<Value, RunError> {
    let mut tally = PathTally::of(query);
    each(source, compile::path_rows(query), |row| {
        let times = row.list(Bytes::integer)?;
        let uuids = row.list(Bytes::wide)?;
        let visits = row.list(Bytes::unsigned)?;
        let nodes = row.list(Bytes::text)?;
        let order = in_order(times.iter().copied().zip(uuids));
        let event = |place: usize| {
            Some(PathEvent {
                at: *times.get(place)?,
                visit: visits.get(place).copied().unwrap_or(0),
                node: nodes.get(place)?,
            })
        };
        let events: Vec<PathEvent<'_>> = order.into_iter().filter_map(event).collect();
        tally.add(&events);
        Some(())
    })
    .await?;
    let edges: Vec<Value> = tally
        .finish()
        .into_iter()
        .map(|((step, from, to), count)| json!({"step": step, "from": from, "to": to, "count": count}))
        .collect();
    Ok(json!({ "edges": edges }))
}
