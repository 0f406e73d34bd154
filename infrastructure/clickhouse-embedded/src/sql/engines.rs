//! Which engines tables and databases may have.
//!
//! Grants do not decide this: with them, `EmbeddedRocksDB('/any/path')` still made a folder there.

use super::lexer::{Token, TokenKind};

/// Engines whose tables live in the data folder or in memory, and nowhere else.
const TABLES: &[&str] = &[
    "aggregatingmergetree",
    "buffer",
    "coalescingmergetree",
    "collapsingmergetree",
    "generaterandom",
    "join",
    "log",
    "memory",
    "merge",
    "mergetree",
    "null",
    "replacingmergetree",
    "set",
    "stripelog",
    "summingmergetree",
    "tinylog",
    "versionedcollapsingmergetree",
];

/// Engines of databases that are folders of ours.
const DATABASES: &[&str] = &["atomic", "memory"];

/// What may follow a column that is named `engine`.
const AFTER_A_COLUMN: &[&str] = &[
    "and", "as", "asc", "between", "desc", "final", "from", "group", "having", "ilike", "in", "is",
    "like", "limit", "not", "or", "order", "settings", "union", "where",
];

/// The first engine that a statement names and may not have.
pub(super) fn forbidden(words: &[Token<'_>]) -> Option<String> {
    let first = words.first()?;
    if !["create", "replace", "attach"]
        .iter()
        .any(|name| first.is(name))
    {
        return None;
    }
    let database = words.iter().take(3).any(|word| word.is("database"));
    let allowed = if database { DATABASES } else { TABLES };
    words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.is("engine"))
        .find_map(|(at, _)| {
            let equals = words.get(at + 1).is_some_and(|word| word.is_sign(b'='));
            let name = words.get(at + 1 + usize::from(equals))?;
            if name.is_string() || matches!(name.kind, TokenKind::Sign(_)) {
                return None;
            }
            let text = String::from_utf8_lossy(name.inner()).into_owned();
            let lower = text.to_ascii_lowercase();
            let column = !equals && AFTER_A_COLUMN.contains(&lower.as_str());
            (!column && !allowed.contains(&lower.as_str())).then_some(text)
        })
}

#[cfg(test)]
mod tests {
    use super::forbidden;
    use crate::sql::lexer::tokens;

    fn found(sql: &str) -> Option<String> {
        let words: Vec<_> = tokens(sql.as_bytes()).collect::<Result<_, _>>().unwrap();
        forbidden(&words)
    }

    #[test]
    fn engines_elsewhere_are_found() {
        for sql in [
            "CREATE TABLE a.b (x UInt8) ENGINE = EmbeddedRocksDB(0, '/x') PRIMARY KEY x",
            "CREATE TABLE a.b (x UInt8) ENGINE EmbeddedRocksDB",
            "CREATE TABLE a.b (x UInt8) ENGINE = `File`(TSV)",
            "CREATE OR REPLACE TABLE a.b (x UInt8) ENGINE = URL('http://x')",
            "CREATE MATERIALIZED VIEW a.b ENGINE = Kafka AS SELECT 1",
            "CREATE DATABASE a ENGINE = Filesystem('/')",
            "CREATE DATABASE IF NOT EXISTS a ENGINE MergeTree",
        ] {
            assert!(found(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn engines_of_ours_and_columns_of_that_name_are_not() {
        for sql in [
            "CREATE TABLE a.b (x UInt8) ENGINE = MergeTree ORDER BY x",
            "CREATE TABLE a.b (x UInt8) ENGINE Join(ANY, LEFT, x)",
            "CREATE DATABASE a ENGINE = Atomic",
            "CREATE VIEW a.b AS SELECT engine AS e FROM system.tables WHERE engine = 'File'",
            "SELECT engine File FROM system.tables",
        ] {
            assert_eq!(found(sql), None, "{sql}");
        }
    }
}
