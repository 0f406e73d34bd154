//! Which format a file has, by its first bytes.

use serde_json::{Map, Value};

use super::Format;
use super::json::LISTS;

/// The format of what begins with `head`; `is_whole` says that nothing follows.
pub(super) fn format(head: &[u8], is_whole: bool) -> Option<Format> {
    if head.starts_with(b"PAR1") {
        return Some(Format::Parquet);
    }
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.bytes().next()? {
        b'[' => Some(Format::Json),
        b'{' => Some(object(text, is_whole)),
        _ => Some(Format::Csv),
    }
}

/// Lines of objects, or one object around a list of them.
fn object(text: &str, is_whole: bool) -> Format {
    let (line, has_end) = match text.split_once('\n') {
        Some((line, _)) => (line, true),
        None => (text, is_whole),
    };
    let holds_list = |names: &[&str]| names.iter().any(|name| LISTS.contains(name));
    if has_end {
        return match serde_json::from_str::<Map<String, Value>>(line) {
            Ok(row) if row.contains_key("event") => Format::Ndjson,
            Ok(row)
                if LISTS
                    .iter()
                    .any(|name| row.get(*name).is_some_and(Value::is_array)) =>
            {
                Format::Json
            }
            Ok(_) => Format::Ndjson,
            // Indented over several lines.
            Err(_) => Format::Json,
        };
    }
    // One line longer than what was looked at: told by its first name.
    let first = line.split('"').nth(1).unwrap_or_default();
    if holds_list(&[first]) || matches!(first, "next" | "previous" | "count") {
        Format::Json
    } else {
        Format::Ndjson
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_beginning() {
        let of = |text: &str| format(text.as_bytes(), true);
        assert_eq!(of("PAR1...."), Some(Format::Parquet));
        assert_eq!(
            of("{\"event\":\"a\"}\n{\"event\":\"b\"}\n"),
            Some(Format::Ndjson)
        );
        assert_eq!(of("{\"event\":\"a\"}"), Some(Format::Ndjson));
        assert_eq!(of("{\"event\":\"a\",\"data\":[1]}"), Some(Format::Ndjson));
        assert_eq!(of(" [ {\"event\":\"a\"} ]"), Some(Format::Json));
        assert_eq!(of("{\"next\":null,\"results\":[]}"), Some(Format::Json));
        assert_eq!(of("{\n  \"results\": [\n"), Some(Format::Json));
        assert_eq!(of("\u{feff}id;name\n1;x\n"), Some(Format::Csv));
        assert_eq!(of("  \n "), None);
        let long = format!("{{\"results\":[{}", "1,".repeat(100));
        assert_eq!(format(long.as_bytes(), false), Some(Format::Json));
        let long = format!("{{\"event\":\"{}", "x".repeat(100));
        assert_eq!(format(long.as_bytes(), false), Some(Format::Ndjson));
    }
}
