//! A statement: text that the code wrote, and values that somebody sent.

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A value bound to a `{name:Type}` place of a statement. It reaches the
/// engine as a parameter of the request, never as part of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// For `String`, and for types that the engine parses from text.
    Text(String),
    /// For `Int64` and narrower.
    Integer(i64),
    /// For `UInt64` and narrower.
    Unsigned(u64),
    /// For `Float64`.
    Float(f64),
    /// For `UUID`.
    Uuid(Uuid),
    /// For `Array(String)`.
    Texts(Vec<String>),
    /// For `Array(Int64)`.
    Integers(Vec<i64>),
    /// For `Array(UInt64)`.
    Unsigneds(Vec<u64>),
}

impl Serialize for Param {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(value) => serializer.serialize_str(value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Uuid(value) => serializer.serialize_str(&value.to_string()),
            Self::Texts(values) => values.serialize(serializer),
            Self::Integers(values) => values.serialize(serializer),
            Self::Unsigneds(values) => values.serialize(serializer),
        }
    }
}

macro_rules! param_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Param {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

param_from! {
    String => Text,
    &str => Text,
    i64 => Integer,
    i32 => Integer,
    u64 => Unsigned,
    u32 => Unsigned,
    f64 => Float,
    Uuid => Uuid,
    Vec<String> => Texts,
    Vec<i64> => Integers,
    Vec<u64> => Unsigneds,
}

/// A read: text with `{name:Type}` places, the values for them, and settings
/// that the code chose for it.
///
/// Every read of a table of events carries `{{project}}` in its condition (or
/// `{{project:alias}}` where the table has an alias); the scope that runs the
/// statement fills it in. Neither the text nor a setting may come from a
/// client's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    text: String,
    params: Vec<(String, Param)>,
    settings: Vec<(&'static str, String)>,
}

impl Statement {
    /// A statement without values yet.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            params: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// Binds one value.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Param>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Binds values that were collected while the text was made.
    #[must_use]
    pub fn bind_all(mut self, params: Vec<(String, Param)>) -> Self {
        self.params.extend(params);
        self
    }

    /// Chooses a setting of the engine for this statement.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// The text, with its places.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound values.
    pub fn params(&self) -> &[(String, Param)] {
        &self.params
    }

    /// The chosen settings.
    pub fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }
}
