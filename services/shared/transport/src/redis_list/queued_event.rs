use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::TransportError;

/// Header of a delivery that says in which form its payload is.
pub const FORMAT_HEADER: &str = "format";
/// Value of [`FORMAT_HEADER`]: the payload is the whole item of a foreign
/// producer. Without the header it is what our producer was given.
pub const FORMAT_QUEUED_EVENT: &str = "queued-event";

/// An item of ours: what any worker of the field reads, and the record as we
/// were given it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    payload: Fields<'a>,
    queued_at: &'a str,
    project_id: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    tracking_id: &'a str,
    event_type: &'static str,
    timestamp: &'a str,
    project_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Cow<'a, str>>,
    metadata: &'a RawValue,
    #[serde(rename = "_millrace")]
    record: &'a RawValue,
}

/// What of a record the foreign fields are made of.
#[derive(Debug, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    project_id: Cow<'a, str>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    properties: &'a RawValue,
}

#[derive(Debug, Deserialize)]
struct Session<'a> {
    #[serde(rename = "$session_id", borrow, default)]
    id: Option<Cow<'a, str>>,
}

/// What of an item a delivery is made of.
#[derive(Debug, Deserialize)]
struct Taken<'a> {
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(rename = "queuedAt", borrow, default)]
    queued_at: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct TakenPayload<'a> {
    #[serde(rename = "_millrace", borrow, default)]
    record: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Key<'a> {
    #[serde(borrow)]
    distinct_id: Cow<'a, str>,
}

/// What was found in an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) key: Bytes,
    pub(super) payload: Bytes,
    pub(super) queued_at: Option<DateTime<Utc>>,
    /// It was not made by us; the payload is the whole item.
    pub(super) foreign: bool,
}

/// The item of a record.
///
/// # Errors
/// [`TransportError::Refused`] when the record is no event envelope.
pub(super) fn encode(payload: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, TransportError> {
    let refused = |error: serde_json::Error| TransportError::Refused(format!("no event: {error}"));
    let record: &RawValue = serde_json::from_slice(payload).map_err(refused)?;
    let known: Record<'_> = serde_json::from_slice(payload).map_err(refused)?;
    // A session of another type than text is left out.
    let session: Option<Session<'_>> = serde_json::from_str(known.properties.get()).ok();
    let item = Item {
        id: &new_id(now),
        kind: "event",
        payload: Fields {
            tracking_id: &known.event,
            event_type: "custom",
            timestamp: &known.timestamp,
            project_id: &known.project_id,
            session_id: session.and_then(|session| session.id),
            metadata: known.properties,
            record,
        },
        queued_at: &now.to_rfc3339_opts(SecondsFormat::Millis, true),
        project_id: &known.project_id,
    };
    serde_json::to_vec(&item).map_err(refused)
}

/// The item that takes the place of a failed one, whose content was `raw`: a
/// record of ours as an item of ours, anything else as it was.
#[must_use]
pub fn requeued(raw: &[u8]) -> Bytes {
    match encode(raw, Utc::now()) {
        Ok(item) => Bytes::from(item),
        Err(_) => Bytes::copy_from_slice(raw),
    }
}

/// A dead letter as an item of the failed list, which keeps no headers: they
/// become members of its JSON object.
pub(super) fn with_headers(letter: &Bytes, headers: &[(String, Bytes)]) -> Bytes {
    let read = serde_json::from_slice::<serde_json::Map<_, _>>(letter);
    let Some(mut members) = read.ok().filter(|_| !headers.is_empty()) else {
        return letter.clone();
    };
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value).into_owned();
        members.insert(name.clone(), serde_json::Value::String(text));
    }
    serde_json::to_vec(&members).map_or_else(|_| letter.clone(), Bytes::from)
}

/// What an item holds: the record that we put in, or the item itself when it is
/// someone else's, readable or not.
pub(super) fn decode(item: &Bytes) -> Content {
    let taken: Option<Taken<'_>> = serde_json::from_slice(item).ok();
    let queued_at = taken
        .as_ref()
        .and_then(|taken| taken.queued_at.as_deref())
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .map(|time| time.to_utc());
    let record = taken
        .and_then(|taken| taken.payload)
        .and_then(|payload| serde_json::from_str::<TakenPayload<'_>>(payload.get()).ok())
        .and_then(|payload| payload.record);
    let Some(record) = record else {
        return Content {
            key: Bytes::new(),
            payload: item.clone(),
            queued_at,
            foreign: true,
        };
    };
    let key: Option<Key<'_>> = serde_json::from_str(record.get()).ok();
    let key = key.map(|key| Bytes::copy_from_slice(key.distinct_id.as_bytes()));
    Content {
        key: key.unwrap_or_default(),
        payload: item.slice_ref(record.get().as_bytes()),
        queued_at,
        foreign: false,
    }
}

/// `evt_<milliseconds>_<random>`.
fn new_id(now: DateTime<Utc>) -> String {
    let mut id = format!("evt_{}_", now.timestamp_millis());
    // Writing to a String cannot fail.
    let _ = write!(id, "{:011x}", rand::rng().random::<u64>() >> 20);
    id
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_123).unwrap()
    }

    #[test]
    fn a_record_of_ours_is_readable_by_other_workers_and_comes_back_exactly() {
        let record = br#"{"v":1,"project_id":"p1","event":"signup","distinct_id":"u \u00fc","timestamp":"2026-01-31T12:00:00.000Z","properties":{"n":1.0,"$session_id":"s1"}}"#;
        let item = encode(record, now()).unwrap();
        let read: Value = serde_json::from_slice(&item).unwrap();
        assert!(
            read["id"]
                .as_str()
                .unwrap()
                .starts_with("evt_1700000000123_")
        );
        assert_eq!(read["type"], "event");
        assert_eq!(read["queuedAt"], "2023-11-14T22:13:20.123Z");
        assert_eq!(read["projectId"], "p1");
        let payload = &read["payload"];
        assert_eq!(payload["trackingId"], "signup");
        assert_eq!(payload["timestamp"], "2026-01-31T12:00:00.000Z");
        assert_eq!(payload["sessionId"], "s1");
        assert_eq!(payload["metadata"]["n"], json!(1.0));

        let content = decode(&Bytes::from(item));
        assert_eq!(content.payload.as_ref(), record);
        assert_eq!(content.key.as_ref(), "u ü".as_bytes());
        assert_eq!(content.queued_at, Some(now()));
        assert!(!content.foreign);
    }

    #[test]
    fn an_item_of_someone_else_is_handed_on_whole() {
        let item = json!({
            "id": "evt_1_a", "type": "pageview", "projectId": "shop",
            "queuedAt": "2026-01-31T12:00:00.000Z", "payload": {"url": "https://x.example/"},
        });
        let item = Bytes::from(item.to_string());
        let content = decode(&item);
        assert!(content.foreign);
        assert_eq!(content.payload, item);
        assert!(content.queued_at.is_some());
    }

    #[test]
    fn what_is_no_json_is_handed_on_whole() {
        for bad in ["", "{", "[]", "null", "\u{0}", "{\"payload\":3}"] {
            let item = Bytes::from(bad);
            let content = decode(&item);
            assert!(content.foreign);
            assert_eq!(content.payload, item);
        }
    }

    #[test]
    fn a_dead_letter_keeps_its_origin_among_its_members() {
        let letter = Bytes::from_static(br#"{"raw":"{"}"#);
        assert_eq!(with_headers(&letter, &[]), letter);
        let origin = ("origin_offset".to_owned(), Bytes::from_static(b"7"));
        let item: Value = serde_json::from_slice(&with_headers(&letter, &[origin])).unwrap();
        assert_eq!(item, json!({"raw": "{", "origin_offset": "7"}));
        let other = Bytes::from_static(b"no json");
        assert_eq!(with_headers(&other, &[("a".into(), other.clone())]), other);
    }

    #[test]
    fn what_is_put_back_is_an_item_of_ours_or_as_it_was() {
        let record = br#"{"project_id":"p","event":"e","timestamp":"t","properties":{}}"#;
        assert_eq!(decode(&requeued(record)).payload.as_ref(), record);
        let foreign = br#"{"id":"evt_1_a","type":"pageview","payload":{}}"#;
        assert_eq!(requeued(foreign).as_ref(), foreign);
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        assert!(encode(b"{}", now()).is_err());
        assert!(encode(b"x", now()).is_err());
    }
}
