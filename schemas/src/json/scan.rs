//! The scanner: one pass over the bytes, no recursion, no allocation beyond
//! one bit for each open bracket.

use super::string::plain_length;

use super::brackets::Brackets;
use super::number::{NumberForm, number, plain_number_length};
use super::text::Text;
use super::value::{Kind, Value};

/// Where the body stops being JSON whose structure can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at byte {at}")]
pub struct SyntaxError {
    /// Offset from the start of the scanned text.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// A fault inside a value whose extent is clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong.
    pub kind: FlawKind,
    /// Offset from the start of the scanned text.
    pub at: usize,
}

/// The kinds of [`Flaw`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// Brackets nest deeper than the limit.
    TooDeep,
    /// A control character stands unescaped in a string.
    ControlCharacter,
    /// A backslash is followed by what is no escape.
    InvalidEscape,
    /// Something that is neither a number nor `true`, `false`, `null`.
    InvalidLiteral,
    /// A number beyond what a double holds, such as `1e400`.
    NumberOutOfRange,
}

/// Reads JSON values one after the other.
#[derive(Debug)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    nesting_max: usize,
    flaw: Option<Flaw>,
    /// Whether the next member or item is the first of its container.
    is_first: bool,
    brackets: Brackets,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `bytes`; a value that nests deeper than
    /// `nesting_max` is flawed.
    #[must_use]
    pub fn new(bytes: &'a [u8], nesting_max: usize) -> Self {
        Self {
            bytes,
            at: 0,
            nesting_max,
            flaw: None,
            is_first: true,
            brackets: Brackets::default(),
        }
    }

    /// Where the scanner stands, as an offset.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left behind where the scanner stands.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The bytes from `start` to where the scanner stands.
    #[must_use]
    #[inline]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Goes past `text` if exactly that stands here.
    #[inline]
    pub fn skip(&mut self, text: &[u8]) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        rest.starts_with(text).then(|| self.at += text.len())
    }

    /// Goes past the next `N` bytes, whatever they are, if there are so many.
    #[inline]
    pub fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let taken = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(taken)
    }

    /// The first flaw since the last call.
    pub fn take_flaw(&mut self) -> Option<Flaw> {
        self.flaw.take()
    }

    /// The next byte that is no white space, without going past it.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte > b' ' => Some(byte),
            _ => self.peek_behind_space(),
        }
    }

    #[cold]
    fn peek_behind_space(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Goes past an opening brace.
    ///
    /// # Errors
    /// When there is none.
    pub fn begin_object(&mut self) -> Result<(), SyntaxError> {
        self.is_first = true;
        self.expect(b'{', "an object")
    }

    /// Goes past an opening bracket.
    ///
    /// # Errors
    /// When there is none.
    pub fn begin_array(&mut self) -> Result<(), SyntaxError> {
        self.is_first = true;
        self.expect(b'[', "an array")
    }

    /// The key of the next member, with the scanner at its value; `None` at
    /// the end of the object, which it goes past.
    ///
    /// # Errors
    /// When the structure is broken.
    #[inline(always)]
    pub fn next_key(&mut self) -> Result<Option<Text<'a>>, SyntaxError> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !is_first => {
                self.at += 1;
                self.peek();
            }
            Some(b'"') if is_first => {}
            _ => return Err(self.error("a comma or the end of the object")),
        }
        self.key().map(Some)
    }

    /// The next member; `None` at the end of the object, which it goes past.
    ///
    /// # Errors
    /// When the structure is broken.
    // Inlined with all that it calls but rare cases: who walks over members
    // needs little of each, and handing it over costs as much as finding it.
    #[inline(always)]
    pub fn next_member(&mut self) -> Result<Option<(Text<'a>, Value<'a>)>, SyntaxError> {
        let Some(key) = self.next_key()? else {
            return Ok(None);
        };
        Ok(Some((key, self.value()?)))
    }

    /// Whether another item follows, with the scanner at it; at the end of the
    /// array it goes past that.
    ///
    /// # Errors
    /// When the structure is broken.
    pub fn next_item(&mut self) -> Result<bool, SyntaxError> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !is_first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if is_first => Ok(true),
            _ => Err(self.error("a comma or the end of the array")),
        }
    }

    /// Makes sure that nothing but white space follows.
    ///
    /// # Errors
    /// When something does.
    pub fn finish(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("the end of the body")),
        }
    }

    /// Goes past one value of any kind.
    ///
    /// # Errors
    /// When the structure is broken.
    #[inline(always)]
    pub fn value(&mut self) -> Result<Value<'a>, SyntaxError> {
        let first = self.peek();
        let start = self.at;
        let (kind, is_escaped) = if first == Some(b'"') {
            (Kind::String, self.string()?.is_escaped())
        } else {
            (self.unquoted(first)?, false)
        };
        self.is_first = false;
        Ok(Value {
            raw: self.since(start),
            kind,
            is_escaped,
        })
    }

    /// Goes past a value that is no string and begins with `first`.
    #[inline(never)]
    fn unquoted(&mut self, first: Option<u8>) -> Result<Kind, SyntaxError> {
        match first {
            Some(b'{') => self.container().map(|()| Kind::Object),
            Some(b'[') => self.container().map(|()| Kind::Array),
            _ => self.literal(),
        }
    }

    /// Like [`Self::value`] for an object that is a mere wrapping: its members,
    /// not it itself, may nest to the limit.
    ///
    /// # Errors
    /// When the structure is broken.
    pub fn value_with_members(&mut self) -> Result<Value<'a>, SyntaxError> {
        let nesting_max = self.nesting_max;
        let is_object = self.peek() == Some(b'{');
        self.nesting_max = nesting_max.saturating_add(usize::from(is_object));
        let value = self.value();
        self.nesting_max = nesting_max;
        value
    }

    #[inline]
    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), SyntaxError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(expected))
    }

    #[cold]
    fn error(&self, expected: &'static str) -> SyntaxError {
        SyntaxError {
            at: self.at,
            expected,
        }
    }

    fn note(&mut self, kind: FlawKind, at: usize) {
        self.flaw.get_or_insert(Flaw { kind, at });
    }

    #[inline]
    fn key(&mut self) -> Result<Text<'a>, SyntaxError> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.error("a quoted name"));
        }
        let name = self.string()?;
        self.expect(b':', "a colon")?;
        Ok(name)
    }

    /// Goes past a container by keeping one bit for each open bracket.
    fn container(&mut self) -> Result<(), SyntaxError> {
        self.brackets.clear();
        loop {
            // At a value.
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(open @ (b'{' | b'[')) => {
                    self.brackets.push(open == b'{');
                    if self.brackets.depth > self.nesting_max {
                        self.note(FlawKind::TooDeep, self.at);
                    }
                    self.at += 1;
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.peek() != Some(close) {
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                    self.brackets.pop();
                }
                _ => {
                    self.literal()?;
                }
            }
            if self.close_or_continue()? {
                return Ok(());
            }
        }
    }

    /// Behind a value inside a container: closes what ends here. True when the
    /// outermost one has ended, false when another value follows.
    fn close_or_continue(&mut self) -> Result<bool, SyntaxError> {
        while self.brackets.depth > 0 {
            let in_object = self.brackets.is_object();
            match (self.peek(), in_object) {
                (Some(b','), true) => {
                    self.at += 1;
                    self.peek();
                    self.key()?;
                    return Ok(false);
                }
                (Some(b','), false) => {
                    self.at += 1;
                    return Ok(false);
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    self.at += 1;
                    self.brackets.pop();
                }
                (_, true) => return Err(self.error("a comma or the end of the object")),
                (_, false) => return Err(self.error("a comma or the end of the array")),
            }
        }
        Ok(true)
    }

    /// Goes past a string, at whose first quote the scanner stands.
    #[inline]
    fn string(&mut self) -> Result<Text<'a>, SyntaxError> {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        if let Some((plain, [b'"', ..])) = rest.split_at_checked(plain_length(rest)) {
            self.at += plain.len() + 2;
            return Ok(Text::new(plain, false));
        }
        self.unusual_string()
    }

    /// The same for one that is not plain from quote to quote.
    #[inline(never)]
    fn unusual_string(&mut self) -> Result<Text<'a>, SyntaxError> {
        self.at += 1;
        let start = self.at;
        let mut is_escaped = false;
        loop {
            self.at += plain_length(self.bytes.get(self.at..).unwrap_or_default());
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let content = self.since(start);
                    self.at += 1;
                    return Ok(Text::new(content, is_escaped));
                }
                Some(b'\\') => {
                    is_escaped = true;
                    self.escape();
                }
                Some(_) => {
                    self.note(FlawKind::ControlCharacter, self.at);
                    self.at += 1;
                }
                None => return Err(self.error("the end of the string")),
            }
        }
    }

    /// Goes past the backslash and the character behind it. Surrogates are not
    /// paired here: a lone one is valid JSON.
    fn escape(&mut self) {
        let is_valid = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => self
                .bytes
                .get(self.at + 2..self.at + 6)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
            _ => false,
        };
        if !is_valid {
            self.note(FlawKind::InvalidEscape, self.at);
        }
        self.at += 2;
    }

    /// Goes past what is no string and no container: nearly always one of the
    /// three words or a plain number, and anything else is looked at closely.
    fn literal(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (kind, plain) = match rest {
            [b't', b'r', b'u', b'e', ..] => (Kind::Bool, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Kind::Bool, 5),
            [b'n', b'u', b'l', b'l', ..] => (Kind::Null, 4),
            _ => (Kind::Number, plain_number_length(rest)),
        };
        if plain > 0 && !rest.get(plain).is_some_and(is_of_literal) {
            self.at += plain;
            return Ok(kind);
        }
        let length = rest.iter().take_while(|byte| is_of_literal(byte)).count();
        if length == 0 {
            return Err(self.error("a value"));
        }
        self.at += length;
        match number(self.since(start)) {
            NumberForm::Valid => {}
            NumberForm::OutOfRange => self.note(FlawKind::NumberOutOfRange, start),
            NumberForm::NotANumber => self.note(FlawKind::InvalidLiteral, start),
        }
        Ok(Kind::Number)
    }
}

/// Whether `byte` may stand in what is no string and no container.
fn is_of_literal(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
