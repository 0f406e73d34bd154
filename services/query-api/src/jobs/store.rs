//! Jobs in PostgreSQL. Every read for a client names the project.

use super::job::{CANCELLED, Job, JobStatus, NewJob};
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use std::time::Duration;
use uuid::Uuid;

/// Jobs in PostgreSQL.
#[derive(Debug, Clone)]
pub struct JobStore {
    pool: PgPool,
}

/// A job that the caller has begun, and the lease that lets it write.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The job.
    pub job: Job,
    /// Its lease.
    pub lease: Uuid,
    /// The name of its statements in the engine.
    pub tag: Uuid,
    /// How often it was begun, this time included.
    pub attempts: i32,
}

const COLUMNS: &str = "id, project_id, kind, params, status, progress, tag, result, error_code, \
                       error, created_at, started_at, finished_at, expires_at";

impl JobStore {
    /// Jobs in the schema that `pool` is connected to.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Keeps a new job, unless the project has `waiting_max` unfinished ones.
    /// Returns whether it was kept.
    pub async fn add(&self, job: &NewJob, waiting_max: i64) -> Result<bool, StoreError> {
        let added = sqlx::query(
            "INSERT INTO jobs (id, project_id, kind, params, created_at, expires_at) \
             SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM jobs \
             WHERE project_id = $2 AND status IN ('pending', 'running')) < $7",
        )
        .bind(job.id)
        .bind(job.project.0)
        .bind(&job.kind)
        .bind(&job.params)
        .bind(job.created_at)
        .bind(job.expires_at)
        .bind(waiting_max)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// The project's job of that id.
    pub async fn find(
        &self,
        project: ProjectId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Job>, StoreError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM jobs WHERE id = $1 AND project_id = $2 AND expires_at > $3"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(id)
            .bind(project.0)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| job_of(&row)).transpose()
    }

    /// The project's jobs, newest first; without their results.
    pub async fn list(
        &self,
        project: ProjectId,
        status: Option<JobStatus>,
        now: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let columns = COLUMNS.replace("result,", "NULL::text AS result,");
        let statement = format!(
            "SELECT {columns} FROM jobs WHERE project_id = $1 AND expires_at > $2 \
             AND ($3::text IS NULL OR status = $3) ORDER BY created_at DESC, id DESC LIMIT $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(project.0)
            .bind(now)
            .bind(status.map(JobStatus::as_str))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(job_of).collect()
    }

    /// Stops the project's job unless it has ended. Returns it as it is then,
    /// with the tag of what it was running.
    pub async fn cancel(
        &self,
        project: ProjectId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Job>, StoreError> {
        sqlx::query(
            "UPDATE jobs SET status = 'failed', error = $4, error_code = $4, lease = NULL, \
             lease_until = NULL, finished_at = $3 \
             WHERE id = $1 AND project_id = $2 AND status IN ('pending', 'running')",
        )
        .bind(id)
        .bind(project.0)
        .bind(now)
        .bind(CANCELLED)
        .execute(&self.pool)
        .await?;
        self.find(project, id, now).await
    }

    /// Begins the oldest job of the project that has the fewest running ones:
    /// a pending one, or one whose worker has let its lease run out.
    pub async fn take(
        &self,
        now: DateTime<Utc>,
        lease_for: Duration,
        project_max: i64,
    ) -> Result<Option<Taken>, StoreError> {
        let (lease, tag) = (Uuid::new_v4(), Uuid::new_v4());
        let statement = format!(
            "UPDATE jobs SET status = 'running', lease = $2, tag = $3, lease_until = $4, \
             started_at = $1, attempts = attempts + 1, progress = 0 \
             WHERE id = (SELECT j.id FROM jobs j, LATERAL (SELECT count(*) AS n FROM jobs r \
               WHERE r.project_id = j.project_id AND r.status = 'running' AND r.lease_until >= $1) running \
               WHERE (j.status = 'pending' OR (j.status = 'running' AND j.lease_until < $1)) \
               AND j.expires_at > $1 AND running.n < $5 \
               ORDER BY running.n, j.created_at LIMIT 1 FOR UPDATE OF j SKIP LOCKED) \
             RETURNING {COLUMNS}, attempts"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(now)
            .bind(lease)
            .bind(tag)
            .bind(now + lease_for)
            .bind(project_max)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(Taken {
                attempts: row.try_get("attempts")?,
                job: job_of(&row)?,
                lease,
                tag,
            })
        })
        .transpose()
    }

    /// Renews a lease and tells how far the job is. Returns whether the lease
    /// still holds.
    pub async fn renew(
        &self,
        taken: &Taken,
        until: DateTime<Utc>,
        progress: f32,
    ) -> Result<bool, StoreError> {
        let renewed = sqlx::query(
            "UPDATE jobs SET lease_until = $3, progress = greatest(progress, $4) \
             WHERE id = $1 AND lease = $2 AND status = 'running'",
        )
        .bind(taken.job.id)
        .bind(taken.lease)
        .bind(until)
        .bind(progress.clamp(0.0, 1.0))
        .execute(&self.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Writes the result of a job whose lease holds. Returns whether it did.
    pub async fn complete(
        &self,
        taken: &Taken,
        result: &str,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let written = sqlx::query(
            "UPDATE jobs SET status = 'completed', result = $3, progress = 1, lease = NULL, \
             lease_until = NULL, tag = NULL, finished_at = $4, expires_at = $5 \
             WHERE id = $1 AND lease = $2 AND status = 'running'",
        )
        .bind(taken.job.id)
        .bind(taken.lease)
        .bind(result)
        .bind(now)
        .bind(expires_at)
        .execute(&self.pool)
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// Writes what a job whose lease holds died of. Returns whether it did.
    pub async fn fail(
        &self,
        taken: &Taken,
        code: &str,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let written = sqlx::query(
            "UPDATE jobs SET status = 'failed', error_code = $3, error = $4, lease = NULL, \
             lease_until = NULL, tag = NULL, finished_at = $5 \
             WHERE id = $1 AND lease = $2 AND status = 'running'",
        )
        .bind(taken.job.id)
        .bind(taken.lease)
        .bind(code)
        .bind(error)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// Gives a job back, to be begun again at once: its worker is stopping, or
    /// a store was away.
    pub async fn release(&self, taken: &Taken) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE jobs SET status = 'pending', lease = NULL, lease_until = NULL, tag = NULL, \
             progress = 0, attempts = greatest(attempts - 1, 0) \
             WHERE id = $1 AND lease = $2 AND status = 'running'",
        )
        .bind(taken.job.id)
        .bind(taken.lease)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets what is left of projects that were deleted: their jobs,
    /// saved insights, and dashboards with all links. Returns how many
    /// dashboards.
    pub async fn forget_deleted_projects(&self) -> Result<u64, StoreError> {
        let gone = sqlx::query(
            "WITH jobless AS (DELETE FROM jobs \
             WHERE project_id IN (SELECT id FROM accounts.deleted_projects)), \
             savedless AS (DELETE FROM saved_insights \
             WHERE project_id IN (SELECT id FROM accounts.deleted_projects)) \
             DELETE FROM dashboards \
             WHERE project_id IN (SELECT id FROM accounts.deleted_projects)",
        )
        .execute(&self.pool)
        .await?;
        Ok(gone.rows_affected())
    }

    /// Forgets expired jobs. Returns how many.
    pub async fn forget_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let gone = sqlx::query("DELETE FROM jobs WHERE expires_at <= $1")
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(gone.rows_affected())
    }
}

fn job_of(row: &PgRow) -> Result<Job, StoreError> {
    let status: String = row.try_get("status")?;
    Ok(Job {
        id: row.try_get("id")?,
        project: ProjectId(row.try_get("project_id")?),
        kind: row.try_get("kind")?,
        params: row.try_get("params")?,
        status: JobStatus::of(&status).unwrap_or(JobStatus::Failed),
        progress: row.try_get("progress")?,
        tag: row.try_get("tag")?,
        result: row.try_get("result")?,
        error_code: row.try_get("error_code")?,
        error: row.try_get("error")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
