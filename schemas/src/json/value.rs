//! A value of the body: where it stands and of which kind it is.

use std::borrow::Cow;

use super::scan::{Scanner, SyntaxError};
use super::text::{NotText, Text, text_within};

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, as written.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A JSON value as it stands in the body, without white space around it.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// The text, quotes and brackets included.
    pub raw: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Whether it is a string that holds a backslash.
    pub is_escaped: bool,
}

impl<'a> Value<'a> {
    /// Reads `text` as one JSON value.
    ///
    /// # Errors
    /// When it is none, or something follows it.
    pub fn parse(text: &'a [u8], nesting_max: usize) -> Result<Self, SyntaxError> {
        let mut scanner = Scanner::new(text, nesting_max);
        let value = scanner.value()?;
        scanner.finish()?;
        Ok(value)
    }

    /// An object whose text was scanned before.
    pub const fn object(raw: &'a [u8]) -> Self {
        Self {
            raw,
            kind: Kind::Object,
            is_escaped: false,
        }
    }

    /// The string's content; `None` for any other kind.
    #[must_use]
    pub fn as_text(&self) -> Option<Text<'a>> {
        (self.kind == Kind::String).then(|| {
            let inner = self.raw.get(1..self.raw.len().saturating_sub(1));
            Text::new(inner.unwrap_or_default(), self.is_escaped)
        })
    }

    /// The text of a string, a number or a boolean; `None` for the rest.
    ///
    /// # Errors
    /// When the string is no Unicode text.
    pub fn scalar_text(&self) -> Result<Option<Cow<'a, str>>, NotText> {
        self.scalar_text_within("")
    }

    /// Like [`Self::scalar_text`] for a value that stands in `whole`.
    ///
    /// # Errors
    /// When the string is no Unicode text.
    pub fn scalar_text_within(&self, whole: &'a str) -> Result<Option<Cow<'a, str>>, NotText> {
        match self.kind {
            Kind::String => self
                .as_text()
                .map(|text| text.decode_within(whole))
                .transpose(),
            Kind::Number | Kind::Bool => text_within(whole, self.raw)
                .map(|text| Some(Cow::Borrowed(text)))
                .map_err(|_| NotText),
            Kind::Null | Kind::Array | Kind::Object => Ok(None),
        }
    }

    /// Whether it is `true`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.raw == b"true"
    }

    /// Calls `each` with every member of an object, in order; nothing for any
    /// other kind. The value was scanned before, so it has no syntax errors.
    pub fn for_each_member(&self, mut each: impl FnMut(Text<'a>, Value<'a>)) {
        if self.kind != Kind::Object {
            return;
        }
        let mut scanner = Scanner::new(self.raw, usize::MAX);
        if scanner.begin_object().is_err() {
            return;
        }
        while let Ok(Some((key, value))) = scanner.next_member() {
            each(key, value);
        }
    }

    /// The last member named `name`, as JSON readers understand repeated ones.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Value<'a>> {
        let mut found = None;
        self.for_each_member(|key, value| {
            if key.is(name) {
                found = Some(value);
            }
        });
        found
    }
}
