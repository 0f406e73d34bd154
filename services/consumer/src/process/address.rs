//! What follows from a page's address and from where the visitor came.

use std::ops::Range;

use event_schema::hot::{HOT, place};
use url::{Url, form_urlencoded};
use warehouse::EventRow;

const URL: usize = place("$current_url");
const HOST: usize = place("$host");
const PATH: usize = place("$pathname");
const REFERRER: usize = place("$referrer");
const REFERRING_DOMAIN: usize = place("$referring_domain");
/// Parameters of an address that have a column of their own.
const CAMPAIGN: [usize; 5] = [
    place("utm_source"),
    place("utm_medium"),
    place("utm_campaign"),
    place("utm_term"),
    place("utm_content"),
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

/// Where the same stands in an address that has nothing to be decoded, encoded
/// or resolved.
#[derive(Debug)]
struct Plain {
    host: Range<usize>,
    /// Empty when there is none, which means `/`.
    path: Range<usize>,
    /// Empty when there is none.
    query: Range<usize>,
}

/// Derives host, path and campaign from `$current_url`, and the referring
/// domain from `$referrer`.
pub fn derive_from_addresses(row: &mut EventRow) {
    if let Some(text) = sent(row, URL) {
        if let Some(plain) = plain(text) {
            let campaign = campaign(text, plain.query);
            row.derive_hot_part(HOST, URL, plain.host);
            if plain.path.is_empty() {
                row.derive_hot(PATH, "/");
            } else {
                row.derive_hot_part(PATH, URL, plain.path);
            }
            match campaign {
                Campaign::Parts(parts) => {
                    for (place, part) in CAMPAIGN.into_iter().zip(parts) {
                        if let Some(part) = part {
                            row.derive_hot_part(place, URL, part);
                        }
                    }
                }
                Campaign::Encoded(query) => derive_campaign(row, &query),
            }
        } else if let Some(address) = parse(text) {
            row.derive_hot(HOST, &address.host);
            row.derive_hot(PATH, &address.path);
            if has_campaign(&address.query) {
                derive_campaign(row, &address.query);
            }
        }
    }
    if let Some(text) = sent(row, REFERRER) {
        if let Some(plain) = plain(text) {
            row.derive_hot_part(REFERRING_DOMAIN, REFERRER, plain.host);
        } else if let Some(address) = parse(text) {
            row.derive_hot(REFERRING_DOMAIN, &address.host);
        }
    }
}

/// The address of the web that a hot property is; anything else (`$direct`,
/// `about:blank`, an app's own scheme) says nothing.
fn sent(row: &EventRow, place: usize) -> Option<&str> {
    let text = row.hot(place)?;
    let is_of_web = text.get(..4)?.eq_ignore_ascii_case("http");
    (is_of_web && text.len() <= ADDRESS_BYTES_MAX).then_some(text)
}

/// What a plain address says of a campaign.
enum Campaign {
    /// Where the value of each of [`CAMPAIGN`] stands in it.
    Parts([Option<Range<usize>>; CAMPAIGN.len()]),
    /// The query, in which something has to be decoded.
    Encoded(String),
}

fn campaign(text: &str, query: Range<usize>) -> Campaign {
    let mut parts = [const { None }; CAMPAIGN.len()];
    let mut start = query.start;
    let query = text.get(query).unwrap_or_default();
    if !has_campaign(query) {
        return Campaign::Parts(parts);
    }
    if query.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Campaign::Encoded(query.to_owned());
    }
    for pair in query.as_bytes().split(|byte| *byte == b'&') {
        let end = start + pair.len();
        if let Some(length) = pair.iter().position(|byte| *byte == b'=')
            && length + 1 < pair.len()
            && let Some(known) = campaign_of(&pair[..length])
        {
            parts[known].get_or_insert(start + length + 1..end);
        }
        start = end + 1;
    }
    Campaign::Parts(parts)
}

/// Whether taking the query apart may tell of one: mostly it does not. A name
/// may be encoded, too (`utm%5Fsource`).
fn has_campaign(query: &str) -> bool {
    query.contains('%') || query.as_bytes().windows(4).any(|four| four == b"utm_")
}

/// The place among [`CAMPAIGN`] of a parameter's name.
fn campaign_of(name: &[u8]) -> Option<usize> {
    let mut known = CAMPAIGN.iter();
    known.position(|place| HOT[*place].property.as_bytes() == name)
}

fn derive_campaign(row: &mut EventRow, query: &str) {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if let Some(known) = campaign_of(name.as_bytes())
            && !value.is_empty()
        {
            row.derive_hot(CAMPAIGN[known], &value);
        }
    }
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
/// or resolved. Most are so, and this takes a small part of its time.
fn plain(text: &str) -> Option<Plain> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let bytes = text.as_bytes();
    let until = |from: usize, kind: u8| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| is_of(**byte, kind)).count()
    };
    let start = text.len() - rest.len();
    let host = start..until(start, OF_HOST);
    let path = host.end..until(host.end, OF_PATH);
    let query = match bytes.get(path.end) {
        None => path.end..path.end,
        Some(b'?') => path.end + 1..until(path.end + 1, OF_QUERY),
        Some(_) => return None,
    };
    let is_path = matches!(bytes.get(host.end), None | Some(b'/' | b'?'));
    // A dot behind a slash may be a step up.
    let has_step = bytes.get(path.clone())?.windows(2).any(|two| two == b"/.");
    let is_plain =
        is_path && !has_step && query.end == bytes.len() && is_plain_host(bytes.get(host.clone())?);
    is_plain.then_some(Plain { host, path, query })
}

const OF_HOST: u8 = 1;
const OF_PATH: u8 = 2;
const OF_QUERY: u8 = 4;

/// Where each byte may stand in a plain address.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    loop {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' => OF_HOST | OF_PATH | OF_QUERY,
            b'A'..=b'Z' | b'_' | b'~' => OF_PATH | OF_QUERY,
            b'/' => OF_PATH,
            b'=' | b'&' | b'+' | b'%' => OF_QUERY,
            _ => 0,
        };
        if byte == u8::MAX {
            break kinds;
        }
        byte += 1;
    }
};

fn is_of(byte: u8, kind: u8) -> bool {
    KINDS[usize::from(byte)] & kind != 0
}

/// Lower-case names with single dots and hyphens between them, the last of
/// which begins with a letter, so that it is no number; none is punycode.
fn is_plain_host(host: &[u8]) -> bool {
    let mut before = b'.';
    let mut last_begins_with = b'.';
    for &byte in host {
        if before == b'.' {
            last_begins_with = byte;
        }
        let joins = matches!(byte, b'.' | b'-');
        if joins && !before.is_ascii_alphanumeric() {
            return false;
        }
        before = byte;
    }
    host.len() <= 63 && last_begins_with.is_ascii_lowercase() && before.is_ascii_alphanumeric()
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

    /// What stands where `plain` says.
    fn read_plain(text: &str) -> Option<Address> {
        let plain = plain(text)?;
        let part = |range: Range<usize>| text[range].to_owned();
        let path = if plain.path.is_empty() {
            "/".to_owned()
        } else {
            part(plain.path)
        };
        Some(Address {
            host: part(plain.host),
            path,
            query: part(plain.query),
        })
    }

    #[test]
    fn common_addresses_are_plain() {
        for text in [
            "https://shop.example",
            "http://localhost/a/b-c_d.html?utm_source=n%20l&x=1",
            "https://www.google.com/",
            "https://a-b.example?utm_term=x",
            "https://a.example/?x&utm_term=&utm_term=a=b&utm_term=c&utm_source&=d&utm_medium=e",
            "https://a.example/?utm_source=a+b&utm_medium=c",
            "https://a.example/?utm%5Fsource=a&%75%74m%5fterm=b",
        ] {
            assert_eq!(read_plain(text), parse(text), "{text}");
            assert!(plain(text).is_some(), "{text}");
            let row =
                row(&serde_json::json!({"$current_url": text, "$referrer": text}).to_string());
            let address = parse(text).unwrap();
            for name in CAMPAIGN.map(|place| HOT[place].property) {
                let mut pairs = form_urlencoded::parse(address.query.as_bytes());
                let value = pairs.find(|(known, value)| known == name && !value.is_empty());
                let value = value.map(|(_, value)| value);
                assert_eq!(row.hot_property(name), value.as_deref(), "{text}");
            }
            assert_eq!(row.hot_property("$host"), Some(&*address.host));
            assert_eq!(row.hot_property("$pathname"), Some(&*address.path));
            assert_eq!(row.hot_property("$referring_domain"), Some(&*address.host));
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_as_the_library_reads_it(
            text in "https?://[a-z0-9A-F.:@-]{0,12}[/a-z0-9.%~ \\\\-]{0,12}(\\?[a-z_=&%+#.?/é-]{0,12})?"
        ) {
            if let Some(address) = read_plain(&text) {
                prop_assert_eq!(Some(address), parse(&text));
            }
        }
    }
}
