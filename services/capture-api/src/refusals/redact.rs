//! Examples of what was refused, without credentials.

use event_schema::refusal::EXAMPLE_BYTES_MAX;

/// Names whose values are secrets, in bodies of any kind.
const SECRET_FIELDS: [&str; 9] = [
    "api_key",
    "apiKey",
    "token",
    "$token",
    "writeKey",
    "write_key",
    "password",
    "secret",
    "authorization",
];
/// How keys begin, whoever made them.
const KEY_PREFIXES: [&str; 5] = ["ak_", "bk_live_", "phc_", "phx_", "phs_"];
/// What stands in a secret's place.
const MASK: &str = "***";

/// The start of `text` for people to look at, credentials masked.
#[must_use]
pub fn example(text: &[u8]) -> String {
    // A secret that the cut would split is masked before the cut.
    let start = text.get(..EXAMPLE_BYTES_MAX * 2).unwrap_or(text);
    let mut shown = mask_fields(&mask_words(&String::from_utf8_lossy(start)));
    let mut end = shown.len().min(EXAMPLE_BYTES_MAX);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    shown.truncate(end);
    shown
}

/// Masks words that look like keys.
fn mask_words(text: &str) -> String {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_-$".contains(character);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from_word) = rest.split_at(start);
        let end = from_word
            .find(|character| !is_word(character))
            .unwrap_or(from_word.len());
        let (word, after) = from_word.split_at(end);
        out.push_str(before);
        let is_key = KEY_PREFIXES.iter().any(|prefix| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| rest.len() >= 8)
        });
        out.push_str(if is_key { MASK } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Masks the text values of fields that hold secrets.
fn mask_fields(text: &str) -> String {
    let mut out = text.to_owned();
    for field in SECRET_FIELDS {
        let name = format!("\"{field}\"");
        let mut from = 0;
        while let Some(at) = out.get(from..).and_then(|rest| rest.find(&name)) {
            from += at + name.len();
            if let Some((start, end)) = string_value(&out, from) {
                out.replace_range(start..end, MASK);
                from = start + MASK.len();
            }
        }
    }
    out
}

/// The inside of the string behind a colon at `from`; up to the end of the
/// text when it is not closed.
fn string_value(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let after_colon = rest.trim_start().strip_prefix(':')?.trim_start();
    let inside = after_colon.strip_prefix('"')?;
    let start = text.len() - inside.len();
    let mut is_escaped = false;
    for (at, character) in inside.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some((start, start + at)),
            _ => {}
        }
    }
    Some((start, text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credentials_are_masked() {
        let text = br#"{"api_key" : "my\"key","event":"token","properties":{"token":"t","note":"ak_0123456789"},"x":"phc_abcdefghij"}"#;
        assert_eq!(
            example(text),
            r#"{"api_key" : "***","event":"token","properties":{"token":"***","note":"***"},"x":"***"}"#
        );
        assert_eq!(example(br#"{"token":"cut"#), r#"{"token":"***"#);
        assert_eq!(example(b"ak_short ask_me"), "ak_short ask_me");
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "é".repeat(3000);
        let shown = example(long.as_bytes());
        assert!(shown.len() <= EXAMPLE_BYTES_MAX);
        assert!(shown.starts_with('é'));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = example(&bytes);
        }
    }
}
