//! How a property is stored so that it compares as text and still comes back
//! exactly as it was sent.
//!
//! A value's **text form** is what filters and breakdowns see: strings as they
//! are, `true` and `false`, integers with all their digits, other numbers in
//! their shortest decimal form, objects and arrays as compact JSON; `null` has
//! none (it is "not set"). From the text alone the value is restored by one
//! rule, [`decode`] without an exception: text that is a canonical number,
//! `true`, `false`, or a compact object or array is that JSON; all else is a
//! string. What the rule would restore wrongly carries an *exception*: the
//! single character `"` for a string that looks like JSON, else the raw JSON.

use std::borrow::Cow;

/// The exception that marks a string whose text looks like other JSON.
pub const IS_STRING: &str = "\"";

/// A value as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The text form; `None` for `null`.
    pub text: Option<Cow<'a, str>>,
    /// What [`decode`] needs besides the text, if anything.
    pub restore: Option<Cow<'a, str>>,
}

/// The stored form of one JSON value given as text. `raw` must be valid JSON;
/// a string with a lone surrogate is stored with U+FFFD in its text form and
/// restored exactly.
#[must_use]
pub fn encode(raw: &str) -> Stored<'_> {
    let raw = raw.trim_matches([' ', '\t', '\n', '\r']);
    encode_scanned(raw, raw.contains('\\'))
}

/// The same of a value without white space around it, of which it is known
/// whether a backslash is in it; only a string's matters.
#[must_use]
pub fn encode_scanned(raw: &str, is_escaped: bool) -> Stored<'_> {
    match raw.as_bytes().first() {
        Some(b'"') => encode_string(raw, is_escaped),
        Some(b't' | b'f') => Stored {
            text: Some(Cow::Borrowed(raw)),
            restore: None,
        },
        Some(b'{' | b'[') => encode_container(raw),
        Some(b'-' | b'0'..=b'9') => {
            let text = canonical_number(raw);
            let restore = (text != raw).then_some(Cow::Borrowed(raw));
            Stored {
                text: Some(text),
                restore,
            }
        }
        _ => Stored {
            text: None,
            restore: Some(Cow::Borrowed("null")),
        },
    }
}

/// The JSON text of a stored value; the inverse of [`encode`].
#[must_use]
pub fn decode(text: Option<&str>, restore: Option<&str>) -> String {
    match (text, restore) {
        (Some(text), Some(IS_STRING)) => quote(text),
        (_, Some(raw)) => raw.to_owned(),
        (Some(text), None) if looks_like_json(text) => text.to_owned(),
        (Some(text), None) => quote(text),
        (None, None) => "null".to_owned(),
    }
}

fn encode_string(raw: &str, is_escaped: bool) -> Stored<'_> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    let text: Cow<'_, str> = if is_escaped {
        match serde_json::from_str::<String>(raw) {
            Ok(text) => Cow::Owned(text),
            Err(_) => return lossy_string(raw),
        }
    } else {
        Cow::Borrowed(inner)
    };
    let restore = looks_like_json(&text).then_some(Cow::Borrowed(IS_STRING));
    Stored {
        text: Some(text),
        restore,
    }
}

/// A string that no UTF-8 text equals (a lone surrogate): its text form has
/// replacement characters, the exception keeps the original.
fn lossy_string(raw: &str) -> Stored<'_> {
    // Bytes are read with surrogates let through (WTF-8), then made readable.
    let bytes = serde_json::from_str::<Wtf8>(raw)
        .map(|text| text.0)
        .unwrap_or_default();
    Stored {
        text: Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())),
        restore: Some(Cow::Borrowed(raw)),
    }
}

struct Wtf8(Vec<u8>);

impl<'de> serde::Deserialize<'de> for Wtf8 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Wtf8;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Wtf8, E> {
                Ok(Wtf8(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

fn encode_container(raw: &str) -> Stored<'_> {
    let text = compact(raw);
    // White space means nothing in JSON, so the compact form is the value.
    Stored {
        text: Some(text),
        restore: None,
    }
}

/// `raw` without insignificant white space, and with its strings escaped no
/// more than JSON demands.
fn compact(raw: &str) -> Cow<'_, str> {
    if !raw
        .bytes()
        .any(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\\'))
    {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(quote_at) = rest.find('"') {
        out.extend(rest[..quote_at].split_ascii_whitespace());
        let string = &rest[quote_at..];
        let end = string_end(string);
        match string[..end]
            .contains('\\')
            .then(|| serde_json::from_str::<String>(&string[..end]))
        {
            Some(Ok(text)) => out.push_str(&quote(&text)),
            _ => out.push_str(&string[..end]),
        }
        rest = &string[end..];
    }
    out.extend(rest.split_ascii_whitespace());
    Cow::Owned(out)
}

/// The length of the JSON string that `text` starts with, quotes included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The shortest decimal form of a JSON number: integers keep all digits,
/// `1.0` is `1`, `1e3` is `1000`; below 1e-7 and from 1e21 on the exponent
/// stays (`1e-9`), and what no double holds is left as it is.
#[must_use]
pub fn canonical_number(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Cow::Borrowed(if raw == "-0" { "0" } else { raw });
    }
    if is_short_decimal(raw) {
        return Cow::Borrowed(raw);
    }
    match raw.parse::<f64>() {
        Ok(value)
            if value == 0.0
                && !raw
                    .bytes()
                    .take_while(|byte| !matches!(byte, b'e' | b'E'))
                    .any(|byte| matches!(byte, b'1'..=b'9')) =>
        {
            Cow::Borrowed("0")
        }
        Ok(value) if value.is_finite() && value != 0.0 => {
            let size = value.abs();
            let text = if (1e-7..1e21).contains(&size) {
                format!("{value}")
            } else {
                format!("{value:e}")
            };
            if text == raw {
                Cow::Borrowed(raw)
            } else {
                Cow::Owned(text)
            }
        }
        _ => Cow::Borrowed(raw),
    }
}

/// Whether `raw`, a JSON number, is in its shortest decimal form for a reason that is
/// quickly seen: no exponent, no zero at the end, and at most fifteen digits. A
/// double tells any two such numbers apart, so none is a shorter form of another.
fn is_short_decimal(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    let Some((whole, fraction)) = digits.split_once('.') else {
        return false;
    };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits.len() <= 16
        && is_plain(whole)
        && is_plain(fraction)
        && !fraction.ends_with('0')
        // From 1e-7 on.
        && !(whole == "0" && fraction.starts_with("0000000"))
}

/// Whether [`decode`] without an exception would read `text` as something
/// other than a string.
fn looks_like_json(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b't') => text == "true",
        Some(b'f') => text == "false",
        Some(b'-' | b'0'..=b'9') => is_json_number(text) && canonical_number(text) == text,
        Some(b'{' | b'[') => {
            serde_json::from_str::<&serde_json::value::RawValue>(text)
                .is_ok_and(|raw| raw.get() == text)
                && compact(text) == text
        }
        _ => false,
    }
}

/// Whether `text` has the grammar of a JSON number.
#[must_use]
pub fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    if whole == 0 || (whole > 1 && digits.starts_with('0')) {
        return false;
    }
    let mut rest = &digits[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
    }
    rest.is_empty()
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
