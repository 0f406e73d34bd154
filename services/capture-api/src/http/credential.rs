//! The credential in a request's headers, in the order of the contract:
//! `X-API-Key`, `Authorization: Bearer`, the user name of Basic.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What the headers hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderCredential {
    /// No credential; the body may carry one.
    Absent,
    /// This one decides.
    Key(String),
    /// Something is there that can be no key; it decides, too.
    Unusable,
}

/// Finds the first credential that is there.
#[must_use]
pub fn in_headers(headers: &HeaderMap) -> HeaderCredential {
    if let Some(value) = headers.get("x-api-key") {
        match value.to_str().map(str::trim) {
            Ok("") => {}
            Ok(key) => return HeaderCredential::Key(key.to_owned()),
            Err(_) => return HeaderCredential::Unusable,
        }
    }
    let Some(value) = headers.get(AUTHORIZATION) else {
        return HeaderCredential::Absent;
    };
    let Ok(value) = value.to_str() else {
        return HeaderCredential::Unusable;
    };
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
        return HeaderCredential::Key(rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") && !rest.is_empty() {
        return basic_user(rest);
    }
    HeaderCredential::Absent
}

fn basic_user(encoded: &str) -> HeaderCredential {
    let decoded = STANDARD.decode(encoded).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        return HeaderCredential::Unusable;
    };
    match text.split(':').next() {
        Some(user) if !user.is_empty() => HeaderCredential::Key(user.to_owned()),
        _ => HeaderCredential::Absent,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(pairs: &[(&'static str, &str)]) -> HeaderCredential {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        in_headers(&headers)
    }

    #[test]
    fn the_first_present_decides() {
        let key = |text: &str| HeaderCredential::Key(text.to_owned());
        let basic = format!("Basic {}", STANDARD.encode("writer:"));
        for (headers, expected) in [
            (vec![], HeaderCredential::Absent),
            (
                vec![("x-api-key", "a"), ("authorization", "Bearer b")],
                key("a"),
            ),
            (
                vec![("x-api-key", " "), ("authorization", "bearer b")],
                key("b"),
            ),
            (vec![("authorization", basic.as_str())], key("writer")),
            (
                vec![("authorization", "Basic !!!")],
                HeaderCredential::Unusable,
            ),
            (
                vec![("authorization", "Digest x")],
                HeaderCredential::Absent,
            ),
            (vec![("authorization", "Bearer")], HeaderCredential::Absent),
            (vec![("x-api-key", "\u{e9}")], HeaderCredential::Unusable),
        ] {
            assert_eq!(found(&headers), expected, "{headers:?}");
        }
    }
}
