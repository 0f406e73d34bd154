//! Errors of the engine, and of finding it.

use std::path::PathBuf;

/// An error that a statement ended with, in ClickHouse's own numbering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// ClickHouse's error code, such as 60 for an unknown table.
    pub code: u32,
    /// The whole text, `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`.
    pub message: String,
}

impl EngineError {
    /// An error of the front, told in the engine's form so that clients understand it.
    pub fn new(code: u32, name: &str, detail: &str) -> Self {
        Self {
            code,
            message: format!("Code: {code}. DB::Exception: {detail} ({name})"),
        }
    }

    /// Reads the code from the engine's text; 1001 (STD_EXCEPTION) when it has none.
    pub(super) fn parse(message: &str) -> Self {
        let code = message
            .find("Code: ")
            .map(|at| &message[at + "Code: ".len()..])
            .map(|rest| {
                rest.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
            })
            .and_then(|digits| digits.parse().ok());
        match code {
            Some(code) => Self {
                code,
                message: message.trim_end().to_owned(),
            },
            None => Self::new(1001, "STD_EXCEPTION", message.trim_end()),
        }
    }

    pub(super) fn no_answer() -> Self {
        Self::new(1001, "STD_EXCEPTION", "the engine gave no answer")
    }
}

/// Why the engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The library could not be opened.
    #[error("cannot load the engine library {path}: {source}", path = path.display())]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// The loader's message.
        source: libloading::Error,
    },
    /// The library lacks a function, so it is of another version.
    #[error(
        "the engine library has no function {name}, so its version is not the pinned one: {source}"
    )]
    Symbol {
        /// The function.
        name: &'static str,
        /// The loader's message.
        source: libloading::Error,
    },
    /// No library at the given place.
    #[error(
        "no engine library at {path}: run `npm ci` in infrastructure/clickhouse-embedded, \
         or set engine.library", path = path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The library's checksum is not the pinned one.
    #[error(
        "the engine library {path} has sha256 {found}, expected {expected}: \
         delete node_modules beside it and run `npm ci` again", path = path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: String,
        /// What is pinned.
        expected: &'static str,
    },
    /// The processor lacks an instruction set that the library was built for.
    #[error(
        "this processor has no {0}, which the embedded ClickHouse engine needs: \
         use a ClickHouse server instead and set clickhouse.url to its address"
    )]
    Processor(&'static str),
    /// Another process works on the data folder.
    #[error("the data folder {path} is in use by {holder}", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// `process N`, or `another process`.
        holder: String,
    },
    /// The engine refused to open the folder.
    #[error("the engine could not open {path}: {reason}", path = path.display())]
    Boot {
        /// The folder.
        path: PathBuf,
        /// What is known of the reason.
        reason: String,
    },
    /// A file or folder could not be written or read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::EngineError;

    #[test]
    fn code_is_read_from_the_text() {
        let error = EngineError::parse("Code: 60. DB::Exception: no such table (UNKNOWN_TABLE)\n");
        assert_eq!(error.code, 60);
        assert!(error.message.ends_with("(UNKNOWN_TABLE)"));
        assert_eq!(EngineError::parse("something else").code, 1001);
    }
}
