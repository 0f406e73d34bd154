//! Cutting `INSERT … FORMAT x <data>` and `INSERT … VALUES <data>` before the data.

use super::lexer::{LexError, Token, TokenKind, tokens};

/// An INSERT without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The statement up to FORMAT or VALUES, both left out.
    pub statement: Vec<u8>,
    /// The data's format; `Values` for VALUES.
    pub format: String,
    /// Where the data begins in the text that was cut.
    pub data: usize,
}

/// The head of an INSERT that carries data, or `None` for any other statement.
///
/// # Errors
/// When the text cannot be read with certainty; with [`LexError::Unterminated`] more text may help.
pub fn split_insert(sql: &[u8]) -> Result<Option<Head>, LexError> {
    let mut cut = tokens(sql);
    let Some(mut previous) = cut.next().transpose()? else {
        return Ok(None);
    };
    if !previous.is("insert") {
        return Ok(None);
    }
    while let Some(token) = cut.next().transpose()? {
        let names = names_a_table(&previous);
        previous = token;
        if token.depth > 0 || names {
            continue;
        }
        if token.is("select") || token.is("with") || token.is("watch") || token.is_sign(b';') {
            return Ok(None);
        }
        let statement = || sql[..token.end - token.text.len()].to_vec();
        if token.is("values") {
            let format = "Values".to_owned();
            return Ok(Some(Head {
                statement: statement(),
                format,
                data: token.end,
            }));
        }
        if token.is("format") {
            let Some(name) = cut
                .next()
                .transpose()?
                .filter(|name| name.kind == TokenKind::Word)
            else {
                return Ok(None);
            };
            let format = String::from_utf8_lossy(name.text).into_owned();
            let data = start_of_data(sql, name.end);
            return Ok(Some(Head {
                statement: statement(),
                format,
                data,
            }));
        }
    }
    Ok(None)
}

/// Whether the word after `token` is a table's name, whatever it spells.
fn names_a_table(token: &Token<'_>) -> bool {
    token.is_sign(b'.')
        || ["insert", "into", "table"]
            .iter()
            .any(|word| token.is(word))
}

/// After the format's name, blanks, at most one `;` and one line end belong to the statement.
fn start_of_data(sql: &[u8], name_end: usize) -> usize {
    let skip_blanks = |mut at: usize| {
        while matches!(sql.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    let mut at = skip_blanks(name_end);
    if sql.get(at) == Some(&b';') {
        at = skip_blanks(at + 1);
    }
    if sql.get(at) == Some(&b'\r') && sql.get(at + 1) == Some(&b'\n') {
        at += 1;
    }
    if sql.get(at) == Some(&b'\n') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::split_insert;
    use crate::sql::LexError;

    fn cut(sql: &str) -> Option<(String, String, String)> {
        split_insert(sql.as_bytes()).unwrap().map(|head| {
            let statement = String::from_utf8(head.statement).unwrap();
            (
                statement.trim_end().to_owned(),
                head.format,
                sql[head.data..].to_owned(),
            )
        })
    }

    #[test]
    fn data_begins_after_the_format() {
        for (sql, statement, format, data) in [
            (
                "INSERT INTO t FORMAT CSV\n1,2\n",
                "INSERT INTO t",
                "CSV",
                "1,2\n",
            ),
            (
                "INSERT INTO t(a) FORMAT TSV ;\r\n\n1",
                "INSERT INTO t(a)",
                "TSV",
                "\n1",
            ),
            (
                "insert into a.values values (1), (2)",
                "insert into a.values",
                "Values",
                " (1), (2)",
            ),
            (
                "INSERT INTO format FORMAT JSONEachRow {\"a\":1}",
                "INSERT INTO format",
                "JSONEachRow",
                "{\"a\":1}",
            ),
            (
                "/* FORMAT x */ INSERT INTO `t FORMAT y` (`values`) SETTINGS a='format z' FORMAT Native\nselect",
                "/* FORMAT x */ INSERT INTO `t FORMAT y` (`values`) SETTINGS a='format z'",
                "Native",
                "select",
            ),
            ("INSERT INTO t FORMAT Native", "INSERT INTO t", "Native", ""),
        ] {
            let expected = (statement.to_owned(), format.to_owned(), data.to_owned());
            assert_eq!(cut(sql), Some(expected), "{sql}");
        }
    }

    #[test]
    fn an_insert_without_data_has_no_head() {
        for sql in [
            "INSERT INTO t SELECT 1 FORMAT CSV",
            "INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x",
            "SELECT 1 FORMAT CSV",
            "INSERT INTO t; FORMAT CSV",
            "INSERT INTO t",
            "",
        ] {
            assert_eq!(cut(sql), None, "{sql}");
        }
    }

    #[test]
    fn data_is_not_read_as_sql() {
        assert_eq!(
            cut("INSERT INTO t FORMAT TSV\n'open quote").unwrap().2,
            "'open quote"
        );
        assert_eq!(
            split_insert(b"INSERT INTO t (`a"),
            Err(LexError::Unterminated)
        );
    }
}
