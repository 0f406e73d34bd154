//! API keys, as those who manage them see them.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Store, StoreError, on_constraint};
use crate::key::{AllowedDomain, KeyHash, Scopes};

/// A key, less the key itself.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeyRow {
    /// Id.
    pub id: Uuid,
    /// The project it speaks for.
    pub project_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its first characters.
    pub key_prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Where it may be used; empty: anywhere.
    pub allowed_domains: Vec<String>,
    /// Its own limit in events a second.
    pub events_per_second_max: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key to be.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// Id.
    pub id: Uuid,
    /// The project it will speak for.
    pub project: ProjectId,
    /// Its name.
    pub name: &'a str,
    /// Hash of the key.
    pub hash: KeyHash,
    /// First characters of the key.
    pub prefix: &'a str,
    /// What it may do.
    pub scopes: Scopes,
    /// Where it may be used.
    pub allowed_domains: &'a [AllowedDomain],
    /// Its own limit in events a second.
    pub events_per_second_max: Option<u32>,
    /// Who made it.
    pub created_by: Option<Uuid>,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a key. `false` when the same key exists, or was a key of a project
    /// that was deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.api_keys.create", skip_all)]
    pub async fn create_key(&self, key: &NewKey<'_>) -> Result<bool, StoreError> {
        let domains: Vec<&str> = key
            .allowed_domains
            .iter()
            .map(AllowedDomain::as_str)
            .collect();
        let inserted = sqlx::query(
            "INSERT INTO accounts.api_keys (id, project_id, name, key_hash, key_prefix, scopes, allowed_domains,
                                            events_per_second_max, created_by, created_at, expires_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
              WHERE NOT EXISTS (SELECT FROM accounts.retired_keys WHERE key_hash = $4)",
        )
        .bind(key.id)
        .bind(key.project.0)
        .bind(key.name)
        .bind(key.hash.as_bytes())
        .bind(key.prefix)
        .bind(key.scopes.names())
        .bind(domains)
        .bind(key.events_per_second_max.map(i64::from))
        .bind(key.created_by)
        .bind(key.created_at)
        .bind(key.expires_at)
        .execute(&mut *self.connection().await?)
        .await;
        let stored = on_constraint(inserted, "api_keys_hash_key")?;
        Ok(stored.is_some_and(|done| done.rows_affected() > 0))
    }

    /// The keys of a project that were not revoked, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.api_keys.list", skip_all)]
    pub async fn keys_of(&self, project: ProjectId) -> Result<Vec<KeyRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, project_id, name, key_prefix, scopes, allowed_domains, events_per_second_max,
                    created_at, expires_at, last_used_at
               FROM accounts.api_keys
              WHERE project_id = $1 AND revoked_at IS NULL
              ORDER BY created_at, id",
        )
        .bind(project.0)
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows)
    }

    /// The key with this hash, when it was not revoked and has not expired.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.api_keys.find", skip_all)]
    pub async fn valid_key(
        &self,
        hash: KeyHash,
        now: DateTime<Utc>,
    ) -> Result<Option<KeyRow>, StoreError> {
        let row = sqlx::query_as(
            "SELECT id, project_id, name, key_prefix, scopes, allowed_domains, events_per_second_max,
                    created_at, expires_at, last_used_at
               FROM accounts.api_keys
              WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(hash.as_bytes())
        .bind(now)
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(row)
    }

    /// Revokes a key of a project. `false` when there is no such key (any
    /// more).
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.api_keys.revoke", skip_all)]
    pub async fn revoke_key(
        &self,
        project: ProjectId,
        key: Uuid,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE accounts.api_keys SET revoked_at = $3 WHERE id = $2 AND project_id = $1 AND revoked_at IS NULL",
        )
        .bind(project.0)
        .bind(key)
        .bind(now)
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}
