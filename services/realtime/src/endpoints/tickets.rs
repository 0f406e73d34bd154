//! `POST /api/tickets`: for pages that cannot set headers.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use service_kit::http::ApiError;

use super::Admitted;
use crate::app::Services;

pub(super) async fn issue(
    State(services): State<Services>,
    admitted: Admitted,
) -> Result<Json<Value>, ApiError> {
    let tickets = services.gate.tickets();
    let ticket = tickets.issue(admitted.grant).ok_or_else(|| {
        ApiError::too_many("too_many_tickets", "too many tickets wait to be used", 5)
    })?;
    Ok(Json(json!({
        "ticket": ticket,
        "expires_in": tickets.lifetime().as_secs(),
    })))
}
