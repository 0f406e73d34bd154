//! The record on the `events` topic: one event, as JSON that anyone can read.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::ids::ProjectId;

mod instant;
mod writer;

pub use instant::{format_instant, parse_instant};
pub use writer::{EnvelopeWriter, EventRef};

/// The version written into `v`. A reader refuses versions it does not know.
pub const VERSION: u8 = 1;

/// One accepted event with what capture knows about its arrival. Times are
/// milliseconds since the epoch in memory and RFC 3339 (UTC, three digits) on
/// the wire.
///
/// `P` is what the properties are read as: text that is looked at later, or
/// what is made of it, so that it is read once.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "P: Deserialize<'de>"))]
pub struct Envelope<'a, P = &'a RawValue> {
    /// Version of this format, [`VERSION`].
    pub v: u8,
    /// The project that the credential named.
    pub project_id: ProjectId,
    /// With project and `distinct_id` the event's identity.
    pub uuid: Uuid,
    /// Event name, trimmed.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// The person, and the record's key.
    #[serde(borrow)]
    pub distinct_id: Cow<'a, str>,
    /// When it happened, after clock correction.
    #[serde(deserialize_with = "instant_field")]
    pub timestamp: i64,
    /// When capture received it.
    #[serde(deserialize_with = "instant_field")]
    pub received_at: i64,
    /// When the client says it sent it.
    #[serde(default, deserialize_with = "optional_instant_field")]
    pub sent_at: Option<i64>,
    /// The client's address, where kept.
    #[serde(default)]
    pub ip: Option<IpAddr>,
    /// The request's `User-Agent`, when it names a browser.
    #[serde(default, borrow)]
    pub user_agent: Option<Cow<'a, str>>,
    /// A JSON object, as the client sent it.
    pub properties: P,
}

impl<'a, P: Deserialize<'a>> Envelope<'a, P> {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is no JSON of this format, or of a version not known here, or
    /// its properties are no `P`.
    pub fn read(payload: &'a [u8]) -> Result<Self, serde_json::Error> {
        // Text is checked to be that once, not string by string.
        let envelope: Self = match std::str::from_utf8(payload) {
            Ok(text) => serde_json::from_str(text)?,
            Err(_) => serde_json::from_slice(payload)?,
        };
        if envelope.v != VERSION {
            return Err(serde_json::Error::custom(format_args!(
                "unknown envelope version {}",
                envelope.v
            )));
        }
        Ok(envelope)
    }
}

impl<'a> Envelope<'a> {
    /// Reads a record, its properties as text.
    ///
    /// # Errors
    /// When it is no JSON of this format, or of a version not known here.
    pub fn parse(payload: &'a [u8]) -> Result<Self, serde_json::Error> {
        Self::read(payload)
    }

    /// Appends the record's JSON to `out`.
    ///
    /// # Errors
    /// Never for text; the type is that of the JSON writer.
    pub fn write_to(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        EnvelopeRef {
            project_id: self.project_id,
            uuid: self.uuid,
            event: &self.event,
            distinct_id: &self.distinct_id,
            timestamp: self.timestamp,
            received_at: self.received_at,
            sent_at: self.sent_at,
            ip: self.ip,
            user_agent: self.user_agent.as_deref(),
            properties: self.properties.get(),
        }
        .write_to(out)
    }
}

/// What [`Envelope::write_to`] writes, borrowed. Who writes many of one arrival
/// takes an [`EnvelopeWriter`].
#[derive(Clone, Copy, Debug)]
pub struct EnvelopeRef<'a> {
    /// See [`Envelope::project_id`].
    pub project_id: ProjectId,
    /// See [`Envelope::uuid`].
    pub uuid: Uuid,
    /// See [`Envelope::event`].
    pub event: &'a str,
    /// See [`Envelope::distinct_id`].
    pub distinct_id: &'a str,
    /// See [`Envelope::timestamp`].
    pub timestamp: i64,
    /// See [`Envelope::received_at`].
    pub received_at: i64,
    /// See [`Envelope::sent_at`].
    pub sent_at: Option<i64>,
    /// See [`Envelope::ip`].
    pub ip: Option<IpAddr>,
    /// See [`Envelope::user_agent`].
    pub user_agent: Option<&'a str>,
    /// A valid JSON object as text.
    pub properties: &'a str,
}

impl EnvelopeRef<'_> {
    /// Appends the record's JSON to `out`.
    ///
    /// # Errors
    /// Never for text; the type is that of the JSON writer.
    pub fn write_to(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let event = EventRef {
            uuid: self.uuid,
            event: self.event,
            distinct_id: self.distinct_id,
            timestamp: self.timestamp,
            sent_at: self.sent_at,
            properties: self.properties,
        };
        EnvelopeWriter::new(self.project_id, self.received_at, self.ip, self.user_agent)
            .write(&event, out);
        Ok(())
    }
}

fn instant_field<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    parse_instant(text.as_bytes())
        .ok_or_else(|| D::Error::custom("not an instant of the form 2026-01-31T23:59:59.999Z"))
}

fn optional_instant_field<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    let Some(text) = Option::<Cow<'de, str>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    parse_instant(text.as_bytes())
        .map(Some)
        .ok_or_else(|| D::Error::custom("not an instant of the form 2026-01-31T23:59:59.999Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let written = EnvelopeRef {
            project_id: ProjectId(Uuid::from_u128(7)),
            uuid: Uuid::from_u128(8),
            event: "page \"one\"",
            distinct_id: "ada\n",
            timestamp: 1_700_000_000_123,
            received_at: 1_700_000_000_999,
            sent_at: Some(1_700_000_000_500),
            ip: Some("2001:db8::1".parse().unwrap()),
            user_agent: Some("Mozilla/5.0"),
            properties: r#"{"price":1.0,"tags":["a"]}"#,
        };
        let mut bytes = Vec::new();
        written.write_to(&mut bytes).unwrap();
        let read = Envelope::parse(&bytes).unwrap();
        assert_eq!(read.project_id, written.project_id);
        assert_eq!(read.uuid, written.uuid);
        assert_eq!(read.event, written.event);
        assert_eq!(read.distinct_id, written.distinct_id);
        assert_eq!(read.timestamp, written.timestamp);
        assert_eq!(read.received_at, written.received_at);
        assert_eq!(read.sent_at, written.sent_at);
        assert_eq!(read.ip, written.ip);
        assert_eq!(read.user_agent.as_deref(), written.user_agent);
        assert_eq!(read.properties.get(), written.properties);
        let mut again = Vec::new();
        read.write_to(&mut again).unwrap();
        assert_eq!(again, bytes);
    }

    #[test]
    fn another_version_is_refused() {
        let mut bytes = Vec::new();
        EnvelopeRef {
            project_id: ProjectId(Uuid::nil()),
            uuid: Uuid::nil(),
            event: "e",
            distinct_id: "d",
            timestamp: 0,
            received_at: 0,
            sent_at: None,
            ip: None,
            user_agent: None,
            properties: "{}",
        }
        .write_to(&mut bytes)
        .unwrap();
        let other = String::from_utf8(bytes)
            .unwrap()
            .replace("\"v\":1", "\"v\":2");
        assert!(
            Envelope::parse(other.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("version 2")
        );
    }
}
