//! Why a read did not answer.

use clickhouse::error::Error as ClientError;

/// Why a read did not answer, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The read needs more rows than its limit.
    #[error("the query would read more than {allowed} rows")]
    TooManyRows {
        /// The limit.
        allowed: u64,
    },
    /// The read needs more memory than its limit.
    #[error("the query needs more than {allowed} bytes of memory")]
    TooMuchMemory {
        /// The limit in bytes.
        allowed: u64,
    },
    /// The answer has more rows than its limit.
    #[error("the answer has more than {allowed} rows")]
    TooManyResultRows {
        /// The limit.
        allowed: u64,
    },
    /// The read took longer than its limit.
    #[error("the query took longer than {seconds} s")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// Somebody stopped it.
    #[error("the query was cancelled")]
    Cancelled,
    /// The engine runs as many queries as it may.
    #[error("the warehouse is busy")]
    Busy,
    /// A regular expression that the engine cannot compile.
    #[error("the regular expression is invalid: {0}")]
    InvalidRegex(String),
    /// The engine cannot be reached, or is going down.
    #[error("the warehouse is unavailable")]
    Unavailable(#[source] ClientError),
    /// The statement does not hold the project's condition. A fault of ours.
    #[error("a statement does not name its project")]
    Unscoped,
    /// The engine's answer is not what the statement promised.
    #[error("the warehouse's answer is malformed: {0}")]
    Malformed(String),
    /// Any other refusal of the engine. A fault of ours.
    #[error("the warehouse refused the query (code {code:?})")]
    Refused {
        /// The engine's code, when it gave one.
        code: Option<u32>,
        /// The engine's words; for the log, not for the client.
        #[source]
        source: ClientError,
    },
}

impl ReadError {
    /// Whether the same read may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

/// The engine's code in its message, `Code: 241. DB::Exception: …`.
pub(crate) fn code_of(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("Code: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn the_code_is_found_in_the_engines_words() {
        assert_eq!(code_of("Code: 241. DB::Exception: Memory limit"), Some(241));
        assert_eq!(code_of("connection refused"), None);
        assert_eq!(code_of("Code: x"), None);
    }
}
