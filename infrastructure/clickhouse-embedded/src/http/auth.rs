//! One token lets in: the front is the guard, the engine knows one user only.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header::AUTHORIZATION};
use service_kit::config::Secret;
use subtle::ConstantTimeEq as _;

use crate::engine::EngineError;

/// What a client must know.
#[derive(Debug, Clone)]
pub struct Credential(Secret);

impl Credential {
    /// A token; an empty one lets everybody in.
    pub fn new(token: Secret) -> Self {
        Self(token)
    }

    /// Looks for the token in `X-ClickHouse-Key`, in Basic and Bearer credentials, and in the URL.
    /// The user's name does not matter.
    ///
    /// # Errors
    /// 516 when the token is missing or wrong.
    pub fn check(&self, headers: &HeaderMap, url_query: Option<&str>) -> Result<(), EngineError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let expected = self.0.expose().as_bytes();
        let given = given(headers, url_query).unwrap_or_default();
        if bool::from(given.as_bytes().ct_eq(expected)) {
            return Ok(());
        }
        Err(EngineError::new(
            516,
            "AUTHENTICATION_FAILED",
            "Authentication failed: password is incorrect, or there is no user with such name",
        ))
    }
}

fn given(headers: &HeaderMap, url_query: Option<&str>) -> Option<String> {
    if let Some(key) = headers.get("x-clickhouse-key") {
        return key.to_str().ok().map(str::to_owned);
    }
    if let Some(value) = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
    {
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(rest.trim().to_owned());
        }
        let plain = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
        return plain
            .split_once(':')
            .map(|(_, password)| password.to_owned());
    }
    url::form_urlencoded::parse(url_query?.as_bytes())
        .find(|(name, _)| name == "password")
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use service_kit::config::Secret;

    use super::Credential;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn every_place_of_the_token_is_looked_at() {
        let credential = Credential::new(Secret::new("s3cret"));
        let none = HeaderMap::new();
        // Basic YTpzM2NyZXQ= is a:s3cret.
        for (headers, url, ok) in [
            (headers("x-clickhouse-key", "s3cret"), None, true),
            (headers("authorization", "Basic YTpzM2NyZXQ="), None, true),
            (headers("authorization", "Bearer s3cret"), None, true),
            (none.clone(), Some("user=a&password=s3cret"), true),
            (
                headers("x-clickhouse-key", "wrong"),
                Some("password=s3cret"),
                false,
            ),
            (headers("authorization", "Basic ?"), None, false),
            (none.clone(), Some("password="), false),
            (none, None, false),
        ] {
            assert_eq!(
                credential.check(&headers, url).is_ok(),
                ok,
                "{headers:?} {url:?}"
            );
        }
    }

    #[test]
    fn an_empty_token_asks_for_nothing() {
        let credential = Credential::new(Secret::default());
        assert!(credential.check(&HeaderMap::new(), None).is_ok());
    }
}
