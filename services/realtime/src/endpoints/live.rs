//! Who is there now, asked once.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};
use service_kit::http::ApiError;

use super::{Admitted, await_events};
use crate::app::Services;

/// `GET /api/live`: the counts of the last minutes.
pub(super) async fn live(
    State(services): State<Services>,
    admitted: Admitted,
) -> Result<Response, ApiError> {
    await_events(&services).await?;
    let counts = services.hub.live(admitted.grant.project());
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, counts).into_response())
}

/// `GET /api/live-users`: how many sessions are open.
pub(super) async fn live_users(
    State(services): State<Services>,
    admitted: Admitted,
) -> Result<Json<Value>, ApiError> {
    await_events(&services).await?;
    let project = admitted.grant.project();
    let open = match services.sessions.count(project).await {
        Some(open) => open,
        None => services.hub.open_sessions(project) as u64,
    };
    Ok(Json(json!({"liveUsers": open})))
}
