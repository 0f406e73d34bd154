//! Tokens: short-lived access tokens that every service can check by itself,
//! and refresh tokens that only the store knows.

mod keys;

mod verify;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::key::{KeyHash, random_text};

pub use keys::{SigningKey, SigningKeyError};
pub use verify::{KeySet, TokenConfig, TokenError, TokenVerifier};

/// Who issues our tokens, and for whom.
pub const ISSUER: &str = "millrace";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// The user.
    pub sub: Uuid,
    /// The session it belongs to: when that is revoked, so is the token.
    pub sid: Uuid,
    /// When it was issued, in seconds since the epoch.
    pub iat: i64,
    /// When it ends, in seconds since the epoch (exclusive).
    pub exp: i64,
    /// An id of its own, so that no two tokens are equal.
    pub jti: Uuid,
}

/// A refresh token in clear text: `rt_` and 43 URL-safe characters. Printing it
/// hides it.
#[derive(Clone, Debug)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// A new one, from the operating system's random source.
    #[must_use]
    pub fn generate() -> Self {
        Self(SecretString::from(format!("rt_{}", random_text())))
    }

    /// Takes what a client sent.
    #[must_use]
    pub fn from_client(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.0.expose_secret())
    }

    /// The token itself, for the one answer that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
