//! Users.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Store, StoreError, on_constraint};
use crate::email::Email;

/// A user, as one may see oneself.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// Id.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

/// What signing in needs to know.
#[derive(Clone, FromRow)]
pub struct Credentials {
    /// The user.
    pub id: Uuid,
    /// PHC string.
    pub password_hash: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// Id.
    pub id: Uuid,
    /// Address.
    pub email: &'a Email,
    /// PHC string.
    pub password_hash: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// Whether there is any account.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.users.any", skip_all)]
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM accounts.users)")
                .fetch_one(&mut *connection)
                .await?,
        )
    }

    /// Makes an account, and a member of it wherever its address was invited.
    /// `false` when the address has an account already.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.users.create", skip_all)]
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let inserted = sqlx::query("INSERT INTO accounts.users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(user.id)
            .bind(user.email.as_str())
            .bind(user.password_hash)
            .bind(user.created_at)
            .execute(&mut *transaction)
            .await;
        if on_constraint(inserted, "users_email_key")?.is_none() {
            return Ok(false);
        }
        sqlx::query(
            "WITH accepted AS (DELETE FROM accounts.invitations WHERE email = $2 RETURNING project_id, role)
             INSERT INTO accounts.members (project_id, user_id, role, created_at)
             SELECT project_id, $1, role, $3 FROM accepted",
        )
        .bind(user.id)
        .bind(user.email.as_str())
        .bind(user.created_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// What to check a password against.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.users.credentials", skip_all)]
    pub async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        let row = sqlx::query_as("SELECT id, password_hash FROM accounts.users WHERE email = $1")
            .bind(email.as_str())
            .fetch_optional(&mut *self.connection().await?)
            .await?;
        Ok(row)
    }

    /// Replaces the stored hash of a user's password.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.users.set_password_hash", skip_all)]
    pub async fn set_password_hash(
        &self,
        user: Uuid,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts.users SET password_hash = $2 WHERE id = $1")
            .bind(user)
            .bind(password_hash)
            .execute(&mut *self.connection().await?)
            .await?;
        Ok(())
    }
}
