//! `GET /api/setup`: whether somebody has been here before.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Registration;
use crate::error::Error;
use crate::state::AppState;

/// What a sign-in page needs to know before anybody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupResponse {
    /// Whether there is any account.
    pub has_accounts: bool,
    /// Whether anybody may make one.
    pub is_registration_open: bool,
}

/// Whether there is any account yet, and whether one may be made.
#[utoipa::path(get, path = "/api/setup", tag = "accounts", responses((status = 200, body = SetupResponse)))]
pub async fn get_setup(State(state): State<AppState>) -> Result<Json<SetupResponse>, Error> {
    Ok(Json(SetupResponse {
        has_accounts: state.store.has_users().await?,
        is_registration_open: state.config.registration == Registration::Open,
    }))
}
