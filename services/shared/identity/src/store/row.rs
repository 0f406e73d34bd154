//! Reading what rows hold into our types.

use std::str::FromStr;

/// The text of a column as a `T`. The database's constraints allow nothing
/// else, so a failure means that they and the code have parted.
pub(super) fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(error),
    })
}
