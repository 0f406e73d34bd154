//! `POST /api/login`: a session for an address and its password.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue};
use identity::Email;
use identity::password::PASSWORD_BYTES_MAX;
use identity::token::RefreshToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{Error, ErrorBody};
use crate::extract::{ClientAddress, LoginBody};
use crate::metrics::LOGINS;
use crate::rate_limit::TooOften;
use crate::state::{AppState, delta};

/// The tokens of a session. Never cached.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    pub token_type: &'static str,
    /// For `POST /api/refresh`, once.
    pub refresh_token: String,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    pub expires_in: u64,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").finish_non_exhaustive()
    }
}

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        (
            [(CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            Json(self),
        )
            .into_response()
    }
}

impl TokenResponse {
    /// The tokens of `session`.
    pub(crate) fn of(
        state: &AppState,
        user: Uuid,
        session: Uuid,
        refresh: &RefreshToken,
    ) -> Result<Self, Error> {
        Ok(Self {
            access_token: state.issue(user, session)?,
            token_type: "bearer",
            refresh_token: refresh.expose().to_owned(),
            expires_in: state.config.access_token_lifetime.as_secs(),
        })
    }
}

/// Address and password, as `application/x-www-form-urlencoded` or JSON.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; `LoginBody` reads it")]
pub struct LoginRequest {
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    username: String,
    /// Password.
    password: String,
}

/// Opens a session. Whether the address has an account cannot be told from the
/// answer, nor from how long it takes.
#[utoipa::path(post, path = "/api/login", tag = "accounts",
    request_body(content((LoginRequest = "application/x-www-form-urlencoded"), (LoginRequest = "application/json"))),
    responses(
        (status = 200, body = TokenResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`invalid_credentials`"),
        (status = 429, body = ErrorBody),
    ))]
pub async fn login(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    body: LoginBody,
) -> Result<TokenResponse, Error> {
    let outcome = guess(&state, &address, &body.username, body.password).await;
    let counted = match &outcome {
        Ok(_) => "success",
        Err(Error::TooOften { .. }) => "limited",
        Err(_) => "failure",
    };
    LOGINS.count(&[counted]).increment(1);
    open_session(&state, outcome?).await
}

/// The account of `username`, when `password` is its own. Only wrong guesses
/// count against the limits, wherever a password is asked for.
pub(crate) async fn guess(
    state: &AppState,
    address: &str,
    username: &str,
    password: SecretString,
) -> Result<Uuid, Error> {
    let email = Email::parse(username).ok();
    let account = email
        .as_ref()
        .map_or_else(|| username.chars().take(254).collect(), Email::to_string);
    let limited = |TooOften { wait }| Error::TooOften { wait };
    let from_address = state
        .limits
        .login_per_address
        .attempt(address)
        .map_err(limited)?;
    let into_account = state
        .limits
        .login_per_account
        .attempt(&account)
        .map_err(limited)?;
    if password.expose_secret().len() > PASSWORD_BYTES_MAX {
        return Err(Error::InvalidCredentials);
    }
    let outcome = state.check_password(email.as_ref(), password).await;
    if !matches!(outcome, Err(Error::InvalidCredentials)) {
        from_address.forgive();
        into_account.forgive();
    }
    outcome
}

async fn open_session(state: &AppState, user: Uuid) -> Result<TokenResponse, Error> {
    let (session, refresh) = (Uuid::now_v7(), RefreshToken::generate());
    let now = state.clock.now();
    let ends = [
        now + delta(state.config.refresh_token_lifetime),
        now + delta(state.config.session_lifetime),
    ];
    state
        .store
        .open_session(session, user, refresh.hash(), now, ends)
        .await?;
    TokenResponse::of(state, user, session, &refresh)
}
