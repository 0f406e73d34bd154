//! Why somebody is not let in, and how that is answered.

use http::StatusCode;
use service_kit::http::{ApiError, FieldError};

use crate::key::Scope;
use crate::store::StoreError;

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The request carries no credential.
    #[error("the request carries no credential")]
    NoCredential,
    /// The API key is unknown, revoked or expired.
    #[error("the API key is not valid")]
    InvalidKey,
    /// The token is not ours, or its session is over.
    #[error("the token is not valid")]
    InvalidToken,
    /// The token's time is over.
    #[error("the token has expired")]
    ExpiredToken,
    /// The key lacks a scope.
    #[error("the key lacks the scope `{0}`")]
    NoScope(Scope),
    /// A user names no project.
    #[error("no project is named")]
    NoProject,
    /// The key speaks for another project than the one named.
    #[error("the key speaks for another project")]
    OtherProject,
    /// The user does not belong to the project (or there is none).
    #[error("not a member of the project")]
    NotAMember,
    /// The user's role does not allow it.
    #[error("the role does not allow it")]
    NotAllowed,
    /// Keys, tokens or members cannot be checked now.
    #[error("credentials cannot be checked now: {0}")]
    Unavailable(String),
    /// The store failed in a way that is no outage.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Store(error)
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        let unauthorized = |code, detail: &str| Self::new(StatusCode::UNAUTHORIZED, code, detail);
        let forbidden = |code, detail: &str| Self::new(StatusCode::FORBIDDEN, code, detail);
        match error {
            AccessError::NoCredential => unauthorized("credential_missing", "Missing API key"),
            AccessError::InvalidKey => unauthorized("invalid_api_key", "Invalid API key"),
            AccessError::InvalidToken => unauthorized("invalid_token", "Invalid token"),
            AccessError::ExpiredToken => unauthorized("token_expired", "The token has expired"),
            AccessError::NoScope(scope) => forbidden(
                "scope_missing",
                &format!("The API key lacks the scope `{scope}`"),
            ),
            AccessError::NoProject => Self::invalid(vec![FieldError::at(
                "project_id",
                "required",
                "is required with a token",
            )]),
            AccessError::OtherProject => {
                forbidden("wrong_project", "The API key belongs to another project")
            }
            AccessError::NotAMember => forbidden("not_a_member", "Not a member of this project"),
            AccessError::NotAllowed => forbidden(
                "not_allowed",
                "Your role in this project does not allow this",
            ),
            AccessError::Unavailable(cause) => {
                tracing::warn!(%cause, "credentials cannot be checked");
                Self::unavailable("Credentials cannot be checked at the moment")
            }
            AccessError::Store(error) => Self::internal(&error),
        }
    }
}
