//! Saved insights in PostgreSQL. Every statement names the project.

use crate::store::{StoreError, millis};
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// How many a list holds at most.
const LIST_MAX: i64 = 10_000;

/// A question under a name.
#[derive(Debug, Clone, Serialize)]
pub struct Insight {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The question, as a dashboard's widget: `type`, `params` and whatever
    /// else the client keeps with it.
    pub widget: Box<RawValue>,
    /// When it was saved first.
    #[serde(serialize_with = "millis")]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[serde(serialize_with = "millis")]
    pub updated_at: DateTime<Utc>,
}

/// Saved insights in PostgreSQL.
#[derive(Debug, Clone)]
pub struct InsightStore {
    pool: PgPool,
}

impl InsightStore {
    /// Insights in the schema that `pool` is connected to.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The project's insights, the last changed first.
    pub async fn list(&self, project: ProjectId) -> Result<Vec<Insight>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, widget, created_at, updated_at FROM saved_insights \
             WHERE project_id = $1 ORDER BY updated_at DESC, id DESC LIMIT $2",
        )
        .bind(project.0)
        .bind(LIST_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(insight_of).collect()
    }

    /// Saves a question.
    pub async fn add(
        &self,
        project: ProjectId,
        name: &str,
        widget: &str,
        now: DateTime<Utc>,
    ) -> Result<Insight, StoreError> {
        let row = sqlx::query(
            "INSERT INTO saved_insights (id, project_id, name, widget, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) \
             RETURNING id, name, widget, created_at, updated_at",
        )
        .bind(Uuid::now_v7())
        .bind(project.0)
        .bind(name)
        .bind(widget)
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        insight_of(&row)
    }

    /// Changes what is given of the project's insight.
    pub async fn change(
        &self,
        project: ProjectId,
        id: Uuid,
        name: Option<&str>,
        widget: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Insight>, StoreError> {
        let row = sqlx::query(
            "UPDATE saved_insights SET name = coalesce($3, name), widget = coalesce($4, widget), \
             updated_at = $5 WHERE id = $1 AND project_id = $2 \
             RETURNING id, name, widget, created_at, updated_at",
        )
        .bind(id)
        .bind(project.0)
        .bind(name)
        .bind(widget)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(insight_of).transpose()
    }

    /// Removes the project's insight. Returns whether it was there.
    pub async fn remove(&self, project: ProjectId, id: Uuid) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM saved_insights WHERE id = $1 AND project_id = $2")
            .bind(id)
            .bind(project.0)
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected() == 1)
    }
}

fn insight_of(row: &PgRow) -> Result<Insight, StoreError> {
    let widget: String = row.try_get("widget")?;
    let widget = RawValue::from_string(widget)
        .map_err(|error| StoreError::Refused(sqlx::Error::Decode(Box::new(error))))?;
    Ok(Insight {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        widget,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
