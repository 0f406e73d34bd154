//! The end of projects and of accounts.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use uuid::Uuid;

use super::{Store, StoreError};

/// What became of the wish to delete an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountDeletion {
    /// It is gone, with its sessions and memberships.
    Done,
    /// It is the only owner of these projects (slugs), so it stays.
    OnlyOwnerOf(Vec<String>),
}

impl Store {
    /// Deletes a project with its members, invitations and keys. Its id goes on
    /// the list of deleted projects; its keys never become anybody's again.
    /// `false` when there is no such project (any more).
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.delete", skip_all)]
    pub async fn delete_project(
        &self,
        project: ProjectId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        // Keys that are being made wait for this, and then find no project.
        let locked = sqlx::query("SELECT FROM accounts.projects WHERE id = $1 FOR UPDATE")
            .bind(project.0)
            .execute(&mut *transaction)
            .await?;
        if locked.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO accounts.retired_keys (key_hash)
             SELECT key_hash FROM accounts.api_keys WHERE project_id = $1",
        )
        .bind(project.0)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO accounts.deleted_projects (id, deleted_at) VALUES ($1, $2)")
            .bind(project.0)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM accounts.projects WHERE id = $1")
            .bind(project.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Deletes an account with its sessions and memberships, unless a project
    /// would be left without an owner. Keys it made stay: they are the
    /// project's.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.users.delete", skip_all)]
    pub async fn delete_user(&self, user: Uuid) -> Result<AccountDeletion, StoreError> {
        let mut transaction = self.begin().await?;
        // As every change of members does: two owners who leave at once must
        // not leave none. In one order, so that nobody waits in a circle.
        sqlx::query(
            "SELECT FROM accounts.projects
              WHERE id IN (SELECT project_id FROM accounts.members WHERE user_id = $1)
              ORDER BY id FOR UPDATE",
        )
        .bind(user)
        .execute(&mut *transaction)
        .await?;
        let left_alone: Vec<String> = sqlx::query_scalar(
            "SELECT p.slug
               FROM accounts.members m JOIN accounts.projects p ON p.id = m.project_id
              WHERE m.user_id = $1 AND m.role = 'owner'
                AND NOT EXISTS (SELECT FROM accounts.members o
                                 WHERE o.project_id = p.id AND o.role = 'owner' AND o.user_id <> $1)
              ORDER BY p.slug",
        )
        .bind(user)
        .fetch_all(&mut *transaction)
        .await?;
        if !left_alone.is_empty() {
            return Ok(AccountDeletion::OnlyOwnerOf(left_alone));
        }
        sqlx::query("DELETE FROM accounts.users WHERE id = $1")
            .bind(user)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(AccountDeletion::Done)
    }
}
