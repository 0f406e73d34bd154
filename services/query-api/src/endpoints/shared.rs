//! Links under which anybody may read a dashboard.

use super::AppState;
use super::dashboards::{not_found, parse_id};
use crate::dashboards::{Age, WithResults, with_results};
use axum::Json;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::Access;
use identity::access::Write;
use rand::RngExt;
use serde_json::{Value, json};
use service_kit::http::ApiError;
use std::time::Duration;

/// Strangers may look as often as they like: the engine is asked twice a minute.
const SHOWN_AGE: Age = Age::AtLeast(Duration::from_secs(30));
/// Random bytes of a link's token.
const TOKEN_BYTES: usize = 32;

/// Makes a link. Links made before stay as they are.
pub(super) async fn share(
    access: Access<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let token = URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; TOKEN_BYTES]>());
    let project = access.project.project_id();
    let now = state.clock.now();
    if state
        .dashboards
        .share(project, parse_id(&id)?, &token, now)
        .await?
    {
        return Ok(Json(json!({"token": token})));
    }
    Err(not_found())
}

/// Revokes every link to the dashboard.
pub(super) async fn unshare(
    access: Access<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let (project, id) = (access.project.project_id(), parse_id(&id)?);
    if state.dashboards.find(project, id).await?.is_none() {
        return Err(not_found());
    }
    let revoked = state.dashboards.unshare(project, id).await?;
    Ok(Json(json!({"token": null, "revoked": revoked})))
}

/// The dashboard of a link, with its results.
pub(super) async fn read(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Json<WithResults>, ApiError> {
    let dashboard = state
        .dashboards
        .shared(&token)
        .await?
        .filter(|dashboard| state.authority.knows(dashboard.project))
        .ok_or_else(not_found)?;
    Ok(Json(
        with_results(&state.engine, dashboard, SHOWN_AGE).await,
    ))
}
