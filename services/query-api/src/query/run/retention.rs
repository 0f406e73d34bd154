//! Running retention queries.

use super::breakdown::Tops;
use super::rows::{each, keys};
use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile::{self, Key};
use crate::query::model::Retention;
use crate::query::shape::{CohortTable, retention};
use serde_json::Value;
use std::collections::HashMap;
use warehouse::read::Statement;

/// Counts who came back.
pub(super) async fn run(query: &Retention, source: &dyn Source) -> Result<Value, RunError> {
    let overall = tables(query, source, compile::retention(query, false, None));
    let ranks = async {
        let (Some(breakdown), Some(ranks)) = (&query.breakdown, compile::retention_ranks(query))
        else {
            return Ok(None);
        };
        Ok::<_, RunError>(Some(Tops::of(keys(source, ranks).await?, breakdown.limit)))
    };
    let (mut overall, tops) = futures::try_join!(overall, ranks)?;
    let split = match &tops {
        None => HashMap::new(),
        Some(tops) => {
            tables(
                query,
                source,
                compile::retention(query, true, tops.limiting()),
            )
            .await?
        }
    };
    let overall = overall.remove("").unwrap_or_else(|| CohortTable::of(query));
    Ok(retention(
        query,
        &overall,
        tops.as_ref()
            .map(|tops| (tops.rows(), &split))
            .as_ref()
            .map(|(keys, rows)| (keys.as_slice(), *rows)),
    ))
}

async fn tables(
    query: &Retention,
    source: &dyn Source,
    statement: Statement,
) -> Result<HashMap<Key, CohortTable>, RunError> {
    let mut tables: HashMap<Key, CohortTable> = HashMap::new();
    each(source, statement, |row| {
        let (key, cohorts) = (row.text()?, row.unsigned()?);
        let (returns, persons) = (row.unsigned()?, row.unsigned()?);
        let table = tables
            .entry(key.into_owned())
            .or_insert_with(|| CohortTable::of(query));
        table.add(cohorts, returns, persons);
        Some(())
    })
    .await?;
    Ok(tables)
}
