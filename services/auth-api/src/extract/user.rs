//! Who is signed in.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use identity::access::{AccessError, User, bearer};
use identity::store::UserRow;
use identity::token::TokenError;
use service_kit::http::ApiError;
use uuid::Uuid;

use crate::error::Error;
use crate::state::AppState;

/// The user of the request's access token, whose session lasts.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user.
    pub user: UserRow,
    /// The session.
    pub session: Uuid,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self::of(&parts.headers, state).await?)
    }
}

impl SignedIn {
    async fn of(headers: &HeaderMap, state: &AppState) -> Result<Self, Error> {
        let token = token_user(headers, state).await?;
        let user = state
            .store
            .session_user(token.session, state.clock.now())
            .await?;
        let user = user
            .filter(|user| user.id == token.id)
            .ok_or(AccessError::InvalidToken)?;
        Ok(Self {
            user,
            session: token.session,
        })
    }
}

/// What the request's access token says; its session may be over.
pub(crate) async fn token_user(headers: &HeaderMap, state: &AppState) -> Result<User, Error> {
    let token = bearer(headers).ok_or(Error::NotAuthenticated)?;
    match state.tokens.verify(token).await {
        Ok(claims) => Ok(User {
            id: claims.sub,
            session: claims.sid,
        }),
        Err(TokenError::Expired) => Err(AccessError::ExpiredToken.into()),
        Err(TokenError::Invalid | TokenError::NoKeys(_)) => Err(AccessError::InvalidToken.into()),
    }
}
