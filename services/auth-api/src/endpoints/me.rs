//! `GET /api/me`: who is signed in.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ErrorBody;
use crate::extract::SignedIn;

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
