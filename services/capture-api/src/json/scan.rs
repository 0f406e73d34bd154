//! The scanner: one pass over the bytes, no recursion, no allocation beyond
//! one bit for each open bracket.

use super::number::{NumberForm, number};
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

    /// The bytes from `start` to where the scanner stands.
    #[must_use]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The first flaw since the last call.
    pub fn take_flaw(&mut self) -> Option<Flaw> {
        self.flaw.take()
    }

    /// The next byte that is no white space, without going past it.
    pub fn peek(&mut self) -> Option<u8> {
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
    pub fn value(&mut self) -> Result<Value<'a>, SyntaxError> {
        let first = self.peek();
        let start = self.at;
        let (kind, is_escaped) = match first {
            Some(b'"') => (Kind::String, self.string()?),
            Some(b'{') => {
                self.container()?;
                (Kind::Object, false)
            }
            Some(b'[') => {
                self.container()?;
                (Kind::Array, false)
            }
            _ => (self.literal()?, false),
        };
        self.is_first = false;
        Ok(Value {
            raw: self.since(start),
            kind,
            is_escaped,
        })
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

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), SyntaxError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(expected))
    }

    fn error(&self, expected: &'static str) -> SyntaxError {
        SyntaxError {
            at: self.at,
            expected,
        }
    }

    fn note(&mut self, kind: FlawKind, at: usize) {
        self.flaw.get_or_insert(Flaw { kind, at });
    }

    fn key(&mut self) -> Result<Text<'a>, SyntaxError> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.error("a quoted name"));
        }
        let start = self.at + 1;
        let is_escaped = self.string()?;
        let raw = self.bytes.get(start..self.at - 1).unwrap_or_default();
        self.expect(b':', "a colon")?;
        Ok(Text::new(raw, is_escaped))
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

    /// Goes past a string; true when it holds a backslash.
    fn string(&mut self) -> Result<bool, SyntaxError> {
        self.at += 1;
        let mut is_escaped = false;
        loop {
            self.at += plain_length(self.bytes.get(self.at..).unwrap_or_default());
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(is_escaped);
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

    fn literal(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            .count();
        if length == 0 {
            return Err(self.error("a value"));
        }
        self.at += length;
        let literal = self.since(start);
        Ok(match literal {
            b"true" | b"false" => Kind::Bool,
            b"null" => Kind::Null,
            _ => {
                match number(literal) {
                    NumberForm::Valid => {}
                    NumberForm::OutOfRange => self.note(FlawKind::NumberOutOfRange, start),
                    NumberForm::NotANumber => self.note(FlawKind::InvalidLiteral, start),
                }
                Kind::Number
            }
        })
    }
}

/// The open brackets of a container: one bit each, set for an object.
#[derive(Debug, Default)]
struct Brackets {
    bits: Vec<u64>,
    depth: usize,
}

impl Brackets {
    fn clear(&mut self) {
        self.depth = 0;
    }

    fn push(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.bits.len() {
            self.bits.push(0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits = (*bits & !(1 << bit)) | (u64::from(is_object) << bit);
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn is_object(&self) -> bool {
        let top = self.depth.saturating_sub(1);
        self.bits
            .get(top / 64)
            .is_some_and(|bits| bits >> (top % 64) & 1 == 1)
    }
}

/// How many bytes from the start of `bytes` stand for themselves in a string:
/// no quote, no backslash, no control character. Eight bytes at a time.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // In each, the lowest high bit set marks the first byte that matches.
        let quote = zero_bytes(word ^ (ONES * 0x22));
        let backslash = zero_bytes(word ^ (ONES * 0x5c));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quote | backslash | control;
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let done = bytes.len() - tail.len();
    let rest = tail
        .iter()
        .take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    return done + rest.count();

    fn zero_bytes(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGHS
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
