//! Whole numbers with more digits than any machine number.

use std::borrow::Cow;

/// JSON in which each whole number that 64 bits do not hold is the text of its
/// digits instead. A filter's value is compared as text or, being numeric
/// text, as a number: it means the same and keeps all its digits. Wherever a
/// number alone is allowed, one as long as that is out of range anyway.
pub(crate) fn keep_digits(json: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at = end_of_text(json, at),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(json, at);
                let number = json.get(at..end).unwrap_or_default();
                if is_long(number) {
                    kept.extend_from_slice(json.get(copied..at).unwrap_or_default());
                    kept.push(b'"');
                    kept.extend_from_slice(number);
                    kept.push(b'"');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    kept.extend_from_slice(json.get(copied..).unwrap_or_default());
    Cow::Owned(kept)
}

/// The place after the text that begins at `at`.
fn end_of_text(json: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

/// The place after the number that begins at `at`.
fn end_of_number(json: &[u8], at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
        .count();
    at + length.max(1)
}

/// Whether a number is whole, well written, and longer than 64 bits.
fn is_long(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let is_whole = digits.iter().all(u8::is_ascii_digit) && digits.first() != Some(&b'0');
    let text = std::str::from_utf8(number).unwrap_or_default();
    is_whole && !digits.is_empty() && text.parse::<i64>().is_err() && text.parse::<u64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(json: &str) -> String {
        String::from_utf8(keep_digits(json.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn only_whole_numbers_beyond_64_bits_become_text() {
        let long = "123456789012345678901234567890";
        for (json, expected) in [
            (format!("[{long}]"), format!("[\"{long}\"]")),
            (
                format!("{{\"a\":-{long},\"b\":1}}"),
                format!("{{\"a\":\"-{long}\",\"b\":1}}"),
            ),
            (long.to_owned(), format!("\"{long}\"")),
        ] {
            assert_eq!(kept(&json), expected);
        }
        for same in [
            "18446744073709551615",
            "-9223372036854775808",
            "[1, -2, 1.5, 1e400]",
            "\"a \\\" 123456789012345678901234567890\"",
            "123456789012345678901234567890.5",
            "0123456789012345678901234567890",
            "\"unclosed",
            "-",
        ] {
            assert_eq!(kept(same), same);
        }
    }
}
