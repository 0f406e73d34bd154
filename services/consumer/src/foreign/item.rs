//! A queued event of another producer, and the envelope that it becomes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, NaiveDateTime};
use event_schema::envelope::EnvelopeRef;
use event_schema::event::{parse_distinct_id, parse_event_name};
use event_schema::ids::{ProjectId, uuid_of_foreign_id};
use event_schema::limits::{TIMESTAMP_MS_END, TIMESTAMP_MS_MIN};
use event_schema::reason::RejectReason;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::process::Undecodable;

/// Members of an object, their values as they were written.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// `{id, type, payload, queuedAt, projectId}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(borrow)]
    payload: Members<'a>,
    /// Whose it is, in the producer's words.
    #[serde(rename = "projectId", borrow)]
    pub(super) project: Cow<'a, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Pageview,
    Event,
    SessionEnd,
}

/// What of a payload means something by itself; all else are properties.
const KNOWN: [&str; 12] = [
    "projectId",
    "project_id",
    "visitorId",
    "sessionId",
    "timestamp",
    "trackingId",
    "eventType",
    "metadata",
    "api_key",
    "apiKey",
    "token",
    "writeKey",
];

/// Their names for properties that have another one with us.
const RENAMED: [(&str, &str); 4] = [
    ("url", "$current_url"),
    ("referrer", "$referrer"),
    ("title", "$title"),
    ("userAgent", "$raw_user_agent"),
];

impl<'a> Item<'a> {
    /// Reads an item.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Undecodable> {
        serde_json::from_slice(payload).map_err(|error| {
            refused(
                "item_invalid",
                format!("no queued event {{id, type, payload, queuedAt, projectId}}: {error}"),
            )
        })
    }

    /// Why it cannot be stored when its project is nobody's.
    pub(super) fn of_no_project(&self) -> Undecodable {
        let name = self.project.chars().take(100).collect::<String>();
        refused(
            "project_unknown",
            format!("projectId {name:?} is no project's id, slug or alias"),
        )
    }

    /// The record that capture would have made of it, queued at `queued_at` (ms
    /// since the epoch).
    ///
    /// # Errors
    /// When it breaks a rule that holds for every event.
    pub(super) fn envelope(
        &self,
        project_id: ProjectId,
        queued_at: i64,
    ) -> Result<Vec<u8>, Undecodable> {
        let uuid = uuid_of_foreign_id(project_id, &self.id);
        let of = |fault: Undecodable| Undecodable {
            project_id: Some(project_id),
            uuid: Some(uuid),
            ..fault
        };
        let name = self.name().map_err(of)?;
        let distinct_id = self.distinct_id().map_err(of)?;
        let timestamp = self.timestamp(queued_at).map_err(of)?;
        let properties = self.properties().map_err(of)?;
        let mut bytes = Vec::with_capacity(properties.len() + 256);
        EnvelopeRef {
            project_id,
            uuid,
            event: &name,
            distinct_id: &distinct_id,
            timestamp,
            received_at: queued_at,
            sent_at: None,
            ip: self.address(),
            user_agent: None,
            properties: &properties,
        }
        .write_to(&mut bytes)
        .map_err(|error| of(refused("item_invalid", error.to_string())))?;
        Ok(bytes)
    }

    fn name(&self) -> Result<Cow<'static, str>, Undecodable> {
        match self.kind {
            Kind::Pageview => Ok(Cow::Borrowed("$pageview")),
            Kind::SessionEnd => Ok(Cow::Borrowed("$session_end")),
            Kind::Event => {
                let text = self.text("trackingId").unwrap_or_default();
                let name =
                    parse_event_name(&text).map_err(|reason| broken(reason, "trackingId"))?;
                Ok(Cow::Owned(name.to_owned()))
            }
        }
    }

    fn distinct_id(&self) -> Result<String, Undecodable> {
        let text = self.text("visitorId").or_else(|| self.text("sessionId"));
        let text = text.unwrap_or_default();
        let id =
            parse_distinct_id(&text).map_err(|reason| broken(reason, "visitorId, sessionId"))?;
        Ok(id.to_owned())
    }

    /// When it happened; an item that does not say is of when it was queued.
    fn timestamp(&self, queued_at: i64) -> Result<i64, Undecodable> {
        let Some(sent) = self.value("timestamp") else {
            return Ok(queued_at);
        };
        let ms = match &sent {
            Value::Number(ms) => ms.as_f64().map(|ms| ms as i64),
            Value::String(text) => instant(text),
            _ => None,
        };
        let ms = ms.ok_or_else(|| broken(RejectReason::TimestampInvalid, "timestamp"))?;
        if (TIMESTAMP_MS_MIN..TIMESTAMP_MS_END).contains(&ms) {
            Ok(ms)
        } else {
            Err(broken(RejectReason::TimestampOutOfRange, "timestamp"))
        }
    }

    /// The visitor's address, unless the producer has looked up already where
    /// that is.
    fn address(&self) -> Option<IpAddr> {
        let has_place = self.value("countryCode").is_some();
        let text = self.text("ip").filter(|_| !has_place)?;
        text.parse().ok()
    }

    /// A JSON object; of one name, what stands in `metadata` wins.
    fn properties(&self) -> Result<String, Undecodable> {
        let mut properties: BTreeMap<&str, &RawValue> = BTreeMap::new();
        let is_there = |value: &RawValue| value.get() != "null";
        for (name, value) in &self.payload {
            if is_there(value) && !KNOWN.contains(&name.as_str()) {
                let renamed = RENAMED.iter().find(|(theirs, _)| theirs == name);
                properties.insert(renamed.map_or(name, |(_, ours)| ours), value);
            }
        }
        for (theirs, ours) in [("sessionId", "$session_id"), ("eventType", "$event_type")] {
            if let Some(value) = self.payload.get(theirs).filter(|value| is_there(value)) {
                properties.insert(ours, value);
            }
        }
        let invalid = || broken(RejectReason::PropertiesInvalid, "metadata");
        let metadata: Members<'_> = match self.payload.get("metadata") {
            Some(value) if is_there(value) => {
                serde_json::from_str(value.get()).map_err(|_| invalid())?
            }
            _ => Members::new(),
        };
        for (name, value) in &metadata {
            properties.insert(name, value);
        }
        serde_json::to_string(&properties).map_err(|_| invalid())
    }

    fn value(&self, name: &str) -> Option<Value> {
        let value = serde_json::from_str(self.payload.get(name)?.get()).ok();
        value.filter(|value: &Value| !value.is_null())
    }

    /// Text, or the text of a number or a truth value.
    fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
            _ => None,
        }
    }
}

/// RFC 3339; without an offset it is UTC.
fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let naive = text.replacen(' ', "T", 1);
    let time = NaiveDateTime::parse_from_str(&naive, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(time.and_utc().timestamp_millis())
}

fn broken(reason: RejectReason, field: &str) -> Undecodable {
    refused(reason.code(), format!("{field}: {}", reason.code()))
}

fn refused(kind: &'static str, message: String) -> Undecodable {
    Undecodable {
        kind,
        message,
        project_id: None,
        uuid: None,
        distinct_id: None,
    }
}

#[cfg(test)]
mod tests {
    use event_schema::envelope::Envelope;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const PROJECT: ProjectId = ProjectId(Uuid::from_u128(1));
    const QUEUED: i64 = 1_700_000_000_000;

    fn read(kind: &str, payload: &Value) -> Result<(String, String, i64, Value), &'static str> {
        let item = json!({"id": "evt_1_a", "type": kind, "payload": payload,
            "queuedAt": "2023-11-14T22:13:20.000Z", "projectId": "shop"});
        let item = item.to_string();
        let item = Item::parse(item.as_bytes()).map_err(|fault| fault.kind)?;
        let bytes = item.envelope(PROJECT, QUEUED).map_err(|fault| fault.kind)?;
        let envelope = Envelope::parse(&bytes).unwrap();
        assert_eq!(envelope.uuid, uuid_of_foreign_id(PROJECT, "evt_1_a"));
        Ok((
            envelope.event.into_owned(),
            envelope.distinct_id.into_owned(),
            envelope.timestamp,
            serde_json::from_str(envelope.properties.get()).unwrap(),
        ))
    }

    #[test]
    fn each_kind_becomes_the_event_that_capture_would_have_made() {
        let view = json!({"url": "https://x.example/", "sessionId": "s", "userAgent": "Mozilla",
            "timestamp": "2026-01-31T12:00:00.123Z", "mobile": true, "projectId": "p", "lat": null});
        assert_eq!(
            read("pageview", &view).unwrap(),
            (
                "$pageview".to_owned(),
                "s".to_owned(),
                1_769_860_800_123,
                json!({"$current_url": "https://x.example/", "$raw_user_agent": "Mozilla",
                    "mobile": true, "$session_id": "s"})
            )
        );
        let event = json!({"trackingId": " cta ", "eventType": "click", "visitorId": 7,
            "sessionId": "s", "metadata": {"x": 1.0, "mobile": false}, "mobile": true});
        assert_eq!(
            read("event", &event).unwrap(),
            (
                "cta".to_owned(),
                "7".to_owned(),
                QUEUED,
                json!({"x": 1.0, "mobile": false, "$event_type": "click", "$session_id": "s"})
            )
        );
        let end = read("session_end", &json!({"sessionId": "s"})).unwrap();
        assert_eq!((end.0.as_str(), end.1.as_str()), ("$session_end", "s"));
    }

    #[test]
    fn what_breaks_a_rule_is_refused_by_name() {
        for (kind, payload, reason) in [
            ("pageview", json!({"url": "/"}), "distinct_id_missing"),
            (
                "pageview",
                json!({"sessionId": "null"}),
                "distinct_id_missing",
            ),
            ("event", json!({"sessionId": "s"}), "event_name_missing"),
            (
                "event",
                json!({"sessionId": "s", "trackingId": "x", "metadata": []}),
                "properties_invalid",
            ),
            (
                "pageview",
                json!({"sessionId": "s", "timestamp": "soon"}),
                "timestamp_invalid",
            ),
            (
                "pageview",
                json!({"sessionId": "s", "timestamp": -1}),
                "timestamp_out_of_range",
            ),
            ("click", json!({"sessionId": "s"}), "item_invalid"),
            ("event", json!("text"), "item_invalid"),
        ] {
            assert_eq!(read(kind, &payload), Err(reason), "{kind} {payload}");
        }
        for bad in ["", "{", "[]", "null", "{}"] {
            assert!(Item::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_read_as_producers_write_them() {
        assert_eq!(
            instant("2026-01-31T13:00:00.123+01:00"),
            Some(1_769_860_800_123)
        );
        assert_eq!(instant("2026-01-31T12:00:00.123"), Some(1_769_860_800_123));
        assert_eq!(instant("2026-01-31 12:00:00"), Some(1_769_860_800_000));
        assert_eq!(instant("yesterday"), None);
    }
}
