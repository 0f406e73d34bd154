//! The rules of an event's own fields that hold whatever SDK sent it.

use crate::limits::{DISTINCT_ID_CHARS_MAX, EVENT_NAME_CHARS_MAX};
use crate::reason::RejectReason;

/// Texts that clients send where they mean nobody.
const NOBODY: [&str; 4] = ["", "null", "undefined", "[object Object]"];

/// The event name as it is stored: trimmed, 1 to 200 characters.
///
/// # Errors
/// [`RejectReason::EventNameMissing`] or [`RejectReason::EventNameTooLong`].
pub fn parse_event_name(text: &str) -> Result<&str, RejectReason> {
    let name = trimmed(text);
    if name.is_empty() {
        return Err(RejectReason::EventNameMissing);
    }
    if is_longer_than(name, EVENT_NAME_CHARS_MAX) {
        return Err(RejectReason::EventNameTooLong);
    }
    Ok(name)
}

/// The `distinct_id` as it is stored: as sent, 1 to 400 characters, and not
/// one of the texts that stand for nobody.
///
/// # Errors
/// [`RejectReason::DistinctIdMissing`] or [`RejectReason::DistinctIdTooLong`].
pub fn parse_distinct_id(text: &str) -> Result<&str, RejectReason> {
    if NOBODY.contains(&trimmed(text)) {
        return Err(RejectReason::DistinctIdMissing);
    }
    if is_longer_than(text, DISTINCT_ID_CHARS_MAX) {
        return Err(RejectReason::DistinctIdTooLong);
    }
    Ok(text)
}

/// `text` without white space around it, of which nearly all have none.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Whether `text` has more than `max` characters; counts only when the bytes
/// leave it open.
fn is_longer_than(text: &str, max: usize) -> bool {
    text.len() > max && text.chars().nth(max).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded_in_characters() {
        assert_eq!(parse_event_name("  signup "), Ok("signup"));
        assert_eq!(parse_event_name(" \t"), Err(RejectReason::EventNameMissing));
        let long = "é".repeat(200);
        assert_eq!(parse_event_name(&long), Ok(long.as_str()));
        assert_eq!(
            parse_event_name(&"é".repeat(201)),
            Err(RejectReason::EventNameTooLong)
        );
    }

    #[test]
    fn all_white_space_is_trimmed() {
        for text in [
            "",
            " ",
            "a",
            " a",
            "a ",
            "ab",
            "\u{2003}é\u{a0}",
            "a\u{3000}",
            "\u{7f}",
        ] {
            assert_eq!(trimmed(text), text.trim(), "{text:?}");
        }
    }

    #[test]
    fn nobody_is_no_person() {
        for text in ["", " ", "null", "undefined", "[object Object]"] {
            assert_eq!(
                parse_distinct_id(text),
                Err(RejectReason::DistinctIdMissing),
                "{text:?}"
            );
        }
        assert_eq!(parse_distinct_id("nullable"), Ok("nullable"));
        assert_eq!(
            parse_distinct_id(&"x".repeat(401)),
            Err(RejectReason::DistinctIdTooLong)
        );
    }
}
