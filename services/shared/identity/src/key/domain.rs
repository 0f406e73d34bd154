//! The sites a key may be used from.

use serde::{Deserialize, Serialize};

/// One entry of a key's `allowed_domains`: `example.com` stands for that host
/// and everything below it, `.example.com` for what is below it only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowedDomain(String);

/// The text is no host name.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no host name: write `example.com` or `.example.com`, without scheme, port or path"
)]
pub struct NotADomain(String);

impl AllowedDomain {
    /// Takes `text` as an entry, in lower case. `*.example.com` is read as
    /// `.example.com`.
    ///
    /// # Errors
    /// When it is not a host name (or IPv4 address) with an optional leading dot.
    pub fn parse(text: &str) -> Result<Self, NotADomain> {
        let lower = text.trim().to_ascii_lowercase();
        let entry = lower
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(&lower);
        let host = entry.strip_prefix('.').unwrap_or(entry);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if host.len() <= 253 && host.split('.').all(is_label) {
            Ok(Self(entry.to_owned()))
        } else {
            Err(NotADomain(text.chars().take(100).collect()))
        }
    }

    /// The entry as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `host` (lower case, no port) is covered.
    fn covers(&self, host: &str) -> bool {
        match self.0.strip_prefix('.') {
            Some(_) => host.ends_with(&self.0),
            None => {
                host == self.0
                    || host
                        .strip_suffix(&self.0)
                        .is_some_and(|rest| rest.ends_with('.'))
            }
        }
    }
}

impl From<AllowedDomain> for String {
    fn from(domain: AllowedDomain) -> Self {
        domain.0
    }
}

impl TryFrom<String> for AllowedDomain {
    type Error = NotADomain;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Whether a request that names `origin` (the Origin header) and `referer` may
/// use a key limited to `allowed`. No entries: from anywhere. The origin
/// decides when it is there, else the referer; with entries and neither header
/// the answer is no.
#[must_use]
pub fn is_site_allowed(
    allowed: &[AllowedDomain],
    origin: Option<&str>,
    referer: Option<&str>,
) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let Some(host) = origin.or(referer).and_then(host_of) else {
        return false;
    };
    allowed.iter().any(|domain| domain.covers(&host))
}

/// The host of a URL in lower case, without port, user or a last dot. `None`
/// when there is no scheme or no host (`Origin: null`).
fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host_and_port = authority.rsplit('@').next()?;
    let host = match host_and_port.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host_and_port.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> Vec<AllowedDomain> {
        entries
            .iter()
            .map(|entry| AllowedDomain::parse(entry).unwrap())
            .collect()
    }

    #[test]
    fn a_domain_covers_itself_and_what_is_below_it() {
        let list = allowed(&["Example.com", ".shop.test", "*.wild.test", "localhost"]);
        for (origin, expected) in [
            ("https://example.com", true),
            ("https://www.example.com:8443", true),
            ("https://EXAMPLE.com.", true),
            ("https://notexample.com", false),
            ("https://example.com.evil.test", false),
            ("https://a.shop.test", true),
            ("https://shop.test", false),
            ("https://a.b.wild.test", true),
            ("http://localhost:3000", true),
            ("https://example.com@evil.test/", false),
            ("null", false),
            ("https://", false),
        ] {
            assert_eq!(
                is_site_allowed(&list, Some(origin), None),
                expected,
                "{origin}"
            );
        }
    }

    #[test]
    fn the_referer_counts_only_without_an_origin() {
        let list = allowed(&["example.com"]);
        assert!(is_site_allowed(
            &list,
            None,
            Some("https://example.com/page?x=1")
        ));
        assert!(!is_site_allowed(
            &list,
            Some("https://evil.test"),
            Some("https://example.com/")
        ));
        assert!(!is_site_allowed(&list, None, None));
        assert!(is_site_allowed(&[], None, None));
    }

    #[test]
    fn refuses_what_is_no_host() {
        for text in [
            "",
            ".",
            "https://example.com",
            "example.com/x",
            "example.com:80",
            "a..b",
            "*",
            "*example.com",
            &"a".repeat(64),
        ] {
            assert!(AllowedDomain::parse(text).is_err(), "{text:?}");
        }
    }
}
