//! A look at an event's properties: the few that are needed here, wherever they
//! stand, the others passed over.

use std::borrow::Cow;
use std::fmt;

use event_schema::envelope::Members;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `$session_id`
    Session,
    /// `$current_url`
    Url,
    /// `$pathname`
    Path,
    /// `$screen_name`
    Screen,
    /// `$title`
    Title,
    /// `$event_type`
    EventType,
    /// `$raw_user_agent`
    UserAgent,
    /// `$device_type`
    Device,
    /// `$geoip_country_name`
    Country,
    /// `$geoip_country_code`
    CountryCode,
    /// `$geoip_city_name`
    City,
    /// `$geoip_latitude`
    Latitude,
    /// `$geoip_longitude`
    Longitude,
    /// `reason`
    Reason,
}

/// Names in the order of [`Wanted`].
const NAMES: [&str; 14] = [
    "$session_id",
    "$current_url",
    "$pathname",
    "$screen_name",
    "$title",
    "$event_type",
    "$raw_user_agent",
    "$device_type",
    "$geoip_country_name",
    "$geoip_country_code",
    "$geoip_city_name",
    "$geoip_latitude",
    "$geoip_longitude",
    "reason",
];

/// The properties that were found, as they were sent: JSON as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Glance<'a>([Option<&'a str>; NAMES.len()]);

impl<'a> Glance<'a> {
    /// Looks at a JSON object; at anything else there is nothing to see.
    #[must_use]
    pub fn at(properties: &'a RawValue) -> Self {
        serde_json::from_str(properties.get()).unwrap_or_default()
    }

    /// Looks at an object whose members were found already.
    #[must_use]
    pub fn of(properties: &Members<'a>) -> Self {
        let mut glance = Self::default();
        for member in properties.iter() {
            if let Some(place) = place_of(&member.name).and_then(|at| glance.0.get_mut(at)) {
                *place = Some(member.raw);
            }
        }
        glance
    }

    /// The value as it was sent, unless it is null.
    #[must_use]
    pub fn raw(&self, wanted: Wanted) -> Option<&'a RawValue> {
        let value = self.0[wanted as usize].filter(|value| *value != "null")?;
        serde_json::from_str(value).ok()
    }

    /// The value when it is text that is not empty.
    #[must_use]
    pub fn text(&self, wanted: Wanted) -> Option<Cow<'a, str>> {
        let Text(text) = serde_json::from_str(self.0[wanted as usize]?).ok()?;
        (!text.is_empty()).then_some(text)
    }

    /// The page that an event was on: the path of its address, else its path,
    /// else its screen.
    #[must_use]
    pub fn page(&self) -> Option<Cow<'a, str>> {
        self.text(Wanted::Url)
            .and_then(path_of)
            .or_else(|| self.text(Wanted::Path))
            .or_else(|| self.text(Wanted::Screen))
    }
}

/// The page of an address; the address itself when it has no path.
#[must_use]
pub fn page_of(url: &str) -> Cow<'_, str> {
    path_of(Cow::Borrowed(url)).unwrap_or(Cow::Borrowed(url))
}

/// The path of an address, `/` when it names only a host. What has no scheme
/// is a path already.
fn path_of(url: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let bare = &url[..end];
    let after_host = host_end(bare);
    let path = &bare[after_host.unwrap_or(0)..];
    match (path.is_empty(), after_host) {
        (true, Some(_)) => Some(Cow::Borrowed("/")),
        (true, None) => None,
        (false, _) => Some(Cow::Owned(path.to_owned())),
    }
}

/// Where the host of an address ends, when it has one.
fn host_end(bare: &str) -> Option<usize> {
    let slashes = bare.find("//")?;
    let scheme = &bare[..slashes];
    let is_scheme = scheme.is_empty()
        || scheme.strip_suffix(':').is_some_and(|scheme| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        });
    let host = slashes + 2;
    is_scheme.then(|| bare[host..].find('/').map_or(bare.len(), |at| host + at))
}

struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfText;
        impl<'de> Visitor<'de> for OfText {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(OfText)
    }
}

/// The place in [`NAMES`] of a member that is looked for.
fn place_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|wanted| *wanted == name)
}

/// A member's name, if it is one that is looked for.
struct Name(Option<usize>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(name) = Text::deserialize(deserializer)?;
        Ok(Self(place_of(&name)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Glance<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;
        impl<'de> Visitor<'de> for OfObject {
            type Value = Glance<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut glance = Glance::default();
                while let Some(Name(found)) = map.next_key()? {
                    match found.and_then(|at| glance.0.get_mut(at)) {
                        Some(place) => *place = Some(map.next_value::<&RawValue>()?.get()),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(glance)
            }
        }
        deserializer.deserialize_map(OfObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(properties: &str) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(properties).unwrap();
        Glance::at(raw).page().map(Cow::into_owned)
    }

    #[test]
    fn finds_what_it_wants_among_the_rest() {
        let text = r#"{"a":{"$session_id":"no"},"$session_id":"s\u0031","$event_type":null,"b":[1,2],"$title":5}"#;
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        let members: Members<'_> = serde_json::from_str(text).unwrap();
        for glance in [Glance::at(raw), Glance::of(&members)] {
            assert_eq!(glance.text(Wanted::Session).as_deref(), Some("s1"));
            assert!(glance.raw(Wanted::EventType).is_none());
            assert_eq!(glance.text(Wanted::EventType), None);
            assert_eq!(glance.text(Wanted::Title), None);
            assert_eq!(glance.raw(Wanted::Title).map(RawValue::get), Some("5"));
        }
    }

    #[test]
    fn a_page_is_the_path_of_the_address() {
        for (url, expected) in [
            ("https://shop.example/a/b?x=/c#d", Some("/a/b")),
            ("https://shop.example", Some("/")),
            ("https://shop.example?x", Some("/")),
            ("//shop.example/a", Some("/a")),
            ("/a/b#c", Some("/a/b")),
            ("app-1.x:///home", Some("/home")),
            ("#top", None),
        ] {
            assert_eq!(
                page(&format!(r#"{{"$current_url":"{url}"}}"#)).as_deref(),
                expected,
                "{url}"
            );
        }
        assert_eq!(
            page(r#"{"$pathname":"/p","$screen_name":"s"}"#).as_deref(),
            Some("/p")
        );
        assert_eq!(page(r#"{"$screen_name":"s"}"#).as_deref(), Some("s"));
        assert_eq!(page("{}"), None);
        assert_eq!(page("[1]"), None);
    }
}
