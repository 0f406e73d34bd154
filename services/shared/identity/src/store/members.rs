//! Who belongs to a project: members, and addresses that have no account yet.
//!
//! Callers cannot tell the two apart, so nobody learns from here whether an
//! address has an account.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use sqlx::{FromRow, PgConnection};

use super::{Store, StoreError, row};
use crate::email::Email;
use crate::role::Role;

/// Somebody who belongs to a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Address.
    pub email: String,
    /// Role.
    pub role: Role,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct RawMember {
    email: String,
    role: String,
    added_at: DateTime<Utc>,
}

impl TryFrom<RawMember> for MemberRow {
    type Error = sqlx::Error;

    fn try_from(raw: RawMember) -> Result<Self, sqlx::Error> {
        Ok(Self {
            role: row::parse("role", &raw.role)?,
            email: raw.email,
            added_at: raw.added_at,
        })
    }
}

/// What became of a change of a project's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// Done; the member as it is (or, when removed, was).
    Done(MemberRow),
    /// The address belongs to the project already, in this role.
    Exists(Role),
    /// The address does not belong to the project.
    NotFound,
    /// The member's role is above what the one who asks may touch.
    AboveOneself,
    /// The project would be left without an owner.
    LastOwner,
}

impl Store {
    /// Everybody who belongs to a project, in the order in which they came.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.members.list", skip_all)]
    pub async fn members_of(&self, project: ProjectId) -> Result<Vec<MemberRow>, StoreError> {
        let rows: Vec<RawMember> = sqlx::query_as(
            "SELECT u.email, m.role, m.created_at AS added_at
               FROM accounts.members m JOIN accounts.users u ON u.id = m.user_id WHERE m.project_id = $1
             UNION ALL
             SELECT email, role, created_at FROM accounts.invitations WHERE project_id = $1
             ORDER BY added_at, email",
        )
        .bind(project.0)
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows
            .into_iter()
            .map(MemberRow::try_from)
            .collect::<Result<_, _>>()?)
    }

    /// Brings `email` into a project.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.members.add", skip_all)]
    pub async fn add_member(
        &self,
        project: ProjectId,
        email: &Email,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<MemberChange, StoreError> {
        let mut transaction = self.begin().await?;
        lock(&mut transaction, project).await?;
        if let Some(there) = find(&mut transaction, project, email).await? {
            return Ok(MemberChange::Exists(there.role));
        }
        sqlx::query(
            "WITH account AS (SELECT id FROM accounts.users WHERE email = $2),
                  joined AS (
                      INSERT INTO accounts.members (project_id, user_id, role, created_at)
                      SELECT $1, id, $3, $4 FROM account
                  )
             INSERT INTO accounts.invitations (project_id, email, role, created_at)
             SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM account)",
        )
        .bind(project.0)
        .bind(email.as_str())
        .bind(role.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(MemberRow {
            email: email.to_string(),
            role,
            added_at: now,
        }))
    }

    /// Gives a member another role; `by` is the role of the one who asks.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.members.change", skip_all)]
    pub async fn change_member(
        &self,
        project: ProjectId,
        email: &Email,
        role: Role,
        by: Role,
    ) -> Result<MemberChange, StoreError> {
        let mut transaction = self.begin().await?;
        lock(&mut transaction, project).await?;
        let Some(there) = find(&mut transaction, project, email).await? else {
            return Ok(MemberChange::NotFound);
        };
        if !by.may_assign(there.role) || !by.may_assign(role) {
            return Ok(MemberChange::AboveOneself);
        }
        if role != Role::Owner && is_last_owner(&mut transaction, project, email).await? {
            return Ok(MemberChange::LastOwner);
        }
        sqlx::query(
            "WITH changed AS (
                 UPDATE accounts.members m SET role = $3 FROM accounts.users u
                  WHERE m.project_id = $1 AND m.user_id = u.id AND u.email = $2
             )
             UPDATE accounts.invitations SET role = $3 WHERE project_id = $1 AND email = $2",
        )
        .bind(project.0)
        .bind(email.as_str())
        .bind(role.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(MemberRow { role, ..there }))
    }

    /// Removes a member; `by` is the role of the one who asks, `None` when
    /// members remove themselves.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.members.remove", skip_all)]
    pub async fn remove_member(
        &self,
        project: ProjectId,
        email: &Email,
        by: Option<Role>,
    ) -> Result<MemberChange, StoreError> {
        let mut transaction = self.begin().await?;
        lock(&mut transaction, project).await?;
        let Some(there) = find(&mut transaction, project, email).await? else {
            return Ok(MemberChange::NotFound);
        };
        if by.is_some_and(|by| !by.may_assign(there.role)) {
            return Ok(MemberChange::AboveOneself);
        }
        if is_last_owner(&mut transaction, project, email).await? {
            return Ok(MemberChange::LastOwner);
        }
        sqlx::query(
            "WITH removed AS (
                 DELETE FROM accounts.members m USING accounts.users u
                  WHERE m.project_id = $1 AND m.user_id = u.id AND u.email = $2
             )
             DELETE FROM accounts.invitations WHERE project_id = $1 AND email = $2",
        )
        .bind(project.0)
        .bind(email.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(there))
    }
}

/// One change of a project's members at a time: two owners who demote each
/// other at once must not leave none.
async fn lock(connection: &mut PgConnection, project: ProjectId) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT FROM accounts.projects WHERE id = $1 FOR UPDATE")
        .bind(project.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn find(
    connection: &mut PgConnection,
    project: ProjectId,
    email: &Email,
) -> Result<Option<MemberRow>, sqlx::Error> {
    let row: Option<RawMember> = sqlx::query_as(
        "SELECT u.email, m.role, m.created_at AS added_at
           FROM accounts.members m JOIN accounts.users u ON u.id = m.user_id
          WHERE m.project_id = $1 AND u.email = $2
         UNION ALL
         SELECT email, role, created_at FROM accounts.invitations WHERE project_id = $1 AND email = $2",
    )
    .bind(project.0)
    .bind(email.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(MemberRow::try_from).transpose()
}

/// Whether `email` is the project's only owner with an account.
async fn is_last_owner(
    connection: &mut PgConnection,
    project: ProjectId,
    email: &Email,
) -> Result<bool, sqlx::Error> {
    let owners: Vec<String> = sqlx::query_scalar(
        "SELECT u.email FROM accounts.members m JOIN accounts.users u ON u.id = m.user_id
          WHERE m.project_id = $1 AND m.role = 'owner'",
    )
    .bind(project.0)
    .fetch_all(connection)
    .await?;
    Ok(owners.len() == 1 && owners[0] == email.as_str())
}
