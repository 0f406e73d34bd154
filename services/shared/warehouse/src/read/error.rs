//! Why a read did not answer.

use super::ReadLimits;
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
fn code_of(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("Code: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What a client's error means for a read under `limits`.
pub(crate) fn classify(error: ClientError, limits: &ReadLimits) -> ReadError {
    let message = match &error {
        ClientError::Network(_) | ClientError::TimedOut => return ReadError::Unavailable(error),
        ClientError::BadResponse(message) => message.clone(),
        other => other.to_string(),
    };
    match code_of(&message) {
        // TOO_MANY_ROWS, TOO_MANY_BYTES
        Some(158 | 307) => ReadError::TooManyRows {
            allowed: limits.rows,
        },
        // TIMEOUT_EXCEEDED, TOO_SLOW
        Some(159 | 160) => ReadError::TimedOut {
            seconds: limits.time.as_secs().max(1),
        },
        // TOO_MANY_SIMULTANEOUS_QUERIES
        Some(202) => ReadError::Busy,
        // MEMORY_LIMIT_EXCEEDED, of the query or of the whole server
        Some(241) if message.contains("(total)") => ReadError::Busy,
        Some(241) => ReadError::TooMuchMemory {
            allowed: limits.memory_bytes,
        },
        // QUERY_WAS_CANCELLED, and its newer form
        Some(394 | 735) => ReadError::Cancelled,
        // TOO_MANY_ROWS_OR_BYTES, of the result
        Some(396) => ReadError::TooManyResultRows {
            allowed: limits.result_rows,
        },
        // CANNOT_COMPILE_REGEXP
        Some(427) => ReadError::InvalidRegex(first_sentence(&message)),
        code => ReadError::Refused {
            code,
            source: error,
        },
    }
}

/// The engine's words up to the place where it describes its own state.
fn first_sentence(message: &str) -> String {
    let words = message
        .split_once("DB::Exception: ")
        .map_or(message, |(_, rest)| rest);
    let end = words
        .find(". Look at")
        .or_else(|| words.find(": while "))
        .unwrap_or(words.len());
    words[..end].chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> ReadError {
        classify(
            ClientError::BadResponse(message.to_owned()),
            &ReadLimits::default(),
        )
    }

    #[test]
    fn the_code_is_found_in_the_engines_words() {
        assert_eq!(code_of("Code: 241. DB::Exception: Memory limit"), Some(241));
        assert_eq!(code_of("connection refused"), None);
        assert_eq!(code_of("Code: x"), None);
    }

    #[test]
    fn each_limit_has_its_own_error() {
        assert!(matches!(
            of("Code: 158. DB::Exception: x"),
            ReadError::TooManyRows { .. }
        ));
        assert!(matches!(
            of("Code: 159. DB::Exception: x"),
            ReadError::TimedOut { .. }
        ));
        assert!(matches!(
            of("Code: 396. DB::Exception: x"),
            ReadError::TooManyResultRows { .. }
        ));
        assert!(matches!(
            of("Code: 241. DB::Exception: Query memory limit exceeded"),
            ReadError::TooMuchMemory { .. }
        ));
        assert!(matches!(
            of("Code: 241. DB::Exception: (total) memory limit"),
            ReadError::Busy
        ));
        assert!(matches!(
            of("Code: 394. DB::Exception: x"),
            ReadError::Cancelled
        ));
        assert!(matches!(
            of("Code: 62. DB::Exception: Syntax"),
            ReadError::Refused { code: Some(62), .. }
        ));
    }

    #[test]
    fn a_full_engine_is_transient_and_a_limit_is_not() {
        assert!(of("Code: 202. DB::Exception: x").is_transient());
        assert!(!of("Code: 158. DB::Exception: x").is_transient());
    }
}
