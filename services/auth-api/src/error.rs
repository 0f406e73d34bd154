//! What a handler can fail with, and how that is answered: the one place.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use identity::StoreError;
use identity::access::AccessError;
use identity::password::PasswordError;
use identity::token::SigningKeyError;
use serde::Serialize;
use service_kit::http::{ApiError, FieldError};
use utoipa::ToSchema;

/// Why a request is not answered with success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable token.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No token at all.
    #[error("no token")]
    NotAuthenticated,
    /// Address and password do not belong together.
    #[error("wrong address or password")]
    InvalidCredentials,
    /// The refresh token is unknown, over, or was used before.
    #[error("refresh token refused")]
    InvalidRefreshToken,
    /// The account's password was asked for, and this is another.
    #[error("wrong password")]
    WrongPassword {
        /// The field it stood in.
        field: &'static str,
    },
    /// The address has an account.
    #[error("the address has an account")]
    EmailTaken,
    /// Accounts are made by the operator only.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Too many attempts.
    #[error("too many attempts")]
    TooOften {
        /// Until the next one is allowed.
        wait: Duration,
    },
    /// No such project, or none that the caller belongs to.
    #[error("no such project")]
    ProjectNotFound,
    /// No such key in the project.
    #[error("no such key")]
    KeyNotFound,
    /// The key that was brought along exists, or was revoked.
    #[error("the key exists")]
    KeyTaken,
    /// Nobody of that address in the project.
    #[error("no such member")]
    MemberNotFound,
    /// The address belongs to the project already.
    #[error("already a member")]
    MemberExists,
    /// The project would be left without an owner.
    #[error("the last owner")]
    LastOwner,
    /// The account is the only owner of these projects.
    #[error("the only owner of {}", .0.join(", "))]
    OnlyOwner(Vec<String>),
    /// The name is used by another project.
    #[error("name taken")]
    NameTaken,
    /// Faults of the request, by path.
    #[error("invalid request")]
    Invalid(Vec<FieldError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Signing.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let unauthorized = |code, detail: &str| Self::new(StatusCode::UNAUTHORIZED, code, detail);
        let not_found = |code, detail: &str| Self::new(StatusCode::NOT_FOUND, code, detail);
        match error {
            Error::Access(error) => error.into(),
            Error::NotAuthenticated => unauthorized("not_authenticated", "Not authenticated"),
            Error::InvalidCredentials => unauthorized("invalid_credentials", "Invalid credentials"),
            Error::InvalidRefreshToken => {
                unauthorized("invalid_refresh_token", "Invalid refresh token")
            }
            Error::WrongPassword { field } => Self::invalid(vec![FieldError::at(
                field,
                "wrong_password",
                "is not the password of this account",
            )]),
            Error::EmailTaken => {
                let taken = FieldError::at("email", "email_taken", "Email already registered");
                Self {
                    errors: vec![taken],
                    ..Self::bad_request("email_taken", "Email already registered")
                }
            }
            Error::RegistrationClosed => Self::new(
                StatusCode::FORBIDDEN,
                "registration_closed",
                "Registration is closed",
            ),
            Error::TooOften { wait } => Self::too_many(
                "rate_limited",
                "Too many attempts, try again later",
                seconds_up(wait),
            ),
            Error::ProjectNotFound => not_found("project_not_found", "Project not found"),
            Error::KeyNotFound => not_found("key_not_found", "API key not found"),
            Error::KeyTaken => {
                Self::conflict("key_taken", "This API key exists already, or was revoked")
            }
            Error::MemberNotFound => not_found("member_not_found", "Member not found"),
            Error::MemberExists => {
                Self::conflict("already_a_member", "Already a member of this project")
            }
            Error::LastOwner => Self::conflict("last_owner", "A project needs at least one owner"),
            Error::OnlyOwner(projects) => {
                let alone = |slug| FieldError::at("projects", "last_owner", slug);
                let detail = "Some projects have no other owner: delete them, or make somebody else an owner";
                Self {
                    errors: projects.into_iter().map(alone).collect(),
                    ..Self::conflict("last_owner", detail)
                }
            }
            Error::NameTaken => Self::conflict(
                "name_taken",
                "This slug or alias belongs to another project",
            ),
            Error::Invalid(faults) => Self::invalid(faults),
            // Deleted since the caller was let in.
            Error::Store(error) if error.constraint().is_some_and(names_project) => {
                Error::ProjectNotFound.into()
            }
            Error::Store(error) if error.is_unavailable() => unavailable(&error),
            Error::Password(error @ PasswordError::Busy) => unavailable(&error),
            Error::Store(error) => Self::internal(&error),
            Error::Password(error) => Self::internal(&error),
            Error::Signing(error) => Self::internal(&error),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

/// Whether a constraint is a reference to a project.
fn names_project(constraint: &str) -> bool {
    constraint.ends_with("_project_fkey")
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::warn!(error = %service_kit::lifecycle::chain(error), "not available");
    ApiError::unavailable("Accounts are temporarily unavailable")
}

/// Whole seconds, upwards, at least one.
fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

/// The body of every answer that is not success.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// One sentence for people.
    pub detail: String,
    /// Stable code for programs.
    pub code: String,
    /// All faults of the request, by path.
    #[schema(required = false)]
    pub errors: Vec<FaultBody>,
}

/// One fault of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultBody {
    /// Where: `scopes[1]`.
    pub path: String,
    /// Stable code for programs.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds_upwards() {
        for (ms, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            assert_eq!(seconds_up(Duration::from_millis(ms)), seconds, "{ms}");
        }
    }
}
