//! What a statement could reach outside the engine by the names in it.
//!
//! Grants refuse most functions that read files and addresses, but not all: `file('/path')` as a
//! plain function needs no grant in this build, `arrayMap(file, …)` and `APPLY(file)` call it by
//! name alone, and some table functions run the SQL in a string. So names are judged here, quoted
//! or not, and whatever could hide a name is refused.

use super::lexer::{Token, TokenKind};

/// What may not even be named: functions that can be passed to others, and a setting that holds
/// SQL (a request may give it beside the statement, where its form is judged).
const NAMES: &[&str] = &["additional_table_filters", "file", "catboostevaluate"];

/// Table functions that read or write outside the data folder, and those that run text.
const CALLS: &[&str] = &[
    "arrowflight",
    "arrowstream",
    "cluster",
    "clusterallreplicas",
    "cosn",
    "disk",
    "eval",
    "executable",
    "filecluster",
    "filesystem",
    "gcs",
    "hive",
    "input",
    "jdbc",
    "kql",
    "mongodb",
    "mysql",
    "odbc",
    "oss",
    "postgresql",
    "python",
    "redis",
    "remote",
    "remotesecure",
    "sqlite",
    "url",
    "urlcluster",
    "ytsaurus",
];

/// Families of table functions over object stores, by how their names begin.
const FAMILIES: &[&str] = &[
    "azure",
    "deltalake",
    "hdfs",
    "hudi",
    "iceberg",
    "paimon",
    "s3",
];

/// Table functions whose first argument is a list of columns, which may have a default that is
/// evaluated: only a literal that names nothing of the above is taken.
const STRUCTURED: &[&str] = &["values", "sqlstandardvalues", "generaterandom", "null"];

/// The first name that a statement may not use, if there is one.
///
/// `params` are the values that `{name:Identifier}` stands for.
pub(super) fn forbidden(words: &[Token<'_>], params: &[(String, String)]) -> Option<String> {
    (0..words.len()).find_map(|at| judge(words, at, params))
}

fn judge(words: &[Token<'_>], at: usize, params: &[(String, String)]) -> Option<String> {
    let word = &words[at];
    if word.is_sign(b'{') {
        return judge_param(&words[at..], params);
    }
    if !is_identifier(word) {
        return None;
    }
    let text = String::from_utf8_lossy(word.inner());
    if word.kind == TokenKind::Quoted && text.contains('\\') {
        return Some(text.into_owned());
    }
    let name = text.to_ascii_lowercase();
    // `a.file` is a column or a table, `INTO file (` a table.
    let qualified = at > 0 && words[at - 1].is_sign(b'.');
    let into = at > 0 && words[at - 1].is("into");
    let called = words.get(at + 1).is_some_and(|next| next.is_sign(b'('));
    let refused = (NAMES.contains(&name.as_str()) && !qualified && !into)
        || (called && !qualified && !into && is_refused_call(&name, words.get(at + 2)));
    refused.then_some(name)
}

fn is_identifier(word: &Token<'_>) -> bool {
    word.kind == TokenKind::Word || (word.kind == TokenKind::Quoted && !word.is_string())
}

fn is_refused_call(name: &str, first: Option<&Token<'_>>) -> bool {
    if CALLS.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family)) {
        return true;
    }
    let text = first.filter(|token| token.is_string()).map(Token::inner);
    if STRUCTURED.contains(&name) {
        let harmless = |text: &[u8]| !text.contains(&b'\\') && !names_a_refused_one(text);
        let closed = first.is_some_and(|token| token.is_sign(b')'));
        let number = first.is_some_and(|token| {
            token.kind == TokenKind::Word && token.text.iter().all(u8::is_ascii_digit)
        });
        return !(closed || number || text.is_some_and(harmless));
    }
    // The plain function `format('{} …', …)` begins with a pattern; the table function of that
    // name begins with a format, and takes columns with defaults.
    name == "format" && !text.is_some_and(|text| text.contains(&b'{'))
}

fn names_a_refused_one(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    NAMES
        .iter()
        .any(|name| memchr::memmem::find(&text, name.as_bytes()).is_some())
}

/// `{name:Identifier}`: what it stands for must be in this request and plain.
fn judge_param(words: &[Token<'_>], params: &[(String, String)]) -> Option<String> {
    let [_, name, colon, kind, ..] = words else {
        return None;
    };
    if !colon.is_sign(b':') || !kind.is("identifier") {
        return None;
    }
    let name = String::from_utf8_lossy(name.inner());
    let values = || {
        params
            .iter()
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value)
    };
    let plain = |value: &String| {
        let last = value.rsplit('.').next().unwrap_or_default().trim();
        !value.contains('\\') && !NAMES.contains(&last.to_ascii_lowercase().as_str())
    };
    let known = values().next().is_some() && values().all(plain);
    (!known).then(|| format!("{{{name}:Identifier}}"))
}

#[cfg(test)]
mod tests {
    use super::forbidden;
    use crate::sql::lexer::tokens;

    fn found(sql: &str) -> Option<String> {
        let words: Vec<_> = tokens(sql.as_bytes()).collect::<Result<_, _>>().unwrap();
        let params = [
            ("t".to_owned(), "a.b".to_owned()),
            ("f".to_owned(), "file".to_owned()),
        ];
        forbidden(&words, &params)
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        for sql in [
            "SELECT file('/etc/passwd')",
            "SELECT file /* */ ('/etc/passwd')",
            "SELECT `file`('/etc/passwd')",
            r#"SELECT "f\x69le"('/etc/passwd')"#,
            "SELECT arrayMap(file, ['/etc/passwd'])",
            "SELECT arrayMap({f:Identifier}, ['/etc/passwd'])",
            "SELECT arrayMap({unknown:Identifier}, ['/etc/passwd'])",
            "SELECT * APPLY(file) FROM t",
            "SELECT * APPLY file FROM t",
            "SELECT 1 SETTINGS additional_table_filters = {'t': '1'}",
            "SELECT * FROM URL('http://x')",
            "SELECT * FROM s3Cluster('a', 'b')",
            "SELECT * FROM icebergLocal('/x')",
            "SELECT * FROM eval('SELECT 1')",
            "SELECT * FROM format(JSONEachRow, 'a String DEFAULT x()', '')",
            "SELECT * FROM values('a String ALIAS file(1)', 1)",
            "SELECT * FROM values(concat('a', 'b'), 1)",
            "SELECT * FROM values({s:String}, 1)",
            "CREATE TABLE t (a String) ENGINE = MergeTree SETTINGS disk = disk(type = 'local')",
            "DESCRIBE TABLE mysql('a')",
        ] {
            assert!(found(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn ordinary_statements_are_left_alone() {
        for sql in [
            "SELECT 'file(1)', t.file, format('{}-{}', a, b), ifNull(a, 0) FROM t",
            "SELECT {v:String} FROM {t:Identifier}",
            "INSERT INTO redis (a)",
            "SELECT * FROM values('a UInt8, b String', (1, 'x'))",
            "SELECT profile, files, url FROM t WHERE cluster = 1",
            "SELECT * FROM numbers(10)",
            "CREATE TABLE t (a String) ENGINE = Null()",
        ] {
            assert_eq!(found(sql), None, "{sql}");
        }
    }
}
