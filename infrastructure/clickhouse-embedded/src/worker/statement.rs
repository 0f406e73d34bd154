//! Telling a statement from the data behind it.

use std::io::{BufRead, ErrorKind};

use crate::compression::ChecksumMismatch;
use crate::engine::{Connection, EngineError};
use crate::sql::{self, Head, LexError};

/// A statement, and its data if it is an INSERT that carries some.
pub(super) struct Statement<'b> {
    /// The text, without FORMAT or VALUES and data when there is data.
    pub(super) sql: Vec<u8>,
    /// The data.
    pub(super) data: Option<Data<'b>>,
}

/// What an INSERT carries.
pub(super) struct Data<'b> {
    pub(super) format: String,
    /// What was read together with the statement.
    pub(super) begun: Vec<u8>,
    /// The rest.
    pub(super) rest: Box<dyn BufRead + Send + 'b>,
}

impl<'b> Statement<'b> {
    /// Reads the text `query` and, behind it, `body`, until it is certain where data begins.
    pub(super) fn read(
        query: &[u8],
        mut body: Box<dyn BufRead + Send + 'b>,
        limit: usize,
    ) -> Result<Self, EngineError> {
        let mut text = query.to_vec();
        match sql::split_insert(&text) {
            Ok(Some(head)) => return Self::insert(head, text, body, limit),
            Ok(None) | Err(LexError::Unterminated) => {}
            Err(error) => return Err(syntax(&error.to_string())),
        }
        if !text.is_empty() {
            text.push(b'\n');
        }
        let complete = read_up_to(&mut text, &mut *body, limit)?;
        match sql::split_insert(&text) {
            Ok(Some(head)) => return Self::insert(head, text, body, limit),
            Ok(None) => {}
            Err(LexError::Unterminated) if !complete => {}
            Err(error) => return Err(syntax(&error.to_string())),
        }
        if !complete {
            return Err(syntax(&format!(
                "the statement is longer than {limit} bytes"
            )));
        }
        if text.trim_ascii().is_empty() {
            return Err(EngineError::new(62, "SYNTAX_ERROR", "Empty query"));
        }
        Ok(Self {
            sql: text,
            data: None,
        })
    }

    fn insert(
        head: Head,
        text: Vec<u8>,
        mut rest: Box<dyn BufRead + Send + 'b>,
        limit: usize,
    ) -> Result<Self, EngineError> {
        let mut begun = text[head.data..].to_vec();
        if head.format.eq_ignore_ascii_case("values") {
            if !read_up_to(&mut begun, &mut *rest, limit)? {
                return Err(syntax(&format!(
                    "VALUES are longer than {limit} bytes: use a FORMAT"
                )));
            }
            sql::check_values(&begun)?;
        }
        Ok(Self {
            sql: head.statement,
            data: Some(Data {
                format: head.format,
                begun,
                rest,
            }),
        })
    }

    /// The text as a whole statement that the engine's parser can judge.
    pub(super) fn text_to_judge(&self) -> Vec<u8> {
        let mut text = self.sql.clone();
        if let Some(data) = &self.data {
            text.extend_from_slice(b"\nFORMAT ");
            text.extend_from_slice(data.format.as_bytes());
        }
        text
    }
}

/// Reads until the end, which gives `true`, or until there is more than `limit`.
fn read_up_to(
    text: &mut Vec<u8>,
    body: &mut (dyn BufRead + Send),
    limit: usize,
) -> Result<bool, EngineError> {
    while text.len() <= limit {
        let piece = body.fill_buf().map_err(|error| body_error(&error))?;
        let count = piece.len();
        if count == 0 {
            return Ok(true);
        }
        text.extend_from_slice(piece);
        body.consume(count);
    }
    Ok(false)
}

/// The engine's own message about a text that is no statement. Nothing of it is run: it is a
/// parameter of a function that only formats.
pub(super) fn why_it_does_not_parse(connection: &mut Connection, sql: &[u8]) -> EngineError {
    let text = String::from_utf8_lossy(sql);
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\t', "\\t")
        .replace('\n', "\\n");
    let params = [("text".to_owned(), escaped)];
    let formatted = connection.execute(b"SELECT formatQuery({text:String})", "Null", &params);
    match formatted {
        Err(error) => error,
        Ok(_) => syntax("this kind of statement is not known to the embedded engine's front"),
    }
}

/// A body that could not be read, as the client is told.
pub(super) fn body_error(error: &std::io::Error) -> EngineError {
    match error.kind() {
        ErrorKind::ConnectionAborted => EngineError::new(210, "NETWORK_ERROR", &error.to_string()),
        ErrorKind::TimedOut => EngineError::new(159, "TIMEOUT_EXCEEDED", &error.to_string()),
        _ if error
            .get_ref()
            .is_some_and(|inner| inner.is::<ChecksumMismatch>()) =>
        {
            EngineError::new(40, "CHECKSUM_DOESNT_MATCH", &error.to_string())
        }
        _ => EngineError::new(271, "CANNOT_DECOMPRESS", &error.to_string()),
    }
}

fn syntax(detail: &str) -> EngineError {
    EngineError::new(62, "SYNTAX_ERROR", detail)
}
