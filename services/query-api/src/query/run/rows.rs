//! Rows of the engine as values.

use crate::engine::Source;
use crate::query::RunError;
use crate::query::compile::Key;
use serde::de::DeserializeOwned;
use warehouse::read::{ReadError, Statement};

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

/// Runs a statement and hands out its rows, which are `T`, one by one.
pub(super) async fn each<T: DeserializeOwned>(
    source: &dyn Source,
    statement: Statement,
    mut with: impl FnMut(T) + Send,
) -> Result<(), RunError> {
    let mut on_line = |line: &[u8]| match serde_json::from_slice(line) {
        Ok(row) => {
            with(row);
            Ok(())
        }
        Err(error) => Err(ReadError::Malformed(error.to_string())),
    };
    source.lines(statement, &mut on_line).await?;
    Ok(())
}

/// Runs a statement whose rows are events, each person's after one another,
/// and hands out the events of one person at a time.
pub(super) async fn each_person<T: DeserializeOwned + Send>(
    source: &dyn Source,
    statement: Statement,
    person: fn(&T) -> u64,
    mut with: impl FnMut(&[T]) + Send,
) -> Result<(), RunError> {
    let mut events: Vec<T> = Vec::new();
    each(source, statement, |event: T| {
        if events
            .last()
            .is_some_and(|last| person(last) != person(&event))
        {
            with(&events);
            events.clear();
        }
        events.push(event);
    })
    .await?;
    if !events.is_empty() {
        with(&events);
    }
    Ok(())
}

/// The keys of a statement that ranks them, the first one first.
pub(super) async fn keys(source: &dyn Source, statement: Statement) -> Result<Vec<Key>, RunError> {
    let rows: Vec<(Key, Option<f64>)> = typed(source, statement).await?;
    Ok(rows.into_iter().map(|(key, _)| key).collect())
}
