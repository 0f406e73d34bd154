//! Why the warehouse did not do what it was asked.

use std::time::Duration;

use clickhouse::error::Error as ClientError;

/// Why a statement of ours did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The engine refused, with its code and words.
    #[error("warehouse answered code {code}: {message}")]
    Exception {
        /// ClickHouse's error code.
        code: u32,
        /// The engine's words.
        message: String,
    },
    /// No connection, or it broke.
    #[error("warehouse not reachable: {0}")]
    Unreachable(String),
    /// No answer in time; whether it was done is not known.
    #[error("warehouse did not answer within {0:?}")]
    Deadline(Duration),
    /// The answer is not what the statement promised. A fault of ours.
    #[error("warehouse gave an unexpected answer: {0}")]
    Shape(String),
    /// A migration that was applied has another text today.
    #[error("migration {0} was changed after it had been applied")]
    MigrationChanged(String),
}

impl WarehouseError {
    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Deadline(_) => true,
            Self::Exception { code, .. } => matches!(
                *code,
                // Timeouts, limits, memory, disk, parts, shutting down, killed.
                159 | 160 | 202 | 209 | 210 | 236 | 241 | 243 | 252 | 394 | 735 | 1000
            ),
            Self::Shape(_) | Self::MigrationChanged(_) => false,
        }
    }

    /// The engine's code, when it gave one.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Exception { code, .. } => Some(*code),
            _ => None,
        }
    }
}

impl From<ClientError> for WarehouseError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::BadResponse(message) => match code_of(&message) {
                Some(code) => Self::Exception { code, message },
                // A proxy's page, or an answer cut off before the code.
                None => Self::Unreachable(message),
            },
            ClientError::Network(source) => Self::Unreachable(chain(&*source)),
            ClientError::TimedOut => Self::Unreachable("timed out".to_owned()),
            other => Self::Shape(chain(&other)),
        }
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The code in the engine's words: `Code: 241. DB::Exception: …`.
fn code_of(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("Code: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_decides_what_it_is() {
        let of = |text: &str| WarehouseError::from(ClientError::BadResponse(text.to_owned()));
        assert_eq!(of("Code: 469. DB::Exception: Constraint").code(), Some(469));
        assert!(of("Code: 241. DB::Exception: Memory").is_transient());
        assert!(!of("Code: 60. DB::Exception: No table").is_transient());
        assert!(matches!(of("Bad gateway"), WarehouseError::Unreachable(_)));
    }
}
