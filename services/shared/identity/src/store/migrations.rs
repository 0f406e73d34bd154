//! The schema `accounts`, brought up to date.

use super::{Store, StoreError};

/// Repeatable: what the roles of the other services may do.
const GRANTS: &str = include_str!("../../../../../schemas/postgres/accounts/grants.sql");

impl Store {
    /// Creates the schema when it is missing, applies the migrations that are
    /// not recorded yet, and grants the other services their rights. Several
    /// processes may do this at once; one works, the others wait.
    ///
    /// # Errors
    /// The migration that failed, or an unavailable database.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        // Creating needs a right that the owner of an existing schema lacks,
        // so it is only attempted when there is something to create.
        let is_there: bool = sqlx::query_scalar("SELECT to_regnamespace('accounts') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
        if !is_there {
            sqlx::query("CREATE SCHEMA IF NOT EXISTS accounts")
                .execute(&mut *connection)
                .await?;
        }
        sqlx::query("SET statement_timeout = 0")
            .execute(&mut *connection)
            .await?;
        sqlx::migrate!("../../../schemas/postgres/accounts")
            .run(&mut *connection)
            .await?;
        sqlx::raw_sql(GRANTS).execute(&mut *connection).await?;
        connection.close().await?;
        Ok(())
    }
}
