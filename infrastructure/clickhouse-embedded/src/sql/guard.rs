//! Which statements are let through.
//!
//! The engine's grants refuse most of what reaches beyond our databases. Refused here, before the
//! engine sees it, is what grants do not cover: a second statement, files of this machine, state of
//! the whole process.

use super::lexer::{Token, tokens};
use super::{engines, reach};
use crate::engine::{Analysis, EngineError, QueryClass};

/// Why a statement is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: u32,
    name: &'static str,
    detail: String,
}

impl Refusal {
    fn denied(detail: impl Into<String>) -> Self {
        Self {
            code: 497,
            name: "ACCESS_DENIED",
            detail: detail.into(),
        }
    }

    fn syntax(detail: impl Into<String>) -> Self {
        Self {
            code: 62,
            name: "SYNTAX_ERROR",
            detail: detail.into(),
        }
    }
}

impl From<Refusal> for EngineError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.name, &refusal.detail)
    }
}

/// Statements of class control that are let through, by how they begin.
const CONTROL: &[&[&str]] = &[
    &["use"],
    &["set"],
    &["kill", "query"],
    &["kill", "mutation"],
    &["create", "temporary", "table"],
    &["create", "or", "replace", "temporary", "table"],
    &["drop", "temporary", "table"],
    &["system", "stop", "merges"],
    &["system", "start", "merges"],
    &["system", "stop", "moves"],
    &["system", "start", "moves"],
    &["system", "drop", "mark", "cache"],
    &["detach", "table"],
    &["attach", "table"],
    &["backup"],
    &["restore"],
];

/// Judges a statement by its words and by the engine's own `analysis` of it.
///
/// `params` are the request's query parameters. `read_only` stands for GET and for `readonly=1`:
/// nothing but reading then.
///
/// # Errors
/// The refusal, told to the client as the engine would tell it.
pub fn check(
    sql: &[u8],
    analysis: Analysis,
    params: &[(String, String)],
    read_only: bool,
) -> Result<(), Refusal> {
    let words = cut(sql)?;
    check_single(&words, analysis)?;
    check_insert(&words)?;
    check_reach(&words, params)?;
    check_engine(&words)?;
    match analysis.class {
        QueryClass::Read => Ok(()),
        _ if read_only => Err(Refusal {
            code: 164,
            name: "READONLY",
            detail: "Cannot execute query in readonly mode: use POST".to_owned(),
        }),
        QueryClass::Mutating => Ok(()),
        QueryClass::Control => check_control(&words),
        QueryClass::Global => Err(Refusal::denied(
            "functions, users and named collections cannot be changed on the embedded engine",
        )),
        QueryClass::Unknown => Err(Refusal::syntax("the statement does not parse")),
    }
}

/// Judges the data behind VALUES: it may hold expressions.
///
/// # Errors
/// As [`check`].
pub fn check_values(data: &[u8]) -> Result<(), Refusal> {
    check_reach(&cut(data)?, &[])
}

fn cut(sql: &[u8]) -> Result<Vec<Token<'_>>, Refusal> {
    tokens(sql)
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::syntax(error.to_string()))
}

fn check_single(words: &[Token<'_>], analysis: Analysis) -> Result<(), Refusal> {
    let semicolon = words.iter().position(|word| word.is_sign(b';'));
    let more = semicolon.is_some_and(|at| words[at..].iter().any(|word| !word.is_sign(b';')));
    if more || analysis.statements > 1 {
        return Err(Refusal::syntax("Multi-statements are not allowed"));
    }
    Ok(())
}

/// Data inside a statement would end at an empty line, and what follows be run: an INSERT comes
/// with its data cut off, or without any.
fn check_insert(words: &[Token<'_>]) -> Result<(), Refusal> {
    let outer = |name: &str| words.iter().any(|word| word.depth == 0 && word.is(name));
    let inner = |name: &str| words.iter().any(|word| word.is(name));
    let first = |name: &str| words.first().is_some_and(|word| word.is(name));
    if (first("explain") || first("with"))
        && outer("insert")
        && (outer("values") || outer("format"))
    {
        return Err(Refusal::syntax(
            "INSERT with data is taken in its plain form only",
        ));
    }
    if first("insert") && !inner("select") && !outer("format") && !outer("values") {
        return Err(Refusal::syntax("an INSERT needs FORMAT, VALUES or SELECT"));
    }
    Ok(())
}

/// INFILE and OUTFILE read and write files with the rights of this process, as some functions do.
fn check_reach(words: &[Token<'_>], params: &[(String, String)]) -> Result<(), Refusal> {
    let named = |pair: &[Token<'_>]| {
        (pair[0].is("from") && pair[1].is("infile"))
            || (pair[0].is("into") && pair[1].is("outfile"))
    };
    if words.windows(2).any(named) {
        return Err(Refusal::denied(
            "FROM INFILE and INTO OUTFILE are not allowed",
        ));
    }
    let backup = words
        .first()
        .is_some_and(|word| word.is("backup") || word.is("restore"));
    match reach::forbidden(words, params).filter(|_| !backup) {
        Some(name) => Err(Refusal::denied(format!(
            "the name {name} is not allowed here, because it can reach beyond the database"
        ))),
        None => Ok(()),
    }
}

/// Other engines keep their rows in places of their own choice, or mirror other servers.
fn check_engine(words: &[Token<'_>]) -> Result<(), Refusal> {
    match engines::forbidden(words) {
        Some(name) => Err(Refusal::denied(format!(
            "the engine {name} is not allowed here"
        ))),
        None => Ok(()),
    }
}

fn check_control(words: &[Token<'_>]) -> Result<(), Refusal> {
    let begins = |start: &[&str]| {
        words.len() >= start.len() && start.iter().zip(words).all(|(name, word)| word.is(name))
    };
    let has = |name: &str| words.iter().any(|word| word.depth == 0 && word.is(name));
    // The engine files an INSERT under control when it is asked to be asynchronous.
    if begins(&["insert"]) && !has("function") && has("async_insert") {
        return Ok(());
    }
    if !CONTROL.iter().any(|start| begins(start)) {
        return Err(Refusal::denied(
            "this statement is not allowed on the embedded engine",
        ));
    }
    if begins(&["attach"]) && (has("from") || has("as") || has("uuid") || has("engine")) {
        return Err(Refusal::denied(
            "ATTACH TABLE takes a table's name and nothing else",
        ));
    }
    if (begins(&["backup"]) || begins(&["restore"])) && !only_file_backups(words) {
        return Err(Refusal::denied(
            "backups go to File('name'), inside the backup folder",
        ));
    }
    Ok(())
}

/// Every place that a backup names, `base_backup` included, is `File(…)`.
fn only_file_backups(words: &[Token<'_>]) -> bool {
    let mut calls = words
        .windows(2)
        .filter(|pair| pair[0].depth == 0 && pair[1].is_sign(b'('));
    calls.all(|pair| pair[0].is("file"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::engine::{Analysis, QueryClass};

    fn refused(sql: &str, class: QueryClass) -> bool {
        check(
            sql.as_bytes(),
            Analysis {
                statements: 1,
                class,
            },
            &[],
            false,
        )
        .is_err()
    }

    #[test]
    fn control_statements_are_named_one_by_one() {
        for sql in [
            "USE a",
            "KILL QUERY WHERE query_id = 'x' ASYNC",
            "SYSTEM STOP MERGES a.b",
            "DETACH TABLE a.b",
            "ATTACH TABLE a.b",
            "BACKUP DATABASE a TO File('b') SETTINGS base_backup = File('c')",
            "RESTORE TABLE a.b AS a.c FROM File('b')",
        ] {
            assert!(!refused(sql, QueryClass::Control), "{sql}");
        }
        for sql in [
            "SYSTEM SHUTDOWN",
            "SYSTEM KILL",
            "SYSTEM RELOAD CONFIG",
            "ATTACH TABLE a.b FROM '/etc' (x String) ENGINE = File(TSV)",
            "ATTACH DATABASE a",
            "BACKUP DATABASE a TO S3('http://x')",
            "BACKUP DATABASE a TO Disk('default', 'x')",
            "BACKUP DATABASE a TO File('b') SETTINGS base_backup = S3('c')",
            "INSERT INTO FUNCTION file('x') SELECT 1",
            "ALTER TABLE a.b FREEZE",
            "BEGIN TRANSACTION",
        ] {
            assert!(refused(sql, QueryClass::Control), "{sql}");
        }
    }

    #[test]
    fn files_and_second_statements_are_refused_in_every_class() {
        for sql in [
            "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
            "SELECT 1 INTO /* */ OUTFILE 'x'",
            "SELECT 1; DROP TABLE t",
            "SELECT 1;; SELECT 2",
            "SELECT $$a$$",
            "INSERT INTO t FROM\u{a0}INFILE 'x'",
            "WITH 1 AS x INSERT INTO t VALUES (1)",
            "EXPLAIN AST INSERT INTO t FORMAT TSV",
            "INSERT INTO t (a)",
        ] {
            assert!(refused(sql, QueryClass::Read), "{sql}");
        }
        assert!(!refused("SELECT 'a; b' ; ;", QueryClass::Read));
        assert!(!refused(
            "SELECT 'INTO OUTFILE', from_infile",
            QueryClass::Read
        ));
    }

    #[test]
    fn reading_requests_only_read() {
        let analysis = |class| Analysis {
            statements: 1,
            class,
        };
        assert!(check(b"SELECT 1", analysis(QueryClass::Read), &[], true).is_ok());
        assert!(check(b"DROP TABLE t", analysis(QueryClass::Mutating), &[], true).is_err());
        assert!(
            check(
                b"KILL QUERY WHERE 1",
                analysis(QueryClass::Control),
                &[],
                true
            )
            .is_err()
        );
        assert!(check(b"DROP TABLE t", analysis(QueryClass::Mutating), &[], false).is_ok());
    }
}
