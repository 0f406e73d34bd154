//! Writing the envelopes of one request: what they have in common is made text
//! once, not once for each event.

use std::net::IpAddr;

use uuid::Uuid;

use super::format_instant;
use crate::ids::ProjectId;
use crate::json::write_string;

/// What the envelope of one event says beside what is known of its arrival;
/// borrowed, so that capture's hot path owns no part.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    /// See [`super::Envelope::uuid`].
    pub uuid: Uuid,
    /// See [`super::Envelope::event`].
    pub event: &'a str,
    /// See [`super::Envelope::distinct_id`].
    pub distinct_id: &'a str,
    /// See [`super::Envelope::timestamp`].
    pub timestamp: i64,
    /// See [`super::Envelope::sent_at`].
    pub sent_at: Option<i64>,
    /// A valid JSON object as text.
    pub properties: &'a str,
}

/// Writes the envelopes of events that arrived together.
#[derive(Clone, Debug)]
pub struct EnvelopeWriter {
    /// From the brace up to the event's uuid.
    head: [u8; HEAD_BYTES],
    received_at: [u8; 24],
    /// Behind the event's times, up to its properties.
    tail: Vec<u8>,
}

/// What stands before each part. Ids and times have quotes around them here.
pub(super) const BEFORE_PROJECT: &[u8; 21] = br#"{"v":1,"project_id":""#;
pub(super) const BEFORE_UUID: &[u8; 10] = br#"","uuid":""#;
pub(super) const BEFORE_EVENT: &[u8] = br#"","event":"#;
pub(super) const BEFORE_DISTINCT_ID: &[u8] = br#","distinct_id":"#;
pub(super) const BEFORE_TIMESTAMP: &[u8] = br#","timestamp":""#;
pub(super) const BEFORE_RECEIVED_AT: &[u8] = br#"","received_at":""#;
pub(super) const BEFORE_SENT_AT: &[u8] = br#"","sent_at":""#;
pub(super) const BEFORE_IP: &[u8] = br#","ip":"#;
pub(super) const BEFORE_USER_AGENT: &[u8] = br#","user_agent":"#;
pub(super) const BEFORE_PROPERTIES: &[u8] = br#","properties":"#;
const UUID_BYTES: usize = 36;
const HEAD_BYTES: usize = BEFORE_PROJECT.len() + UUID_BYTES + BEFORE_UUID.len();

impl EnvelopeWriter {
    /// A writer for the events of `project_id` that arrived at `received_at`
    /// (milliseconds since the epoch) from that address and that browser.
    #[must_use]
    pub fn new(
        project_id: ProjectId,
        received_at: i64,
        ip: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Self {
        let mut head = [0; HEAD_BYTES];
        let (before, rest) = head.split_at_mut(BEFORE_PROJECT.len());
        let (project, behind) = rest.split_at_mut(UUID_BYTES);
        before.copy_from_slice(BEFORE_PROJECT);
        project_id.0.hyphenated().encode_lower(project);
        behind.copy_from_slice(BEFORE_UUID);
        let mut tail = Vec::with_capacity(64 + user_agent.map_or(0, str::len));
        if let Some(ip) = ip {
            tail.extend_from_slice(BEFORE_IP);
            // Memory takes all that is written.
            let _ = serde_json::to_writer(&mut tail, &ip);
        }
        if let Some(user_agent) = user_agent {
            tail.extend_from_slice(BEFORE_USER_AGENT);
            write_string(&mut tail, user_agent);
        }
        tail.extend_from_slice(BEFORE_PROPERTIES);
        Self {
            head,
            received_at: format_instant(received_at),
            tail,
        }
    }

    /// Appends the JSON of one event's envelope to `out`.
    pub fn write(&self, event: &EventRef<'_>, out: &mut Vec<u8>) {
        let mut uuid = [0; UUID_BYTES];
        event.uuid.hyphenated().encode_lower(&mut uuid);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(&uuid);
        out.extend_from_slice(BEFORE_EVENT);
        write_string(out, event.event);
        out.extend_from_slice(BEFORE_DISTINCT_ID);
        write_string(out, event.distinct_id);
        out.extend_from_slice(BEFORE_TIMESTAMP);
        out.extend_from_slice(&format_instant(event.timestamp));
        out.extend_from_slice(BEFORE_RECEIVED_AT);
        out.extend_from_slice(&self.received_at);
        if let Some(sent_at) = event.sent_at {
            out.extend_from_slice(BEFORE_SENT_AT);
            out.extend_from_slice(&format_instant(sent_at));
        }
        out.push(b'"');
        out.extend_from_slice(&self.tail);
        out.extend_from_slice(event.properties.as_bytes());
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use serde_json::{Map, Value, json};

    use super::*;

    proptest! {
        #[test]
        fn the_bytes_are_those_of_the_library(
            ids in any::<(u128, u128)>(),
            event in "\\PC{1,20}",
            distinct_id in "(?s).{1,20}",
            times in (0..crate::limits::TIMESTAMP_MS_END, 0..crate::limits::TIMESTAMP_MS_END),
            sent_at in proptest::option::of(0..crate::limits::TIMESTAMP_MS_END),
            ip in any::<Option<IpAddr>>(),
            user_agent in proptest::option::of("[ -~]{0,30}"),
        ) {
            let (project, uuid) = (Uuid::from_u128(ids.0), Uuid::from_u128(ids.1));
            let properties = r#"{ "price" : 1.0 }"#;
            let instant = |ms: i64| String::from_utf8(format_instant(ms).to_vec()).unwrap();
            let mut expected = Map::new();
            let mut put = |name: &str, value: Value| expected.insert(name.to_owned(), value);
            put("v", json!(1));
            put("project_id", json!(project));
            put("uuid", json!(uuid));
            put("event", json!(event));
            put("distinct_id", json!(distinct_id));
            put("timestamp", json!(instant(times.0)));
            put("received_at", json!(instant(times.1)));
            sent_at.map(|ms| put("sent_at", json!(instant(ms))));
            ip.map(|ip| put("ip", json!(ip)));
            user_agent.as_ref().map(|agent| put("user_agent", json!(agent)));
            let mut expected = serde_json::to_string(&expected).unwrap();
            expected.pop();
            let raw: &RawValue = serde_json::from_str(properties).unwrap();
            let expected = format!("{expected},\"properties\":{raw}}}");

            let writer = EnvelopeWriter::new(project.into(), times.1, ip, user_agent.as_deref());
            let written = EventRef {
                uuid,
                event: &event,
                distinct_id: &distinct_id,
                timestamp: times.0,
                sent_at,
                properties,
            };
            let mut out = Vec::new();
            writer.write(&written, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
