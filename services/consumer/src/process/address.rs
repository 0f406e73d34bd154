//! What follows from a page's address and from where the visitor came.

use event_schema::hot::{HOT, index_of};
use url::{Url, form_urlencoded};
use warehouse::EventRow;

/// Parameters of an address that have a column of their own.
const CAMPAIGN: [&str; 5] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];
/// Longer addresses are left alone: no browser sends them.
const ADDRESS_BYTES_MAX: usize = 16 * 1024;

/// What is derived from an address.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    /// Host and, where it is not the scheme's own, port: what a browser calls
    /// `location.host`.
    host: String,
    path: String,
    /// Empty when there is none.
    query: String,
}

/// Derives host, path and campaign from `$current_url`, and the referring
/// domain from `$referrer`.
pub fn derive_from_addresses(row: &mut EventRow) {
    if let Some(address) = row.hot_property("$current_url").and_then(read) {
        derive(row, "$host", &address.host);
        derive(row, "$pathname", &address.path);
        if address.query.contains("utm_") {
            for (name, value) in form_urlencoded::parse(address.query.as_bytes()) {
                if CAMPAIGN.contains(&name.as_ref()) && !value.is_empty() {
                    derive(row, &name, &value);
                }
            }
        }
    }
    if let Some(address) = row.hot_property("$referrer").and_then(read) {
        derive(row, "$referring_domain", &address.host);
    }
}

/// An address of the web; anything else (`$direct`, `about:blank`, an app's
/// own scheme) says nothing.
fn read(text: &str) -> Option<Address> {
    if text.len() > ADDRESS_BYTES_MAX || !text.get(..4)?.eq_ignore_ascii_case("http") {
        return None;
    }
    plain(text).or_else(|| parse(text))
}

fn parse(text: &str) -> Option<Address> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    Some(Address {
        host: match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        },
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
    })
}

/// What [`parse`] finds in an address that has nothing to be decoded, encoded
/// or resolved. Most are so, and this takes a tenth of its time.
fn plain(text: &str) -> Option<Address> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = match before.find('/') {
        Some(at) => before.split_at(at),
        None => (before, "/"),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    let is_plain = is_plain_host(host)
        // A dot behind a slash may be a step up.
        && !path.contains("/.")
        && path.bytes().all(|byte| is_name(byte) || matches!(byte, b'/' | b'.'))
        && query.bytes().all(|byte| is_name(byte) || b"=&+%.".contains(&byte));
    is_plain.then(|| Address {
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
    })
}

/// Lower-case names with single dots and hyphens between them, the last of
/// which begins with a letter, so that it is no number; none is punycode.
fn is_plain_host(host: &str) -> bool {
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && !label.ends_with('-')
            && !label.contains("--")
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 63
        && last.starts_with(|first: char| first.is_ascii_lowercase())
        && host.split('.').all(is_label)
}

fn derive(row: &mut EventRow, property: &str, text: &str) {
    if let Some(index) = index_of(property) {
        debug_assert!(index < HOT.len(), "{property} has a column");
        row.derive_hot(index, text);
    }
}

#[cfg(test)]
mod tests {
    use event_schema::ids::ProjectId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn row(properties: &str) -> EventRow {
        let mut row = EventRow::new(ProjectId(Uuid::nil()), Uuid::nil(), "e", "p", 0);
        row.set_properties(properties).unwrap();
        derive_from_addresses(&mut row);
        row
    }

    #[test]
    fn an_address_is_taken_apart() {
        let row = row(
            r#"{"$current_url":"https://Shop.Example:8443/a/b?x=1&utm_source=n%20l&utm_medium=&utm_campaign=c#f",
            "$referrer":"http://www.google.com/search?q=x"}"#,
        );
        let of = |name| row.hot_property(name);
        assert_eq!(of("$host"), Some("shop.example:8443"));
        assert_eq!(of("$pathname"), Some("/a/b"));
        assert_eq!(of("utm_source"), Some("n l"));
        assert_eq!(of("utm_medium"), None);
        assert_eq!(of("utm_campaign"), Some("c"));
        assert_eq!(of("$referring_domain"), Some("www.google.com"));
    }

    #[test]
    fn what_was_sent_stays() {
        let row = row(
            r#"{"$current_url":"https://a.example/x?utm_source=a","$pathname":"/mine","utm_source":"b",
            "$referrer":"https://r.example/","$referring_domain":"$direct"}"#,
        );
        assert_eq!(row.hot_property("$pathname"), Some("/mine"));
        assert_eq!(row.hot_property("utm_source"), Some("b"));
        assert_eq!(row.hot_property("$referring_domain"), Some("$direct"));
    }

    #[test]
    fn what_is_no_address_of_the_web_says_nothing() {
        for text in [
            "$direct",
            "about:blank",
            "app://home",
            "http",
            "",
            "https://",
            "é",
            "htt\u{e9}p://x",
        ] {
            let row =
                row(&serde_json::json!({"$current_url": text, "$referrer": text}).to_string());
            assert_eq!(row.derived_mask(), 0, "{text}");
        }
    }

    #[test]
    fn common_addresses_are_plain() {
        for text in [
            "https://shop.example",
            "http://localhost/a/b-c_d.html?utm_source=n%20l&x=1",
            "https://www.google.com/",
        ] {
            assert_eq!(plain(text), parse(text), "{text}");
            assert!(plain(text).is_some(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_as_the_library_reads_it(
            text in "https?://[a-z0-9A-F.:@-]{0,12}[/a-z0-9.%~ \\\\-]{0,12}(\\?[a-z_=&%+#.?/é-]{0,12})?"
        ) {
            if let Some(address) = plain(&text) {
                prop_assert_eq!(Some(address), parse(&text));
            }
        }
    }
}
