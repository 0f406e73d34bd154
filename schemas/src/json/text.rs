//! The content of a JSON string, unescaped only when somebody asks for it.

use std::borrow::Cow;
use std::str::Utf8Error;

/// The bytes between the quotes of a JSON string.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a [u8],
    is_escaped: bool,
}

/// A JSON string that no Unicode text equals: a lone surrogate, an unknown
/// escape, or bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the string is no Unicode text")]
pub struct NotText;

impl<'a> Text<'a> {
    pub(super) const fn new(raw: &'a [u8], is_escaped: bool) -> Self {
        Self { raw, is_escaped }
    }

    /// The bytes as they stand between the quotes.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether it holds a backslash.
    #[must_use]
    pub const fn is_escaped(&self) -> bool {
        self.is_escaped
    }

    /// The text as a name to compare by: escapes resolved where there are any
    /// (what is no text stays as it stands).
    #[must_use]
    pub fn name(&self) -> Cow<'a, [u8]> {
        match self.is_escaped.then(|| self.decode()) {
            Some(Ok(text)) => Cow::Owned(text.into_owned().into_bytes()),
            _ => Cow::Borrowed(self.raw),
        }
    }

    /// Whether the text equals `name`, escapes resolved.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        if self.is_escaped {
            self.decode().is_ok_and(|text| text == name)
        } else {
            self.raw == name.as_bytes()
        }
    }

    /// The text itself: borrowed unless something in it is escaped.
    ///
    /// # Errors
    /// [`NotText`] when it is none.
    pub fn decode(&self) -> Result<Cow<'a, str>, NotText> {
        self.decode_within("")
    }

    /// Like [`Self::decode`] for a string that stands in `whole`.
    ///
    /// # Errors
    /// [`NotText`] when it is no text.
    pub fn decode_within(&self, whole: &'a str) -> Result<Cow<'a, str>, NotText> {
        let text = text_within(whole, self.raw).map_err(|_| NotText)?;
        if self.is_escaped {
            unescape(text).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(text))
        }
    }

    /// The text with U+FFFD for what is none, for messages to people.
    #[must_use]
    pub fn lossy(&self) -> Cow<'a, str> {
        self.decode()
            .unwrap_or_else(|_| String::from_utf8_lossy(self.raw))
    }
}

/// `bytes` as text. Where they stand in `whole`, which is text, they are not
/// looked at again.
///
/// # Errors
/// When they are no UTF-8.
pub fn text_within<'a>(whole: &'a str, bytes: &'a [u8]) -> Result<&'a str, Utf8Error> {
    let start = bytes.as_ptr().addr().checked_sub(whole.as_ptr().addr());
    let end = start.and_then(|start| start.checked_add(bytes.len()));
    let known = start
        .zip(end)
        .and_then(|(start, end)| whole.get(start..end));
    known.map_or_else(|| std::str::from_utf8(bytes), Ok)
}

fn unescape(text: &str) -> Result<String, NotText> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let kind = escape.as_bytes().get(1).copied().ok_or(NotText)?;
        let simple = match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, length) = unicode_escape(escape.as_bytes())?;
                out.push(character);
                rest = escape.get(length..).ok_or(NotText)?;
                continue;
            }
            _ => return Err(NotText),
        };
        out.push(simple);
        rest = escape.get(2..).ok_or(NotText)?;
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of the `\uXXXX` (or pair) that `escape` starts with, and the
/// bytes it takes.
fn unicode_escape(escape: &[u8]) -> Result<(char, usize), NotText> {
    let first = hex4(escape.get(2..6)).ok_or(NotText)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    let is_pair = (0xD800..0xDC00).contains(&first) && escape.get(6..8) == Some(b"\\u");
    let second = is_pair
        .then(|| hex4(escape.get(8..12)))
        .flatten()
        .filter(|second| (0xDC00..0xE000).contains(second))
        .ok_or(NotText)?;
    let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    char::from_u32(code)
        .map(|character| (character, 12))
        .ok_or(NotText)
}

fn hex4(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, byte| {
        char::from(*byte)
            .to_digit(16)
            .map(|digit| value * 16 + digit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(raw: &str) -> Result<String, NotText> {
        Text::new(raw.as_bytes(), raw.contains('\\'))
            .decode()
            .map(Cow::into_owned)
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(decode(r#"a\n\"\/\\\u00e9"#).unwrap(), "a\n\"/\\é");
        assert_eq!(decode(r"\ud83d\ude00").unwrap(), "😀");
        assert_eq!(decode(r"\u0000").unwrap(), "\0");
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        for raw in [
            r"\ud83d",
            r"\ude00\ud83d",
            r"\ud83dx",
            r"\x",
            r"\u12",
            r"\ud83d\u0041",
        ] {
            assert_eq!(decode(raw), Err(NotText), "{raw}");
        }
        assert_eq!(Text::new(b"\xff", false).decode(), Err(NotText));
        assert_eq!(Text::new(b"a\xff", false).lossy(), "a\u{fffd}");
    }

    #[test]
    fn a_part_is_the_same_text_wherever_it_stands() {
        let whole = "naïve text".to_owned();
        let other = String::from("naïve text");
        for (start, end) in [(0, 2), (2, 4), (0, 11), (11, 11), (3, 3), (4, 9)] {
            let part = &whole.as_bytes()[start..end];
            let expected = std::str::from_utf8(part);
            for known in [whole.as_str(), &other, "", &whole[..4], &whole[4..]] {
                assert_eq!(text_within(known, part), expected, "{start}..{end}");
            }
        }
        // Cut through a character.
        assert!(text_within(&whole, &whole.as_bytes()[..3]).is_err());
    }

    proptest! {
        #[test]
        fn any_text_survives_escaping(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let inner = &json[1..json.len() - 1];
            prop_assert_eq!(decode(inner).unwrap(), text);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Text::new(&bytes, true).decode();
        }
    }
}
