//! The record on the `events` topic: one event, as JSON that anyone can read.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::ids::ProjectId;

mod instant;
mod members;
mod writer;
mod written;

pub use instant::{format_instant, parse_instant};
pub use members::{Member, Members};
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

impl<'a> Envelope<'a, Members<'a>> {
    /// Reads a record and finds its properties.
    ///
    /// # Errors
    /// When it is no JSON of this format, or of a version not known here, or
    /// its properties are no object.
    pub fn read(payload: &'a [u8]) -> Result<Self, serde_json::Error> {
        let written = simdutf8::basic::from_utf8(payload)
            .ok()
            .and_then(written::read);
        written.map_or_else(|| Self::read_any(payload), Ok)
    }
}

impl<'a, P: Deserialize<'a>> Envelope<'a, P> {
    /// Reads a record of any form.
    fn read_any(payload: &'a [u8]) -> Result<Self, serde_json::Error> {
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
        Self::read_any(payload)
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
    use proptest::prelude::*;

    use super::*;

    /// What is read of `bytes`, by the reader of our own form and in general.
    fn both(bytes: &[u8]) -> (Option<String>, Option<String>) {
        let written = std::str::from_utf8(bytes).ok().and_then(written::read);
        let general = Envelope::<Members<'_>>::read_any(bytes);
        let told = |envelope: &dyn std::fmt::Debug| format!("{envelope:?}");
        (
            written.as_ref().map(|envelope| told(envelope)),
            general.as_ref().ok().map(|envelope| told(envelope)),
        )
    }

    fn record(
        event: &str,
        sent_at: Option<i64>,
        browser: Option<&str>,
        properties: &str,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        EnvelopeRef {
            project_id: ProjectId(Uuid::from_u128(7)),
            uuid: Uuid::from_u128(8),
            event,
            distinct_id: "ada",
            timestamp: 1_700_000_000_123,
            received_at: 1_700_000_000_999,
            sent_at,
            ip: sent_at.map(|_| "2001:db8::1".parse().unwrap()),
            user_agent: browser,
            properties,
        }
        .write_to(&mut bytes)
        .unwrap();
        bytes
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            "(?s).{0,12}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                proptest::collection::hash_map("(?s).{0,6}", inner, 0..4)
                    .prop_map(serde_json::Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn our_own_form_is_read_as_any_other(
            event in "(?s).{1,12}",
            sent_at in proptest::option::of(0..crate::limits::TIMESTAMP_MS_END),
            browser in proptest::option::of("(?s).{0,20}"),
            properties in proptest::collection::hash_map("(?s).{0,8}", json(), 0..30),
        ) {
            let properties = serde_json::Value::from_iter(properties).to_string();
            let (written, general) = both(&record(&event, sent_at, browser.as_deref(), &properties));
            prop_assert!(written.is_some());
            prop_assert_eq!(written, general);
        }

        /// Of a damaged record it says nothing, or what the general reader says.
        #[test]
        fn a_damaged_record_is_never_read_in_another_way(
            damages in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..4),
        ) {
            let properties = r#"{"a":"b\\u00e9\ud83d\ude00","n":-1.5e3,"o":{"x":[1,{"y":null}]}, "a" : true}"#;
            let mut bytes = record("page", Some(5), Some("Mozilla"), properties);
            for (at, byte, removes) in damages {
                let at = at.index(bytes.len());
                if removes {
                    bytes.remove(at);
                } else {
                    bytes[at] = byte;
                }
            }
            let (written, general) = both(&bytes);
            if written.is_some() {
                prop_assert_eq!(written, general);
            }
        }
    }

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
        let other = String::from_utf8(record("e", None, None, "{}"))
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
