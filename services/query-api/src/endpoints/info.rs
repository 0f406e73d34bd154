//! `GET /`.

use axum::Json;
use serde_json::{Value, json};

/// What this is, and where to read on.
pub(super) async fn info() -> Json<Value> {
    Json(json!({"service": "query-api", "docs": "/docs", "health": "/health"}))
}
