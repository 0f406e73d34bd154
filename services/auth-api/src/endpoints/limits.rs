//! `GET /api/projects/{id}/limits`: how much a project may send.

use axum::Json;
use event_schema::limits;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ErrorBody;
use crate::extract::{InProject, ProjectRead};

/// The limits of a project. `null`: none.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsResponse {
    /// The project.
    pub project_id: Uuid,
    /// Events a month.
    pub events_per_month_max: Option<u64>,
    /// Events a second of a key that has no limit of its own.
    pub events_per_second_per_key_max: u32,
    /// Events in one batch.
    pub batch_events_max: usize,
    /// One event, in bytes.
    pub event_bytes_max: usize,
    /// One request on the wire, in bytes.
    pub body_bytes_max: usize,
    /// One request after decompression, in bytes.
    pub decompressed_bytes_max: usize,
    /// Depth of JSON in an event.
    pub nesting_max: usize,
    /// Days that events are kept.
    pub retention_days: Option<u32>,
}

/// How much the project may send, by the defaults of capture; an operator may
/// have set others there.
#[utoipa::path(get, path = "/api/projects/{id}/limits", tag = "projects", security(("token" = [])),
    params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = LimitsResponse),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
    ))]
pub async fn get_limits(inside: InProject<ProjectRead>) -> Json<LimitsResponse> {
    Json(LimitsResponse {
        project_id: inside.project.id.0,
        events_per_month_max: None,
        events_per_second_per_key_max: limits::KEY_EVENTS_PER_SECOND,
        batch_events_max: limits::BATCH_EVENTS_MAX,
        event_bytes_max: limits::EVENT_BYTES_MAX,
        body_bytes_max: limits::BODY_BYTES_MAX,
        decompressed_bytes_max: limits::DECOMPRESSED_BYTES_MAX,
        nesting_max: limits::NESTING_MAX,
        retention_days: None,
    })
}
