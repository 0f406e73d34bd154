//! Sessions and their refresh tokens.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Store, StoreError, UserRow};
use crate::key::KeyHash;

/// Why a session ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its user signed out.
    Logout,
    /// A refresh token of it was used twice.
    Reuse,
    /// Its user changed the password, in another session.
    Password,
}

impl SessionEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
            Self::Password => "password",
        }
    }
}

/// What became of an attempt to exchange a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was exchanged.
    Rotated {
        /// The user.
        user: Uuid,
        /// The session.
        session: Uuid,
    },
    /// It had been exchanged before; its session is over now.
    Reused,
    /// There is no such token, or its time or its session is over.
    Refused,
}

#[derive(FromRow)]
struct TokenRow {
    session_id: Uuid,
    user_id: Uuid,
    used_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    session_expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Opens a session for `user` that ends at `expires_at` at the latest, with
    /// its first refresh token, valid until `token_expires_at`.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.sessions.open", skip_all)]
    pub async fn open_session(
        &self,
        session: Uuid,
        user: Uuid,
        token: KeyHash,
        now: DateTime<Utc>,
        [token_expires_at, expires_at]: [DateTime<Utc>; 2],
    ) -> Result<(), StoreError> {
        sqlx::query(
            "WITH opened AS (
                 INSERT INTO accounts.sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, $4, $6) RETURNING id
             )
             INSERT INTO accounts.refresh_tokens (token_hash, session_id, created_at, expires_at)
             SELECT $3, id, $4, LEAST($5, $6) FROM opened",
        )
        .bind(session)
        .bind(user)
        .bind(token.as_bytes())
        .bind(now)
        .bind(token_expires_at)
        .bind(expires_at)
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    /// Exchanges the refresh token `old` for `new`, valid until
    /// `new_expires_at`. A token that was exchanged before ends its session.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.refresh_tokens.rotate", skip_all)]
    pub async fn rotate(
        &self,
        old: KeyHash,
        new: KeyHash,
        now: DateTime<Utc>,
        new_expires_at: DateTime<Utc>,
    ) -> Result<Rotation, StoreError> {
        let mut transaction = self.begin().await?;
        // The locks make two exchanges of one token come one after the other.
        let row: Option<TokenRow> = sqlx::query_as(
            "SELECT t.session_id, s.user_id, t.used_at, t.expires_at, s.expires_at AS session_expires_at, s.revoked_at
               FROM accounts.refresh_tokens t JOIN accounts.sessions s ON s.id = t.session_id
              WHERE t.token_hash = $1
                FOR UPDATE OF s, t",
        )
        .bind(old.as_bytes())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            return Ok(Rotation::Refused);
        };
        if row.used_at.is_some() {
            revoke(&mut transaction, row.session_id, SessionEnd::Reuse, now).await?;
            transaction.commit().await?;
            return Ok(Rotation::Reused);
        }
        if row.revoked_at.is_some() || row.expires_at <= now || row.session_expires_at <= now {
            return Ok(Rotation::Refused);
        }
        sqlx::query("UPDATE accounts.refresh_tokens SET used_at = $2 WHERE token_hash = $1")
            .bind(old.as_bytes())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO accounts.refresh_tokens (token_hash, session_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(new.as_bytes())
            .bind(row.session_id)
            .bind(now)
            .bind(new_expires_at.min(row.session_expires_at))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Rotation::Rotated {
            user: row.user_id,
            session: row.session_id,
        })
    }

    /// Ends a session; one that is over already stays as it was.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.sessions.end", skip_all)]
    pub async fn end_session(
        &self,
        session: Uuid,
        why: SessionEnd,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        revoke(&mut *self.connection().await?, session, why, now).await?;
        Ok(())
    }

    /// Gives `user` another password and ends every session of theirs but
    /// `kept`. Says how many ended.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.sessions.change_password", skip_all)]
    pub async fn change_password(
        &self,
        user: Uuid,
        password_hash: &str,
        kept: Uuid,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE accounts.users SET password_hash = $2 WHERE id = $1")
            .bind(user)
            .bind(password_hash)
            .execute(&mut *transaction)
            .await?;
        let ended = sqlx::query(
            "UPDATE accounts.sessions SET revoked_at = $3, revoked_reason = $4
              WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
        )
        .bind(user)
        .bind(kept)
        .bind(now)
        .bind(SessionEnd::Password.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(ended.rows_affected())
    }

    /// The session that a refresh token belongs to.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.refresh_tokens.session", skip_all)]
    pub async fn session_of(&self, token: KeyHash) -> Result<Option<Uuid>, StoreError> {
        let session = sqlx::query_scalar(
            "SELECT session_id FROM accounts.refresh_tokens WHERE token_hash = $1",
        )
        .bind(token.as_bytes())
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(session)
    }

    /// The user whose session this is, while it lasts.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.sessions.user", skip_all)]
    pub async fn session_user(
        &self,
        session: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<UserRow>, StoreError> {
        let user = sqlx::query_as(
            "SELECT u.id, u.email, u.created_at
               FROM accounts.sessions s JOIN accounts.users u ON u.id = s.user_id
              WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2",
        )
        .bind(session)
        .bind(now)
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(user)
    }

    /// Forgets sessions and refresh tokens that ended before `before`. Says how
    /// many sessions.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.sessions.forget", skip_all)]
    pub async fn forget_sessions(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        sqlx::query("DELETE FROM accounts.refresh_tokens WHERE expires_at < $1")
            .bind(before)
            .execute(&mut *connection)
            .await?;
        let done =
            sqlx::query("DELETE FROM accounts.sessions WHERE expires_at < $1 OR revoked_at < $1")
                .bind(before)
                .execute(&mut *connection)
                .await?;
        Ok(done.rows_affected())
    }
}

async fn revoke(
    connection: &mut sqlx::PgConnection,
    session: Uuid,
    why: SessionEnd,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE accounts.sessions SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL")
        .bind(session)
        .bind(now)
        .bind(why.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
