//! Dashboards in PostgreSQL. Every read but that of a shared link names the
//! project.

use super::Dashboard;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// Dashboards in PostgreSQL.
#[derive(Debug, Clone)]
pub struct DashboardStore {
    pool: PgPool,
}

impl DashboardStore {
    /// Dashboards in the schema that `pool` is connected to.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The project's dashboards, oldest first.
    pub async fn list(&self, project: ProjectId) -> Result<Vec<Dashboard>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, project_id, name, layout, created_at, updated_at FROM dashboards \
             WHERE project_id = $1 ORDER BY created_at, id LIMIT 10000",
        )
        .bind(project.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(dashboard_of).collect()
    }

    /// The project's dashboard of that id.
    pub async fn find(
        &self,
        project: ProjectId,
        id: Uuid,
    ) -> Result<Option<Dashboard>, StoreError> {
        let row = sqlx::query(
            "SELECT id, project_id, name, layout, created_at, updated_at FROM dashboards \
             WHERE id = $1 AND project_id = $2",
        )
        .bind(id)
        .bind(project.0)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(dashboard_of).transpose()
    }

    /// Makes a dashboard.
    pub async fn add(
        &self,
        project: ProjectId,
        name: &str,
        layout: &str,
        now: DateTime<Utc>,
    ) -> Result<Dashboard, StoreError> {
        let row = sqlx::query(
            "INSERT INTO dashboards (id, project_id, name, layout, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) \
             RETURNING id, project_id, name, layout, created_at, updated_at",
        )
        .bind(Uuid::now_v7())
        .bind(project.0)
        .bind(name)
        .bind(layout)
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        dashboard_of(&row)
    }

    /// Changes what is given of the project's dashboard.
    pub async fn change(
        &self,
        project: ProjectId,
        id: Uuid,
        name: Option<&str>,
        layout: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Dashboard>, StoreError> {
        let row = sqlx::query(
            "UPDATE dashboards SET name = coalesce($3, name), layout = coalesce($4, layout), \
             updated_at = $5 WHERE id = $1 AND project_id = $2 \
             RETURNING id, project_id, name, layout, created_at, updated_at",
        )
        .bind(id)
        .bind(project.0)
        .bind(name)
        .bind(layout)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(dashboard_of).transpose()
    }

    /// Removes the project's dashboard and its links. Returns whether it was there.
    pub async fn remove(&self, project: ProjectId, id: Uuid) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM dashboards WHERE id = $1 AND project_id = $2")
            .bind(id)
            .bind(project.0)
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected() == 1)
    }

    /// Makes a link with `token` to the project's dashboard. Returns whether
    /// there is such a dashboard.
    pub async fn share(
        &self,
        project: ProjectId,
        id: Uuid,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let shared = sqlx::query(
            "INSERT INTO dashboard_shares (token_hash, dashboard_id, created_at) \
             SELECT $3, id, $4 FROM dashboards WHERE id = $1 AND project_id = $2",
        )
        .bind(id)
        .bind(project.0)
        .bind(hash(token))
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(shared.rows_affected() == 1)
    }

    /// Revokes every link to the project's dashboard. Returns how many.
    pub async fn unshare(&self, project: ProjectId, id: Uuid) -> Result<u64, StoreError> {
        let revoked = sqlx::query(
            "DELETE FROM dashboard_shares s USING dashboards d \
             WHERE s.dashboard_id = d.id AND d.id = $1 AND d.project_id = $2",
        )
        .bind(id)
        .bind(project.0)
        .execute(&self.pool)
        .await?;
        Ok(revoked.rows_affected())
    }

    /// The dashboard that a link leads to, with its project.
    pub async fn shared(&self, token: &str) -> Result<Option<Dashboard>, StoreError> {
        let row = sqlx::query(
            "SELECT d.id, d.project_id, d.name, d.layout, d.created_at, d.updated_at \
             FROM dashboard_shares s JOIN dashboards d ON d.id = s.dashboard_id \
             WHERE s.token_hash = $1",
        )
        .bind(hash(token))
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(dashboard_of).transpose()
    }
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn dashboard_of(row: &PgRow) -> Result<Dashboard, StoreError> {
    let layout: String = row.try_get("layout")?;
    let layout = RawValue::from_string(layout)
        .map_err(|error| StoreError::Refused(sqlx::Error::Decode(Box::new(error))))?;
    Ok(Dashboard {
        id: row.try_get("id")?,
        project: ProjectId(row.try_get("project_id")?),
        name: row.try_get("name")?,
        layout,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
