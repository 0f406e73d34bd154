//! `POST /api/refresh`: new tokens for a session.

use axum::extract::State;
use identity::store::Rotation;
use identity::token::RefreshToken;
use serde::Deserialize;
use service_kit::http::ValidatedJson;
use utoipa::ToSchema;
use validator::Validate;

use super::login::TokenResponse;
use crate::error::{Error, ErrorBody};
use crate::metrics::REFRESHES;
use crate::state::{AppState, delta};

/// The refresh token of the latest answer.
#[derive(Deserialize, Validate, ToSchema)]
pub struct RefreshRequest {
    /// Valid once: a second use ends the session.
    pub refresh_token: String,
}

impl std::fmt::Debug for RefreshRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshRequest").finish_non_exhaustive()
    }
}

/// Exchanges a refresh token for new tokens. A token that was exchanged before
/// was stolen or lost: all tokens of its session end.
#[utoipa::path(post, path = "/api/refresh", tag = "accounts", request_body = RefreshRequest, responses(
    (status = 200, body = TokenResponse),
    (status = 400, body = ErrorBody),
    (status = 401, body = ErrorBody, description = "`invalid_refresh_token`"),
))]
pub async fn refresh(
    State(state): State<AppState>,
    ValidatedJson(request): ValidatedJson<RefreshRequest>,
) -> Result<TokenResponse, Error> {
    let count = |outcome| REFRESHES.count(&[outcome]).increment(1);
    let (old, new) = (
        RefreshToken::from_client(&request.refresh_token),
        RefreshToken::generate(),
    );
    let now = state.clock.now();
    let ends_at = now + delta(state.config.refresh_token_lifetime);
    match state
        .store
        .rotate(old.hash(), new.hash(), now, ends_at)
        .await?
    {
        Rotation::Rotated { user, session } => {
            count("success");
            TokenResponse::of(&state, user, session, &new)
        }
        Rotation::Reused => {
            count("reused");
            tracing::warn!("a refresh token was used twice: its session is over");
            Err(Error::InvalidRefreshToken)
        }
        Rotation::Refused => {
            count("refused");
            Err(Error::InvalidRefreshToken)
        }
    }
}
