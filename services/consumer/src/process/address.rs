//! What follows from a page's address and from where the visitor came.

use event_schema::hot::{HOT, index_of};
use url::Url;
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

/// Derives host, path and campaign from `$current_url`, and the referring
/// domain from `$referrer`.
pub fn derive_from_addresses(row: &mut EventRow) {
    if let Some(url) = row.hot_property("$current_url").and_then(parse) {
        let host = host_of(&url);
        derive(row, "$host", host.as_deref());
        derive(row, "$pathname", Some(url.path()));
        if url.query().is_some_and(|query| query.contains("utm_")) {
            for (name, value) in url.query_pairs() {
                if CAMPAIGN.contains(&name.as_ref()) && !value.is_empty() {
                    derive(row, &name, Some(&value));
                }
            }
        }
    }
    if let Some(url) = row.hot_property("$referrer").and_then(parse) {
        let host = host_of(&url);
        derive(row, "$referring_domain", host.as_deref());
    }
}

/// An address of the web; anything else (`$direct`, `about:blank`, an app's
/// own scheme) says nothing.
fn parse(text: &str) -> Option<Url> {
    if text.len() > ADDRESS_BYTES_MAX || !text.get(..4)?.eq_ignore_ascii_case("http") {
        return None;
    }
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Host and, where it is not the scheme's own, port: what a browser calls
/// `location.host`.
fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn derive(row: &mut EventRow, property: &str, text: Option<&str>) {
    if let (Some(index), Some(text)) = (index_of(property), text) {
        debug_assert!(index < HOT.len(), "{property} has a column");
        row.derive_hot(index, text);
    }
}

#[cfg(test)]
mod tests {
    use event_schema::ids::ProjectId;
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
}
