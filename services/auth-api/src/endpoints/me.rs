//! `/api/me`: who is signed in.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::store::AccountDeletion;
use serde::{Deserialize, Serialize};
use service_kit::http::ValidatedJson;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::logout::StatusResponse;
use super::password::confirm;
use crate::error::{Error, ErrorBody};
use crate::extract::{ClientAddress, SignedIn};
use crate::state::AppState;

/// The account of the access token.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeResponse {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub email: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", tag = "accounts", security(("token" = [])), responses(
    (status = 200, body = MeResponse),
    (status = 401, body = ErrorBody),
))]
pub async fn get_me(SignedIn { user, .. }: SignedIn) -> Json<MeResponse> {
    Json(MeResponse {
        id: user.id,
        email: user.email,
        created_at: user.created_at,
    })
}

/// That it is meant.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteMeRequest {
    /// The account's password.
    #[serde(default)]
    #[schema(required)]
    pub password: String,
}

impl std::fmt::Debug for DeleteMeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeleteMeRequest").finish_non_exhaustive()
    }
}

/// Deletes the account with its sessions and memberships. Refused while a
/// project has no other owner. Keys that it made stay: they are their project's.
#[utoipa::path(delete, path = "/api/me", tag = "accounts", request_body = DeleteMeRequest,
    security(("token" = [])), responses(
        (status = 200, body = StatusResponse, description = "`{\"status\":\"deleted\"}`"),
        (status = 400, body = ErrorBody, description = "`wrong_password` at `password`"),
        (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`last_owner`: `errors` names the projects"),
        (status = 429, body = ErrorBody),
    ))]
pub async fn delete_me(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    SignedIn { user, .. }: SignedIn,
    ValidatedJson(request): ValidatedJson<DeleteMeRequest>,
) -> Result<Json<StatusResponse>, Error> {
    let password = request.password.into();
    confirm(&state, &address, &user.email, password, "password").await?;
    match state.store.delete_user(user.id).await? {
        AccountDeletion::Done => {
            tracing::info!(user = %user.id, "account deleted");
            Ok(Json(StatusResponse { status: "deleted" }))
        }
        AccountDeletion::OnlyOwnerOf(projects) => Err(Error::OnlyOwner(projects)),
    }
}
