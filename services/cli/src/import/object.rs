//! JSON objects whose values stay as they were written: `1.0`, `1e5` and integers of any
//! length reach the server with the digits that the file has.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// An object in the order of its names; of a repeated name the last value counts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Object {
    entries: Vec<(String, Box<RawValue>)>,
    places: HashMap<String, usize>,
}

impl Object {
    /// Reads the text of an object.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        let (_, value) = self.entries.get(*self.places.get(name)?)?;
        Some(value)
    }

    /// The value of a name, or of a path through objects (`user.id`) when no name is spelled so.
    pub(crate) fn find(&self, path: &str) -> Option<Box<RawValue>> {
        if let Some(value) = self.get(path) {
            return Some(value.to_owned());
        }
        path.match_indices('.').find_map(|(dot, _)| {
            let inner = Self::parse(self.get(path.get(..dot)?)?.get()).ok()?;
            inner.find(path.get(dot + 1..)?)
        })
    }

    /// Whether there is such a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Adds a value, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: Box<RawValue>) {
        let name = name.into();
        match self.places.get(&name) {
            Some(place) => {
                if let Some((_, known)) = self.entries.get_mut(*place) {
                    *known = value;
                }
            }
            None => {
                self.places.insert(name.clone(), self.entries.len());
                self.entries.push((name, value));
            }
        }
    }

    /// Adds a value unless the name has one.
    pub(crate) fn add(&mut self, name: &str, value: Box<RawValue>) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    /// Adds a text unless the name has a value.
    pub(crate) fn add_text(&mut self, name: &str, text: &str) {
        self.add(name, raw_text(text));
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), &**value))
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// As a value of another object.
    pub(crate) fn to_raw(&self) -> Box<RawValue> {
        to_raw_value(self).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object::default();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    object.set(name, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A text as a JSON value.
pub(crate) fn raw_text(text: &str) -> Box<RawValue> {
    to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The text of a scalar: strings as they are, numbers and booleans as written. `None` for
/// null, objects, arrays, and strings that are no Unicode text.
pub(crate) fn scalar_text(value: &RawValue) -> Option<String> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(json.to_owned()),
    }
}

/// Whether a value is null or the empty text: "not given" in every source.
pub(crate) fn is_blank(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "\"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_spelling() {
        let text =
            r#"{"a":1.0,"b":1e5,"c":123456789012345678901234567890,"d":{"x": [1 ]},"a":2.50}"#;
        let object = Object::parse(text).unwrap();
        assert_eq!(
            serde_json::to_string(&object).unwrap(),
            r#"{"a":2.50,"b":1e5,"c":123456789012345678901234567890,"d":{"x": [1 ]}}"#
        );
    }

    #[test]
    fn a_path_leads_through_objects_and_an_exact_name_wins() {
        let object = Object::parse(r#"{"u":{"id":1,"a":{"b":"deep"}},"u.id":2,"x.y":{"z":3}}"#);
        let object = object.unwrap();
        let found = |path| object.find(path).map(|value| value.get().to_owned());
        assert_eq!(found("u.id").as_deref(), Some("2"));
        assert_eq!(found("u.a.b").as_deref(), Some("\"deep\""));
        assert_eq!(found("x.y.z").as_deref(), Some("3"));
        assert_eq!(found("u.none"), None);
    }

    #[test]
    fn scalars_have_a_text() {
        let text = |json: &str| scalar_text(&RawValue::from_string(json.to_owned()).unwrap());
        assert_eq!(text(r#""\u00e4""#).as_deref(), Some("ä"));
        assert_eq!(text("1.50").as_deref(), Some("1.50"));
        assert_eq!(text("true").as_deref(), Some("true"));
        assert_eq!(text("null"), None);
        assert_eq!(text("[1]"), None);
        assert_eq!(text(r#""\ud800""#), None);
    }
}
