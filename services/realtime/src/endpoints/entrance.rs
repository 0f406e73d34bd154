//! `GET /`: a visitor's socket, or for people where they are.

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::Services;
use crate::socket;

pub(super) async fn entrance(
    State(services): State<Services>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    match upgrade {
        Ok(upgrade) => socket::visitor::open(services, upgrade, &request),
        Err(_plain) => Json(json!({
            "service": "realtime",
            "docs": "/docs",
            "health": "/health",
        }))
        .into_response(),
    }
}
