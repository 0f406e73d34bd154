//! Running stickiness and lifecycle queries.

use super::breakdown::Tops;
use super::rows::{keys, typed};
use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile;
use crate::query::model::Activity;
use crate::query::shape::{LifecycleRow, StickinessRow, lifecycle, stickiness};
use serde_json::Value;
use warehouse::read::Statement;

/// Counts persons by the number of intervals on which they were active.
pub(super) async fn run_stickiness(
    query: &Activity,
    source: &dyn Source,
) -> Result<Value, RunError> {
    let overall = typed::<StickinessRow>(source, compile::stickiness(query, false, None));
    let ranks = tops(query, source, compile::stickiness_ranks(query));
    let (overall, tops) = futures::try_join!(overall, ranks)?;
    let split = match &tops {
        None => Vec::new(),
        Some(tops) => typed(source, compile::stickiness(query, true, tops.limiting())).await?,
    };
    Ok(stickiness(
        query,
        &overall,
        tops.as_ref()
            .map(|tops| (tops.rows(), split.as_slice()))
            .as_ref()
            .map(|(keys, rows)| (keys.as_slice(), *rows)),
    ))
}

/// Tells the active persons of each bucket by what they did before.
pub(super) async fn run_lifecycle(
    query: &Activity,
    source: &dyn Source,
) -> Result<Value, RunError> {
    let overall = typed::<LifecycleRow>(source, compile::lifecycle(query, false, None));
    let ranks = tops(query, source, compile::lifecycle_ranks(query));
    let (overall, tops) = futures::try_join!(overall, ranks)?;
    let split = match &tops {
        None => Vec::new(),
        Some(tops) => typed(source, compile::lifecycle(query, true, tops.limiting())).await?,
    };
    Ok(lifecycle(
        query,
        &overall,
        tops.as_ref()
            .map(|tops| (tops.rows(), split.as_slice()))
            .as_ref()
            .map(|(keys, rows)| (keys.as_slice(), *rows)),
    ))
}

async fn tops(
    query: &Activity,
    source: &dyn Source,
    ranks: Option<Statement>,
) -> Result<Option<Tops>, RunError> {
    let (Some(breakdown), Some(ranks)) = (&query.breakdown, ranks) else {
        return Ok(None);
    };
    Ok(Some(Tops::of(keys(source, ranks).await?, breakdown.limit)))
}
