//! What the front must know of a reading statement: its format and whether it can be sent in parts.

use super::lexer::{LexError, TokenKind, tokens};

/// Formats whose parts, one behind the other, are the whole.
const STREAMED: &[&str] = &[
    "RowBinary",
    "RowBinaryWithNamesAndTypes",
    "Native",
    "JSONEachRow",
    "JSONCompactEachRow",
    "TabSeparated",
    "TSV",
    "TabSeparatedRaw",
    "TSVRaw",
    "CSV",
    "LineAsString",
];

/// The format that a `FORMAT x` at the statement's own level asks for.
///
/// # Errors
/// When the text cannot be read with certainty.
pub fn top_level_format(sql: &[u8]) -> Result<Option<String>, LexError> {
    let mut format = None;
    let mut named = false;
    for token in tokens(sql) {
        let token = token?;
        if token.depth == 0 && token.kind == TokenKind::Word {
            if named {
                format = Some(String::from_utf8_lossy(token.text).into_owned());
            }
            named = token.is("format");
        } else {
            named = false;
        }
    }
    Ok(format)
}

/// A setting that makes one document of all rows.
const ONE_DOCUMENT: &str = "output_format_json_array_of_rows";

/// Whether a statement of class read is a SELECT in a format that can be sent in parts.
/// `settings` are the request's.
pub fn is_streamable(sql: &[u8], format: &str, settings: &[(String, String)]) -> bool {
    let one_document = settings.iter().any(|(name, _)| name == ONE_DOCUMENT)
        || tokens(sql)
            .filter_map(Result::ok)
            .any(|token| token.is(ONE_DOCUMENT));
    let select = tokens(sql)
        .filter_map(Result::ok)
        .find(|token| !token.is_sign(b'('))
        .is_some_and(|token| token.is("select") || token.is("with"));
    select
        && !one_document
        && STREAMED
            .iter()
            .any(|known| known.eq_ignore_ascii_case(format))
}

#[cfg(test)]
mod tests {
    use super::{is_streamable, top_level_format};

    #[test]
    fn only_the_outer_format_counts() {
        for (sql, expected) in [
            ("SELECT 1 FORMAT CSV", Some("CSV")),
            (
                "SELECT 1 format JSON SETTINGS max_threads = 1",
                Some("JSON"),
            ),
            ("SELECT 'FORMAT CSV'", None),
            ("SELECT format('{}', 1)", None),
            ("SELECT * FROM (SELECT 1 FORMAT CSV)", None),
            ("SELECT 1 AS format, 2", None),
        ] {
            assert_eq!(
                top_level_format(sql.as_bytes()).unwrap().as_deref(),
                expected,
                "{sql}"
            );
        }
    }

    #[test]
    fn selects_in_rows_are_streamed() {
        assert!(is_streamable(b"-- x\n(SELECT 1)", "rowbinary", &[]));
        assert!(is_streamable(b"WITH 1 AS x SELECT x", "Native", &[]));
        assert!(!is_streamable(b"SELECT 1", "JSON", &[]));
        assert!(!is_streamable(b"SHOW TABLES", "TSV", &[]));
        let array = (
            "output_format_json_array_of_rows".to_owned(),
            "1".to_owned(),
        );
        assert!(!is_streamable(b"SELECT 1", "JSONEachRow", &[array]));
    }
}
