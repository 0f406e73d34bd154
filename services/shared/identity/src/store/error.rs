//! What a store can fail with.

use sqlx::error::DatabaseError;

/// A statement that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer; trying again later makes sense.
    #[error("the accounts database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused the statement, or its answer was not understood.
    #[error("the accounts database failed")]
    Failed(#[source] sqlx::Error),
    /// The migrations could not be applied.
    #[error("migration of the accounts failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// Whether trying again later makes sense.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// The name of the constraint that refused the statement.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Failed(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error;
        let is_unavailable = match &error {
            Error::Io(_)
            | Error::Tls(_)
            | Error::PoolTimedOut
            | Error::PoolClosed
            | Error::WorkerCrashed
            | Error::Protocol(_) => true,
            Error::Database(error) => error.code().is_some_and(|code| is_outage(&code)),
            _ => false,
        };
        if is_unavailable {
            Self::Unavailable(error)
        } else {
            Self::Failed(error)
        }
    }
}

/// SQLSTATE classes that say "not now": connection failures, resources
/// exhausted, shutdown and start-up, statement cancelled.
fn is_outage(code: &str) -> bool {
    ["08", "53", "57", "58"]
        .iter()
        .any(|class| code.starts_with(class))
}

/// `Ok(None)` when `constraint` refused the statement, for the one violation
/// that a caller expects.
///
/// # Errors
/// Every other error.
pub fn on_constraint<T>(
    outcome: Result<T, sqlx::Error>,
    constraint: &str,
) -> Result<Option<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if error
                .as_database_error()
                .and_then(DatabaseError::constraint)
                == Some(constraint) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
