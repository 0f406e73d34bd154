//! What the internal listener answers: for services that check keys over HTTP.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderMap;
use identity::ApiKey;
use identity::access::AccessError;
use serde::Serialize;
use service_kit::http::ApiError;
use uuid::Uuid;

use crate::error::Error;
use crate::state::AppState;

/// The project that a key speaks for.
#[derive(Debug, Serialize)]
pub struct ValidatedKey {
    /// The project.
    pub project_id: Uuid,
    /// What the key may do.
    pub scopes: Vec<String>,
}

/// The routes of the internal listener.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/internal/validate-key", get(validate_key))
}

async fn validate_key(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Json<ValidatedKey>, ApiError> {
    let text = headers.get("x-api-key").ok_or(AccessError::NoCredential)?;
    let key = text
        .to_str()
        .ok()
        .and_then(|text| ApiKey::parse(text.trim()))
        .ok_or(AccessError::InvalidKey)?;
    let found = state
        .store
        .valid_key(key.hash(), state.clock.now())
        .await
        .map_err(Error::from)?;
    let row = found.ok_or(AccessError::InvalidKey)?;
    Ok(Json(ValidatedKey {
        project_id: row.project_id,
        scopes: row.scopes,
    }))
}
