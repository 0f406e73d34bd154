//! Which statements are let through.
//!
//! The engine's grants refuse most of what reaches beyond our databases. Refused here, before the
//! engine sees it, is what grants do not cover: a second statement, files of this machine, state of
//! the whole process.

use super::lexer::{Token, tokens};
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
        Self { code: 497, name: "ACCESS_DENIED", detail: detail.into() }
    }

    fn syntax(detail: impl Into<String>) -> Self {
        Self { code: 62, name: "SYNTAX_ERROR", detail: detail.into() }
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
    &["system", "stop", "merges"],
    &["system", "start", "merges"],
    &["system", "stop", "moves"],
    &["system", "start", "moves"],
    &["system", "drop", "mark", "cache"],
    &["system", "sync", "mutations"],
    &["detach", "table"],
    &["attach", "table"],
    &["backup"],
    &["restore"],
];

/// Judges a statement by its words and by the engine's own `analysis` of it.
///
/// `read_only` stands for GET and for `readonly=1`: nothing but reading then.
///
/// # Errors
/// The refusal, told to the client as the engine would tell it.
pub fn check(sql: &[u8], analysis: Analysis, read_only: bool) -> Result<(), Refusal> {
    let words: Vec<Token<'_>> = tokens(sql)
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::syntax(error.to_string()))?;
    check_single(&words, analysis)?;
    check_files(&words)?;
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
        // The engine's own message says where the text is wrong; it runs nothing of it.
        QueryClass::Unknown => Err(Refusal::syntax("the statement does not parse")),
    }
}

fn check_single(words: &[Token<'_>], analysis: Analysis) -> Result<(), Refusal> {
    let semicolon = words.iter().position(|word| word.is_sign(b';'));
    let more = semicolon.is_some_and(|at| words[at..].iter().any(|word| !word.is_sign(b';')));
    if more || analysis.statements > 1 {
        return Err(Refusal::syntax("Multi-statements are not allowed"));
    }
    Ok(())
}

/// INFILE and OUTFILE read and write files with the rights of this process.
fn check_files(words: &[Token<'_>]) -> Result<(), Refusal> {
    let named = |pair: &[Token<'_>]| {
        (pair[0].is("from") && pair[1].is("infile"))
            || (pair[0].is("into") && pair[1].is("outfile"))
    };
    if words.windows(2).any(named) {
        return Err(Refusal::denied("FROM INFILE and INTO OUTFILE are not allowed"));
    }
    Ok(())
}

fn check_control(words: &[Token<'_>]) -> Result<(), Refusal> {
    let begins = |start: &&&[&str]| {
        words.len() >= start.len() && start.iter().zip(words).all(|(name, word)| word.is(name))
    };
    if !CONTROL.iter().any(|start| begins(&start)) {
        return Err(Refusal::denied("this statement is not allowed on the embedded engine"));
    }
    let has = |name: &str| words.iter().any(|word| word.depth == 0 && word.is(name));
    if words[0].is("attach") && (has("from") || has("as") || has("uuid") || has("engine")) {
        return Err(Refusal::denied("ATTACH TABLE takes a table's name and nothing else"));
    }
    if (words[0].is("backup") || words[0].is("restore")) && !only_file_backups(words) {
        return Err(Refusal::denied("backups go to File('name'), inside the backup folder"));
    }
    Ok(())
}

/// Every place that a backup names, `base_backup` included, is `File(…)`.
fn only_file_backups(words: &[Token<'_>]) -> bool {
    let mut calls = words.windows(2).filter(|pair| pair[0].depth == 0 && pair[1].is_sign(b'('));
    calls.all(|pair| pair[0].is("file"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::engine::{Analysis, QueryClass};

    fn refused(sql: &str, class: QueryClass) -> bool {
        check(sql.as_bytes(), Analysis { statements: 1, class }, false).is_err()
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
        ] {
            assert!(refused(sql, QueryClass::Read), "{sql}");
        }
        assert!(!refused("SELECT 'a; b' ; ;", QueryClass::Read));
        assert!(!refused("SELECT 'INTO OUTFILE', from_infile", QueryClass::Read));
    }

    #[test]
    fn reading_requests_only_read() {
        let analysis = |class| Analysis { statements: 1, class };
        assert!(check(b"SELECT 1", analysis(QueryClass::Read), true).is_ok());
        assert!(check(b"DROP TABLE t", analysis(QueryClass::Mutating), true).is_err());
        assert!(check(b"KILL QUERY WHERE 1", analysis(QueryClass::Control), true).is_err());
        assert!(check(b"DROP TABLE t", analysis(QueryClass::Mutating), false).is_ok());
    }
}
