//! The record on the `events-dlq` topic: what can never be stored, why, and
//! in its headers where it came from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::envelope::format_instant;
use crate::ids::ProjectId;

/// Header: the topic the record came from.
pub const ORIGIN_TOPIC: &str = "origin_topic";
/// Header: its partition there.
pub const ORIGIN_PARTITION: &str = "origin_partition";
/// Header: its offset there.
pub const ORIGIN_OFFSET: &str = "origin_offset";
/// Header: the identity of the log it stood in, as the ledger names it.
pub const ORIGIN_LOG: &str = "origin_log_id";

/// The content of a record on the dead-letter topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The record as it was.
    pub raw: String,
    /// `base64` where the record is no text and `raw` its encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_encoding: Option<String>,
    /// A stable word for the reason.
    pub error_kind: String,
    /// The reason in words.
    pub error_message: String,
    /// When it was given up, RFC 3339.
    pub dlq_ts: String,
    /// Its project, as far as it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Its id, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
}

impl DeadLetter {
    /// A dead letter of the record `payload`, given up at `now_ms`.
    #[must_use]
    pub fn new(payload: &[u8], error_kind: &str, error_message: &str, now_ms: i64) -> Self {
        let (raw, raw_encoding) = match std::str::from_utf8(payload) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (STANDARD.encode(payload), Some("base64".to_owned())),
        };
        Self {
            raw,
            raw_encoding,
            error_kind: error_kind.to_owned(),
            error_message: error_message.to_owned(),
            dlq_ts: String::from_utf8_lossy(&format_instant(now_ms)).into_owned(),
            project_id: None,
            uuid: None,
        }
    }

    /// The record's bytes as they were.
    ///
    /// # Errors
    /// When `raw_encoding` promises what `raw` does not hold.
    pub fn payload(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self.raw_encoding.as_deref() {
            Some("base64") => STANDARD.decode(&self.raw),
            _ => Ok(self.raw.clone().into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_anything_comes_back() {
        for payload in [b"not json".as_slice(), b"\xff\xfe\x00", b""] {
            let letter = DeadLetter::new(payload, "undecodable", "no JSON", 1_700_000_000_000);
            let json = serde_json::to_string(&letter).unwrap();
            let read: DeadLetter = serde_json::from_str(&json).unwrap();
            assert_eq!(read.payload().unwrap(), payload);
            assert_eq!(read.dlq_ts, "2023-11-14T22:13:20.000Z");
            assert_eq!(
                read.raw_encoding.is_none(),
                std::str::from_utf8(payload).is_ok()
            );
        }
    }
}
