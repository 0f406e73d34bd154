//! Who is asking.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use service_kit::http::ApiError;
use uuid::Uuid;

use super::Authority;
use crate::key::KeyInfo;

/// A user who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: Uuid,
    /// The session that the token belongs to.
    pub session: Uuid,
}

/// Who is asking: a key, which speaks for one project, or a user, who must
/// name one.
///
/// As an extractor: `X-API-Key`, else `Authorization: Bearer` with a token or a
/// key. The first one present decides.
#[derive(Clone, Debug)]
pub enum Caller {
    /// An API key.
    Key(Arc<KeyInfo>),
    /// A user with an access token.
    User(User),
}

impl<S> FromRequestParts<S> for Caller
where
    Authority: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Authority::from_ref(state).caller(&parts.headers).await?)
    }
}

/// What `Authorization: Bearer` carries; the scheme's case does not matter.
/// An unreadable header is an empty credential, not a missing one.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, credential) = value.trim().split_once(' ').unwrap_or((value, ""));
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| credential.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn reads_the_bearer_credential() {
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", Some("")),
            ("Basic abc", None),
            ("", None),
        ] {
            let headers =
                HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(bearer(&headers), expected, "{value:?}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
