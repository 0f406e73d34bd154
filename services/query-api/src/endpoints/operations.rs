//! `GET /api/reconciliation` and `GET /api/pipeline`.

use super::AppState;
use axum::Json;
use axum::extract::State;
use identity::Access;
use identity::access::Read;
use serde_json::Value;
use service_kit::http::ApiError;

/// Whether every accepted event is accounted for.
pub(super) async fn reconciliation(
    _access: Access<Read>,
    State(_state): State<AppState>,
) -> Result<Json<Value>, ApiError> {
    Err(ApiError::unavailable("not connected yet"))
}

/// How the pipeline is doing.
pub(super) async fn pipeline(
    _access: Access<Read>,
    State(_state): State<AppState>,
) -> Result<Json<Value>, ApiError> {
    Err(ApiError::unavailable("not connected yet"))
}
