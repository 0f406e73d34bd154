//! `POST /api/logout`: the end of a session.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use identity::store::SessionEnd;
use identity::token::RefreshToken;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::error::{Error, ErrorBody};
use crate::extract::OptionalJson;
use crate::extract::token_user;
use crate::state::AppState;

/// Which session, when no access token says so.
#[derive(Deserialize, Validate, ToSchema)]
pub struct LogoutRequest {
    /// A refresh token of the session, old or new.
    #[schema(required = false)]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogoutRequest").finish_non_exhaustive()
    }
}

/// That something was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusResponse {
    /// What was done, in one word.
    pub status: &'static str,
}

/// Ends the session of the access token, of the refresh token in the body, or
/// of both. A refresh token that is not known is no fault: there is nothing
/// left to end.
#[utoipa::path(post, path = "/api/logout", tag = "accounts", request_body = Option<LogoutRequest>,
    security((), ("token" = [])), responses(
        (status = 200, body = StatusResponse),
        (status = 401, body = ErrorBody),
    ))]
pub async fn logout(
    State(state): State<AppState>,
    headers: HeaderMap,
    OptionalJson(request): OptionalJson<LogoutRequest>,
) -> Result<Json<StatusResponse>, Error> {
    let by_token = token_user(&headers, &state).await;
    let by_refresh = match &request.refresh_token {
        Some(token) => {
            state
                .store
                .session_of(RefreshToken::from_client(token).hash())
                .await?
        }
        None => {
            // Without a refresh token the access token must be good.
            let user = by_token?;
            return end(&state, [Some(user.session), None]).await;
        }
    };
    end(&state, [by_token.ok().map(|user| user.session), by_refresh]).await
}

async fn end(
    state: &AppState,
    sessions: [Option<uuid::Uuid>; 2],
) -> Result<Json<StatusResponse>, Error> {
    for session in sessions.into_iter().flatten() {
        state
            .store
            .end_session(session, SessionEnd::Logout, state.clock.now())
            .await?;
    }
    Ok(Json(StatusResponse {
        status: "logged_out",
    }))
}
