//! Rows of the engine as values.

use crate::engine::Source;
use crate::query::RunError;
use crate::query::binary::{Bytes, Rows};
use crate::query::compile::Key;
use serde::de::DeserializeOwned;
use warehouse::read::Statement;

/// Runs a statement whose rows are `T`.
pub(super) async fn typed<T: DeserializeOwned>(
    source: &dyn Source,
    statement: Statement,
) -> Result<Vec<T>, RunError> {
    let rows = source.rows(statement).await?;
    let values = rows
        .into_iter()
        .map(|row| serde_json::from_value(row.into()));
    values
        .collect::<Result<_, _>>()
        .map_err(|error| RunError::Shape(error.to_string()))
}

/// Runs a statement and hands out its rows as they arrive. `row` reads one
/// row, all of it before it does anything else; `None` where its end has not
/// arrived.
pub(super) async fn each(
    source: &dyn Source,
    statement: Statement,
    mut row: impl FnMut(&mut Bytes<'_>) -> Option<()> + Send,
) -> Result<(), RunError> {
    let mut rows = Rows::default();
    let mut on_piece = |piece: &[u8]| {
        rows.push(piece, &mut row);
        Ok(())
    };
    source.stream(statement, &mut on_piece).await?;
    if rows.finish(&mut row) {
        Ok(())
    } else {
        Err(RunError::Shape("the answer ends within a row".to_owned()))
    }
}

/// The keys of a statement that ranks them, the first one first.
pub(super) async fn keys(source: &dyn Source, statement: Statement) -> Result<Vec<Key>, RunError> {
    let rows: Vec<(Key, Option<f64>)> = typed(source, statement).await?;
    Ok(rows.into_iter().map(|(key, _)| key).collect())
}
