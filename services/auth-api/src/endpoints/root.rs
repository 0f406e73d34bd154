//! What stands at the root, and where nothing stands.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};
use service_kit::http::ApiError;

use crate::state::AppState;

/// What this is and where to read on.
#[utoipa::path(get, path = "/", tag = "service", responses((status = 200)))]
pub async fn index() -> Json<Value> {
    Json(json!({"service": "auth-api", "docs": "/docs", "health": "/health"}))
}

/// The public keys that access tokens are checked with (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "service", responses((status = 200)))]
pub async fn jwks(State(state): State<AppState>) -> Json<Value> {
    Json(state.jwks())
}

/// The answer of every path that there is not.
pub async fn not_found() -> ApiError {
    ApiError::not_found("Not found")
}

/// The answer of a path to a method it does not have.
pub async fn method_not_allowed() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed",
    )
}
