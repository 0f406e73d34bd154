//! `POST /api/register`: making an account.

use axum::Json;
use axum::extract::State;
use identity::Email;
use identity::password::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use identity::store::NewUser;
use serde::{Deserialize, Serialize};
use service_kit::http::ValidatedJson;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError};

use crate::config::Registration;
use crate::error::{Error, ErrorBody};
use crate::extract::ClientAddress;
use crate::metrics::REGISTRATIONS;
use crate::rate_limit::TooOften;
use crate::state::AppState;

/// A new account. What is missing counts as empty, so that all faults are named
/// at once.
#[derive(Deserialize, Validate, ToSchema)]
pub struct RegisterRequest {
    /// E-mail address.
    #[serde(default)]
    #[validate(custom(function = is_email))]
    #[schema(required, example = "ada@example.com")]
    pub email: String,
    /// At least 8 characters.
    #[serde(default)]
    #[validate(custom(function = is_password))]
    #[schema(required, min_length = 8)]
    pub password: String,
}

impl std::fmt::Debug for RegisterRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterRequest").finish_non_exhaustive()
    }
}

/// The account.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterResponse {
    /// Its id.
    pub id: Uuid,
    /// Its address, as it is compared: lower case.
    pub email: String,
}

/// Makes an account. The e-mail address need not be confirmed.
#[utoipa::path(post, path = "/api/register", tag = "accounts", request_body = RegisterRequest, responses(
    (status = 200, body = RegisterResponse),
    (status = 400, body = ErrorBody, description = "Invalid, or `email_taken`"),
    (status = 403, body = ErrorBody, description = "Registration is closed"),
    (status = 429, body = ErrorBody),
))]
pub async fn register(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    ValidatedJson(request): ValidatedJson<RegisterRequest>,
) -> Result<Json<RegisterResponse>, Error> {
    let count = |outcome| REGISTRATIONS.count(&[outcome]).increment(1);
    if state.config.registration == Registration::Closed {
        count("closed");
        return Err(Error::RegistrationClosed);
    }
    let email = email_of(&request.email)?;
    for limited in [
        state.limits.register_per_address.attempt(&address),
        state.limits.register_per_account.attempt(email.as_str()),
    ] {
        if let Err(TooOften { wait }) = limited {
            count("limited");
            return Err(Error::TooOften { wait });
        }
    }
    // Hashed whether the address is free or not: both take as long.
    let password_hash = state.hash_password(request.password.into()).await?;
    let id = Uuid::now_v7();
    let user = NewUser {
        id,
        email: &email,
        password_hash: &password_hash,
        created_at: state.clock.now(),
    };
    if !state.store.create_user(&user).await? {
        count("taken");
        return Err(Error::EmailTaken);
    }
    count("success");
    Ok(Json(RegisterResponse {
        id,
        email: email.into(),
    }))
}

/// The address, which has passed [`is_email`].
pub(crate) fn email_of(text: &str) -> Result<Email, Error> {
    Email::parse(text).map_err(|error| {
        Error::Invalid(vec![service_kit::http::FieldError::at(
            "email",
            "email",
            error.to_string(),
        )])
    })
}

pub(crate) fn is_email(text: &str) -> Result<(), ValidationError> {
    match Email::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(ValidationError::new("email").with_message("must be an e-mail address".into()))
        }
    }
}

pub(crate) fn is_password(text: &str) -> Result<(), ValidationError> {
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Err(ValidationError::new("too_short")
            .with_message(format!("must have at least {PASSWORD_CHARS_MIN} characters").into()));
    }
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(ValidationError::new("too_long")
            .with_message(format!("must have at most {PASSWORD_BYTES_MAX} bytes").into()));
    }
    Ok(())
}
