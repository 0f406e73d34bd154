//! Records that can never be stored, on their way to the dead-letter topic.

use bytes::Bytes;
use event_schema::dead_letter::{
    DeadLetter as Content, ORIGIN_LOG, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC,
};
use event_schema::ids::ProjectId;
use transport::{Record, Topic};
use uuid::Uuid;
use warehouse::LogPosition;
use warehouse::quarantine::Quarantined;

/// A record that can never be stored.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Where it stands.
    pub position: LogPosition,
    /// Its key.
    pub key: Bytes,
    /// Its content.
    pub payload: Bytes,
    /// When the log took it, ms since the epoch.
    pub appended_at: i64,
    /// When we took it, ms since the epoch.
    pub arrived_at: i64,
    /// A stable word for the reason.
    pub kind: &'static str,
    /// The reason in words.
    pub message: String,
    /// Its project, as far as it could be read.
    pub project_id: Option<ProjectId>,
    /// Its id, likewise.
    pub uuid: Option<Uuid>,
    /// Its person, likewise.
    pub distinct_id: Option<String>,
}

impl DeadLetter {
    /// Bytes that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.key.len() + self.payload.len() + self.message.len()
    }

    /// The record for the dead-letter topic. Made at least once for each dead
    /// letter, and always with the same origin.
    #[must_use]
    pub fn record(&self, log_id: &str, now: i64) -> Record {
        let content = Content {
            project_id: self.project_id,
            uuid: self.uuid,
            ..Content::new(&self.payload, self.kind, &self.message, now)
        };
        // A struct of texts always has a JSON form.
        let payload = serde_json::to_vec(&content).unwrap_or_default();
        Record::new(Topic::DeadLetters, self.key.clone(), payload)
            .with_header(ORIGIN_TOPIC, Topic::Events.name())
            .with_header(ORIGIN_PARTITION, self.position.partition.to_string())
            .with_header(ORIGIN_OFFSET, self.position.offset.to_string())
            .with_header(ORIGIN_LOG, log_id.to_owned())
    }

    /// The row by which the warehouse knows it, written under `claim`.
    #[must_use]
    pub fn noted(&self, log_id: &str, claim: u64) -> Quarantined {
        Quarantined {
            log_id: log_id.to_owned(),
            position: self.position,
            project_id: self.project_id.unwrap_or(ProjectId(Uuid::nil())),
            uuid: self.uuid.unwrap_or_default(),
            distinct_id: self.distinct_id.clone().unwrap_or_default(),
            error_kind: self.kind.to_owned(),
            error_message: self.message.clone(),
            appended_at: self.appended_at,
            arrived_at: self.arrived_at,
            claim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(payload: &'static [u8]) -> DeadLetter {
        DeadLetter {
            position: LogPosition {
                partition: 3,
                offset: 42,
            },
            key: Bytes::from_static(b"ada"),
            payload: Bytes::from_static(payload),
            appended_at: 0,
            arrived_at: 0,
            kind: "undecodable",
            message: "no JSON".to_owned(),
            project_id: None,
            uuid: None,
            distinct_id: None,
        }
    }

    #[test]
    fn its_origin_goes_with_it() {
        let record = letter(b"not json").record("log", 1_700_000_000_000);
        let content: Content = serde_json::from_slice(&record.payload).unwrap();
        assert_eq!(content.payload().unwrap(), b"not json");
        let header = |name: &str| {
            let found = record.headers.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(header(ORIGIN_PARTITION), "3");
        assert_eq!(header(ORIGIN_OFFSET), "42");
        assert_eq!(header(ORIGIN_TOPIC), "events");
        assert_eq!(header(ORIGIN_LOG), "log");
    }
}
