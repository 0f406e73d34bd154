//! Projects, as their members see them.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::{Store, StoreError, on_constraint, row};
use crate::role::Role;

/// A project, and what the one who asked is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRow {
    /// Id.
    pub id: ProjectId,
    /// Name for people.
    pub name: String,
    /// Name in URLs.
    pub slug: String,
    /// What other systems call it.
    pub aliases: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The role of the one who asked.
    pub role: Role,
}

#[derive(FromRow)]
struct RawProject {
    id: Uuid,
    name: String,
    slug: String,
    aliases: Vec<String>,
    created_at: DateTime<Utc>,
    role: String,
}

impl TryFrom<RawProject> for ProjectRow {
    type Error = sqlx::Error;

    fn try_from(raw: RawProject) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: ProjectId(raw.id),
            role: row::parse("role", &raw.role)?,
            name: raw.name,
            slug: raw.slug,
            aliases: raw.aliases,
            created_at: raw.created_at,
        })
    }
}

/// A project to be.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    /// Id.
    pub id: ProjectId,
    /// Name for people.
    pub name: &'a str,
    /// Name in URLs.
    pub slug: &'a str,
    /// Its first owner.
    pub owner: Uuid,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// What is to change of a project; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// New name.
    pub name: Option<String>,
    /// New slug.
    pub slug: Option<String>,
    /// The new set of aliases.
    pub aliases: Option<Vec<String>>,
}

/// What a session and a project have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The session is over, or never was.
    NoSession,
    /// Its user is not a member, or there is no such project.
    Stranger,
    /// Its user is a member.
    Member {
        /// The project.
        project: ProjectId,
        /// What the user is in it.
        role: Role,
    },
}

#[derive(FromRow)]
struct RawMembership {
    project_id: Option<Uuid>,
    role: Option<String>,
}

impl Store {
    /// Makes a project with its first owner. `false` when the slug is another
    /// project's slug or alias.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.create", skip_all)]
    pub async fn create_project(&self, project: &NewProject<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let inserted = sqlx::query(
            "INSERT INTO accounts.projects (id, name, slug, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(project.id.0)
        .bind(project.name)
        .bind(project.slug)
        .bind(project.created_at)
        .execute(&mut *transaction)
        .await;
        let is_free = on_constraint(inserted, "projects_slug_key")?.is_some()
            && are_names_free(&mut transaction, project.id, &[project.slug]).await?;
        if !is_free {
            return Ok(false);
        }
        sqlx::query("INSERT INTO accounts.members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(project.id.0)
            .bind(project.owner)
            .bind(Role::Owner.as_str())
            .bind(project.created_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The projects that `user` belongs to, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.list", skip_all)]
    pub async fn projects_of(&self, user: Uuid) -> Result<Vec<ProjectRow>, StoreError> {
        let rows: Vec<RawProject> = sqlx::query_as(
            "SELECT p.id, p.name, p.slug, p.created_at, m.role,
                    ARRAY(SELECT a.alias FROM accounts.project_aliases a WHERE a.project_id = p.id ORDER BY a.alias) AS aliases
               FROM accounts.members m JOIN accounts.projects p ON p.id = m.project_id
              WHERE m.user_id = $1
              ORDER BY p.created_at, p.id",
        )
        .bind(user)
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows
            .into_iter()
            .map(ProjectRow::try_from)
            .collect::<Result<_, _>>()?)
    }

    /// The project called `name` (an id or a slug), when `user` belongs to it.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.find", skip_all)]
    pub async fn project_of(
        &self,
        user: Uuid,
        name: &str,
    ) -> Result<Option<ProjectRow>, StoreError> {
        if !is_storable(name) {
            return Ok(None);
        }
        let row: Option<RawProject> = sqlx::query_as(
            "SELECT p.id, p.name, p.slug, p.created_at, m.role,
                    ARRAY(SELECT a.alias FROM accounts.project_aliases a WHERE a.project_id = p.id ORDER BY a.alias) AS aliases
               FROM accounts.projects p JOIN accounts.members m ON m.project_id = p.id AND m.user_id = $1
              WHERE p.id = $2 OR p.slug = $3",
        )
        .bind(user)
        .bind(Uuid::parse_str(name).ok())
        .bind(name)
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(row.map(ProjectRow::try_from).transpose()?)
    }

    /// What the user of `session` is in the project called `name` (an id, a
    /// slug or an alias). One question, for services that only read.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.members.membership", skip_all)]
    pub async fn membership(
        &self,
        session: Uuid,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Membership, StoreError> {
        if !is_storable(name) {
            return Ok(Membership::Stranger);
        }
        let row: Option<RawMembership> = sqlx::query_as(
            "SELECT m.project_id, m.role
               FROM accounts.sessions s
               LEFT JOIN accounts.members m ON m.user_id = s.user_id AND m.project_id = (
                         SELECT p.id FROM accounts.projects p WHERE p.id = $2 OR p.slug = $3
                         UNION ALL SELECT a.project_id FROM accounts.project_aliases a WHERE a.alias = $3
                         LIMIT 1)
              WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $4",
        )
        .bind(session)
        .bind(Uuid::parse_str(name).ok())
        .bind(name)
        .bind(now)
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        let Some(row) = row else {
            return Ok(Membership::NoSession);
        };
        match (row.project_id, row.role) {
            (Some(project), Some(role)) => Ok(Membership::Member {
                project: ProjectId(project),
                role: row::parse("role", &role)?,
            }),
            _ => Ok(Membership::Stranger),
        }
    }

    /// Changes a project. `false` when the slug or an alias is another
    /// project's.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.change", skip_all)]
    pub async fn change_project(
        &self,
        project: ProjectId,
        change: &ProjectChange,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let updated = sqlx::query(
            "UPDATE accounts.projects
                SET name = COALESCE($2, name), slug = COALESCE($3, slug), updated_at = $4
              WHERE id = $1",
        )
        .bind(project.0)
        .bind(&change.name)
        .bind(&change.slug)
        .bind(now)
        .execute(&mut *transaction)
        .await;
        if on_constraint(updated, "projects_slug_key")?.is_none() {
            return Ok(false);
        }
        let names: Vec<&str> = change
            .slug
            .iter()
            .chain(change.aliases.iter().flatten())
            .map(String::as_str)
            .collect();
        if !are_names_free(&mut transaction, project, &names).await? {
            return Ok(false);
        }
        if let Some(aliases) = &change.aliases {
            replace_aliases(&mut transaction, project, aliases, now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// Whether PostgreSQL can hold `text` at all: it has no NUL.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Whether no other project uses one of `names`, as slug or as alias.
async fn are_names_free(
    connection: &mut PgConnection,
    project: ProjectId,
    names: &[&str],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT FROM accounts.projects WHERE slug = ANY($2) AND id <> $1)
            AND NOT EXISTS (SELECT FROM accounts.project_aliases WHERE alias = ANY($2) AND project_id <> $1)",
    )
    .bind(project.0)
    .bind(names)
    .fetch_one(connection)
    .await
}

async fn replace_aliases(
    connection: &mut PgConnection,
    project: ProjectId,
    aliases: &[String],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM accounts.project_aliases WHERE project_id = $1 AND NOT alias = ANY($2)",
    )
    .bind(project.0)
    .bind(aliases)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO accounts.project_aliases (alias, project_id, created_at)
         SELECT DISTINCT unnest($2::text[]), $1, $3::timestamptz
         ON CONFLICT ON CONSTRAINT project_aliases_pkey DO NOTHING",
    )
    .bind(project.0)
    .bind(aliases)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
