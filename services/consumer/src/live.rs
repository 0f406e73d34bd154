//! Telling whoever watches what was stored, over Redis' channel `live-events`.
//!
//! With a list as transport there is no log that watchers could follow, so the
//! worker tells them, as the field's own workers do. Nothing depends on it: what
//! cannot be told in time is not told.

use deadpool_redis::{Pool, redis};
use event_schema::envelope::{Envelope, format_instant};
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warehouse::EventRow;

/// The channel, after the deployment's prefix.
const CHANNEL: &str = "live-events";
/// Batches that may wait to be told.
const WAITING_MAX: usize = 16;

/// Takes what was stored. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveEvents {
    batches: mpsc::Sender<Vec<Vec<u8>>>,
}

/// Publishes what was taken.
#[derive(Debug)]
pub struct LivePublisher {
    batches: mpsc::Receiver<Vec<Vec<u8>>>,
    redis: Pool,
    channel: String,
}

/// Both ends, publishing under `prefix`.
#[must_use]
pub fn live_events(redis: Pool, prefix: &str) -> (LiveEvents, LivePublisher) {
    let (sender, batches) = mpsc::channel(WAITING_MAX);
    let publisher = LivePublisher {
        batches,
        redis,
        channel: format!("{prefix}{CHANNEL}"),
    };
    (LiveEvents { batches: sender }, publisher)
}

impl LiveEvents {
    /// Tells of these events, each with the record it was made from, unless too
    /// much waits to be told.
    pub fn tell<'a>(&self, stored: impl Iterator<Item = (&'a EventRow, &'a [u8])>) {
        let Ok(place) = self.batches.try_reserve() else {
            tracing::debug!("watchers are not told of a batch");
            return;
        };
        let messages: Vec<_> = stored
            .filter_map(|(row, record)| serde_json::to_vec(&message(row, record)).ok())
            .collect();
        if !messages.is_empty() {
            place.send(messages);
        }
    }
}

impl LivePublisher {
    /// Publishes until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(Some(messages)) = stop.run_until_cancelled(self.batches.recv()).await {
            if let Err(error) = self.publish(&messages).await {
                tracing::debug!(%error, "watchers are not told of a batch");
            }
        }
        stop.cancelled().await;
    }

    async fn publish(&self, messages: &[Vec<u8>]) -> Result<(), String> {
        let mut pipe = redis::pipe();
        for message in messages {
            pipe.publish(&self.channel, message.as_slice()).ignore();
        }
        let mut connection = self.redis.get().await.map_err(|error| error.to_string())?;
        pipe.query_async(&mut connection)
            .await
            .map_err(|error| error.to_string())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    project_id: ProjectId,
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    data: Data<'a>,
}

/// The field's names, and what identifies the event beside them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    uuid: Uuid,
    event: &'a str,
    distinct_id: &'a str,
    received_at: String,
}

/// A property's text, sent or derived, wherever the row keeps it.
fn text<'a>(row: &'a EventRow, name: &str) -> Option<&'a str> {
    row.hot_property(name).or_else(|| row.property(name))
}

fn message<'a>(row: &'a EventRow, record: &'a [u8]) -> Message<'a> {
    let kind = match row.event() {
        "$pageview" | "$screen" => "pageview",
        "$session_end" => "session_end",
        _ => "event",
    };
    let (is_view, is_event) = (kind == "pageview", kind == "event");
    let of_view = |name| text(row, name).filter(|_| is_view);
    let session = text(row, "$session_id");
    let is_end = kind == "session_end";
    Message {
        project_id: row.project_id,
        timestamp: instant(row.timestamp),
        kind,
        data: Data {
            url: of_view("$current_url").or_else(|| of_view("$pathname")),
            title: of_view("$title"),
            tracking_id: is_event.then(|| row.event()),
            event_type: is_event.then(|| text(row, "$event_type").unwrap_or("custom")),
            session_id: session.or_else(|| is_end.then(|| row.distinct_id())),
            reason: text(row, "reason").filter(|_| is_end),
            country: of_view("$geoip_country_name"),
            country_code: text(row, "$geoip_country_code").filter(|_| !is_event),
            city: of_view("$geoip_city_name"),
            mobile: of_view("$device_type").map(|device| device.eq_ignore_ascii_case("mobile")),
            metadata: metadata(record),
            uuid: row.uuid,
            event: row.event(),
            distinct_id: row.distinct_id(),
            received_at: instant(row.received_at),
        },
    }
}

/// What the client sent with the event, in a record of ours or of a foreign
/// producer.
fn metadata(record: &[u8]) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        payload: Payload<'a>,
    }
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow, default)]
        metadata: Option<&'a RawValue>,
    }
    match Envelope::parse(record) {
        Ok(envelope) => Some(envelope.properties),
        Err(_) => {
            serde_json::from_slice::<Item<'_>>(record)
                .ok()?
                .payload
                .metadata
        }
    }
}

fn instant(ms: i64) -> String {
    String::from_utf8_lossy(&format_instant(ms)).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(event: &str, properties: &str, record: &str) -> Value {
        let project = ProjectId(Uuid::from_u128(1));
        let mut row = EventRow::new(project, Uuid::from_u128(2), event, "ada", 1_700_000_000_000);
        row.set_properties(properties).unwrap();
        serde_json::to_value(message(&row, record.as_bytes())).unwrap()
    }

    #[test]
    fn a_page_view_has_the_fields_names() {
        let properties = r#"{"$current_url":"https://x/a","$session_id":"s","$device_type":"Mobile","$geoip_country_code":"DE"}"#;
        let told = shown("$pageview", properties, "{}");
        assert_eq!(told["type"], "pageview");
        assert_eq!(told["timestamp"], "2023-11-14T22:13:20.000Z");
        let data = &told["data"];
        assert_eq!(
            (&data["url"], &data["sessionId"]),
            (&json!("https://x/a"), &json!("s"))
        );
        assert_eq!(
            (&data["mobile"], &data["countryCode"]),
            (&json!(true), &json!("DE"))
        );
        assert!(data.get("trackingId").is_none());
    }

    #[test]
    fn an_event_keeps_what_was_sent_with_it_whoever_queued_it() {
        let foreign = r#"{"id":"evt_1_a","payload":{"metadata":{"n":1.0}}}"#;
        let told = shown("signup", "{}", foreign);
        assert_eq!(
            (&told["type"], &told["data"]["trackingId"]),
            (&json!("event"), &json!("signup"))
        );
        assert_eq!(told["data"]["metadata"], json!({"n": 1.0}));
        assert_eq!(told["data"]["eventType"], "custom");
        let end = shown("$session_end", "{}", "garbage");
        assert_eq!(
            (&end["type"], &end["data"]["sessionId"]),
            (&json!("session_end"), &json!("ada"))
        );
    }
}
