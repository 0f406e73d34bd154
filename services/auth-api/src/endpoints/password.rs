//! `POST /api/me/password`: another password.

use axum::Json;
use axum::extract::State;
use secrecy::SecretString;
use serde::Deserialize;
use service_kit::http::ValidatedJson;
use utoipa::ToSchema;
use validator::Validate;

use super::login::guess;
use super::logout::StatusResponse;
use super::register::is_password;
use crate::error::{Error, ErrorBody};
use crate::extract::{ClientAddress, SignedIn};
use crate::state::AppState;

/// The password as it is and as it shall be. What is missing counts as empty,
/// so that all faults are named at once.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password as it is.
    #[serde(default)]
    #[schema(required)]
    pub current_password: String,
    /// At least 8 characters.
    #[serde(default)]
    #[validate(custom(function = is_password))]
    #[schema(required, min_length = 8)]
    pub new_password: String,
}

impl std::fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordRequest").finish_non_exhaustive()
    }
}

/// Changes the password. Every other session of the account ends, with its
/// refresh tokens; the one that asks stays.
#[utoipa::path(post, path = "/api/me/password", tag = "accounts", request_body = PasswordRequest,
    security(("token" = [])), responses(
        (status = 200, body = StatusResponse, description = "`{\"status\":\"changed\"}`"),
        (status = 400, body = ErrorBody, description = "Invalid, or `wrong_password` at `current_password`"),
        (status = 401, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ))]
pub async fn change_password(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    SignedIn { user, session }: SignedIn,
    ValidatedJson(request): ValidatedJson<PasswordRequest>,
) -> Result<Json<StatusResponse>, Error> {
    let current = request.current_password.into();
    confirm(&state, &address, &user.email, current, "current_password").await?;
    let hash = state.hash_password(request.new_password.into()).await?;
    let ended = state
        .store
        .change_password(user.id, &hash, session, state.clock.now())
        .await?;
    tracing::info!(user = %user.id, ended, "password changed, other sessions ended");
    Ok(Json(StatusResponse { status: "changed" }))
}

/// Succeeds when `password`, from `field` of the request, is the account's own.
/// Wrong ones count as failed logins do.
pub(crate) async fn confirm(
    state: &AppState,
    address: &str,
    email: &str,
    password: SecretString,
    field: &'static str,
) -> Result<(), Error> {
    match guess(state, address, email, password).await {
        Ok(_) => Ok(()),
        Err(Error::InvalidCredentials) => Err(Error::WrongPassword { field }),
        Err(error) => Err(error),
    }
}
