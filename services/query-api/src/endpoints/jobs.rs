//! `/api/query/async`: making, listing, reading and stopping jobs.

use super::AppState;
use super::input::{Body, QueryString};
use super::query::Asked;
use crate::engine::instant;
use crate::jobs::{Job, JobStatus, NewJob};
use crate::present::{Finished, Members};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::Duration;
use http::StatusCode;
use identity::access::Read;
use identity::{Access, Caller};
use serde_json::{Value, json};
use service_kit::http::ApiError;
use uuid::Uuid;

/// Jobs on a list.
const LIST_MAX: usize = 1_000;
const LIST: usize = 100;
/// Seconds after which a project with too many unfinished jobs may ask again.
const BUSY_SECONDS: u64 = 10;

/// Any query, as a job.
pub(super) async fn create(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(query): QueryString,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&state, &caller, query, body).await?;
    make(&state, &asked).await
}

/// Makes a job of what was asked.
pub(super) async fn make(state: &AppState, asked: &Asked) -> Result<Response, ApiError> {
    let worker = &state.config.worker;
    let now = state.clock.now();
    let job = NewJob {
        id: Uuid::now_v7(),
        project: asked.project,
        kind: asked.request.kind.clone(),
        params: asked.params.to_string(),
        created_at: now,
        expires_at: now + Duration::from_std(worker.kept).unwrap_or(Duration::days(1)),
    };
    if !state.jobs.add(&job, worker.unfinished_max).await? {
        let detail = format!("the project has {} unfinished jobs", worker.unfinished_max);
        return Err(ApiError::too_many("busy", detail, BUSY_SECONDS));
    }
    state.wake.notify_one();
    let body = json!({"job_id": job.id, "status": JobStatus::Pending});
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// The project's jobs, newest first.
pub(super) async fn list(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<Vec<Value>>, ApiError> {
    input.take("project_id");
    let status = input.text("status").filter(|status| !status.is_empty());
    let limit = input.count("limit", 1, LIST_MAX, LIST);
    let found = status.as_deref().and_then(JobStatus::of);
    if status.is_some() && found.is_none() {
        input.fault(
            "status",
            "invalid",
            "status must be pending, running, completed or failed",
        );
    }
    input.end()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let project = access.project.project_id();
    let jobs = state
        .jobs
        .list(project, found, state.clock.now(), limit)
        .await?;
    Ok(Json(jobs.iter().map(listed).collect()))
}

fn listed(job: &Job) -> Value {
    let params: Value = serde_json::from_str(&job.params).unwrap_or_default();
    json!({
        "job_id": job.id,
        "type": job.kind,
        "params": params,
        "status": job.status,
        "progress": job.progress,
        "error": job.error,
        "created_at": instant(job.created_at),
        "started_at": job.started_at.map(instant),
        "finished_at": job.finished_at.map(instant),
        "expires_at": instant(job.expires_at),
    })
}

/// A job and, when it has ended, its result.
pub(super) async fn read(
    access: Access<Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = parse_id(&id)?;
    let job = state
        .jobs
        .find(access.project.project_id(), id, state.clock.now())
        .await?;
    answer(&job.ok_or_else(not_found)?)
}

/// Stops a job, in whatever process it runs, and its statements in the engine.
pub(super) async fn cancel(
    access: Access<Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let project = access.project.project_id();
    let job = state
        .jobs
        .cancel(project, parse_id(&id)?, state.clock.now())
        .await?;
    let job = job.ok_or_else(not_found)?;
    if let Some(tag) = job.tag.filter(|_| job.status == JobStatus::Failed) {
        let scope = state.engine.scope(project);
        tokio::spawn(async move {
            if let Err(error) = scope.stop(tag).await {
                tracing::warn!(%tag, %error, "a cancelled job's statements were not stopped");
            }
        });
    }
    answer(&job)
}

fn answer(job: &Job) -> Result<Response, ApiError> {
    match job.status {
        JobStatus::Pending | JobStatus::Running => {
            let body = json!({"job_id": job.id, "status": job.status, "progress": job.progress});
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        JobStatus::Failed => {
            let result = json!({"error": job.error, "code": job.error_code});
            let body = json!({"job_id": job.id, "status": job.status, "result": result});
            Ok(Json(body).into_response())
        }
        JobStatus::Completed => {
            let kept = job.result.as_deref().unwrap_or("{}");
            let body: Members =
                serde_json::from_str(kept).map_err(|error| ApiError::internal(&error))?;
            Ok(Json(Finished {
                job_id: job.id.to_string(),
                status: JobStatus::Completed.as_str(),
                body,
            })
            .into_response())
        }
    }
}

/// An id that is none names no job.
fn parse_id(text: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(text).map_err(|_| not_found())
}

fn not_found() -> ApiError {
    ApiError::not_found("Not found")
}
