//! The messages that an event becomes.

use std::borrow::Cow;

use bytes::Bytes;
use event_schema::envelope::{Envelope, format_instant};
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::glance::{Glance, Wanted};
use super::item::{Content, Form, Item, Kind};

/// The message of `item` in that form, on one line; empty when it has none.
pub(super) fn message(item: &Item, form: Form) -> Bytes {
    let made = match (&item.content, form) {
        (Content::Envelope(record), Form::Bklit) => bklit(item, record),
        (Content::Envelope(record), Form::Native) => native(item, record),
        (Content::Envelope(record), Form::Debug) => debug(item, record),
        (Content::LiveEvent(message), Form::Bklit) => foreign_as_bklit(item, message),
        (Content::LiveEvent(message), Form::Native) => foreign_as_native(item, message),
        (Content::LiveEvent(message), Form::Debug) => foreign_as_debug(item, message),
    };
    match made {
        Ok(text) => on_one_line(text),
        Err(error) => {
            tracing::warn!(%error, event = %item.event, "an event cannot be shown");
            Bytes::new()
        }
    }
}

/// JSON may hold line breaks between its tokens; a line-based stream may not.
fn on_one_line(mut text: Vec<u8>) -> Bytes {
    for byte in &mut text {
        // Inside a JSON string they are always escaped.
        if *byte == b'\n' || *byte == b'\r' {
            *byte = b' ';
        }
    }
    Bytes::from(text)
}

/// `2026-01-31T23:59:59.999Z`
pub(crate) fn instant(ms: i64) -> String {
    String::from_utf8_lossy(&format_instant(ms)).into_owned()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bklit<'a, D> {
    #[serde(rename = "type")]
    kind: Kind,
    data: D,
    timestamp: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
    id: String,
}

/// What Bklit's dashboards read, and what identifies the event beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_new_session: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    uuid: Uuid,
    event: &'a str,
    distinct_id: &'a str,
}

fn bklit(item: &Item, record: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let envelope = Envelope::parse(record)?;
    let glance = Glance::at(envelope.properties);
    let is_view = item.kind == Kind::Pageview;
    let is_event = item.kind == Kind::Event;
    let of_view = |wanted| glance.text(wanted).filter(|_| is_view);
    let user_agent = glance
        .text(Wanted::UserAgent)
        .or(envelope.user_agent)
        .filter(|_| is_view);
    let session_id = glance.text(Wanted::Session);
    let data = Data {
        // Bklit's page views always have an address.
        url: of_view(Wanted::Url).or_else(|| glance.page().filter(|_| is_view)),
        title: of_view(Wanted::Title),
        tracking_id: is_event.then_some(&*item.event),
        event_type: is_event.then(|| glance.text(Wanted::EventType).unwrap_or("custom".into())),
        session_id: match item.kind {
            Kind::SessionEnd => session_id.or(Some(Cow::Borrowed(&*item.distinct_id))),
            _ => session_id,
        },
        reason: glance
            .text(Wanted::Reason)
            .filter(|_| item.kind == Kind::SessionEnd),
        country: of_view(Wanted::Country),
        country_code: glance.text(Wanted::CountryCode).filter(|_| !is_event),
        city: of_view(Wanted::City),
        lat: glance.raw(Wanted::Latitude).filter(|_| is_view),
        lon: glance.raw(Wanted::Longitude).filter(|_| is_view),
        mobile: is_view
            .then(|| is_mobile(&glance, user_agent.as_deref()))
            .flatten(),
        user_agent,
        is_new_session: is_view.then_some(item.is_new_session),
        metadata: is_event.then_some(envelope.properties),
        uuid: envelope.uuid,
        event: &item.event,
        distinct_id: &item.distinct_id,
    };
    serde_json::to_vec(&Bklit {
        kind: item.kind,
        data,
        timestamp: instant(envelope.timestamp).into(),
        project_id: Some(envelope.project_id),
        id: item.point.to_string(),
    })
}

/// Whether a page was looked at on a phone, where that is known.
fn is_mobile(glance: &Glance<'_>, user_agent: Option<&str>) -> Option<bool> {
    match (glance.text(Wanted::Device), user_agent) {
        (Some(device), _) => Some(device.eq_ignore_ascii_case("mobile")),
        (None, Some(agent)) => Some(agent.contains("Mobi")),
        (None, None) => None,
    }
}

#[derive(Serialize)]
struct Native<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    event: Event<'a>,
    id: String,
}

/// A row as the query API lists it.
#[derive(Serialize)]
struct Event<'a> {
    uuid: Option<Uuid>,
    event: &'a str,
    distinct_id: &'a str,
    timestamp: Cow<'a, str>,
    received_at: Cow<'a, str>,
    properties: &'a RawValue,
}

fn native(item: &Item, record: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let envelope = Envelope::parse(record)?;
    serde_json::to_vec(&Native {
        kind: "event",
        event: Event {
            uuid: Some(envelope.uuid),
            event: &item.event,
            distinct_id: &item.distinct_id,
            timestamp: instant(envelope.timestamp).into(),
            received_at: instant(envelope.received_at).into(),
            properties: envelope.properties,
        },
        id: item.point.to_string(),
    })
}

fn debug(item: &Item, record: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let envelope = Envelope::parse(record)?;
    let entry = json!({
        "timestamp": instant(item.place.appended_at),
        "stage": "queue",
        "level": "info",
        "message": "Event appended to the log",
        "data": {
            "event": envelope.event,
            "distinctId": envelope.distinct_id,
            "type": item.kind,
            "partition": item.place.partition,
            "offset": item.place.offset,
        },
        "eventId": envelope.uuid,
        "projectId": envelope.project_id,
        "duration": (item.place.appended_at - envelope.received_at).max(0),
    });
    serde_json::to_vec(&entry)
}

/// A message of Redis' channel.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveEvent<'a> {
    #[serde(borrow)]
    pub(crate) project_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) timestamp: Option<Cow<'a, str>>,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(borrow)]
    pub(crate) data: &'a RawValue,
}

/// What of such a message's data is read.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct LiveData {
    pub(crate) uuid: Option<Uuid>,
    pub(crate) event: Option<String>,
    pub(crate) tracking_id: Option<String>,
    pub(crate) distinct_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) received_at: Option<String>,
    pub(crate) metadata: Option<Box<RawValue>>,
    pub(crate) properties: Option<Box<RawValue>>,
}

impl LiveData {
    /// Reads what can be read: the producers are not all ours.
    pub(crate) fn of(data: &RawValue) -> Self {
        serde_json::from_str(data.get()).unwrap_or_default()
    }
}

fn live_event(message: &[u8]) -> Result<LiveEvent<'_>, serde_json::Error> {
    serde_json::from_slice(message)
}

fn foreign_as_bklit(item: &Item, message: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let live = live_event(message)?;
    serde_json::to_vec(&Bklit {
        kind: live.kind,
        data: live.data,
        timestamp: moment(&live, item),
        project_id: None,
        id: item.point.to_string(),
    })
}

fn foreign_as_native(item: &Item, message: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let live = live_event(message)?;
    let data = LiveData::of(live.data);
    let received_at = data.received_at.map(Cow::Owned);
    serde_json::to_vec(&Native {
        kind: "event",
        event: Event {
            uuid: data.uuid,
            event: &item.event,
            distinct_id: &item.distinct_id,
            timestamp: moment(&live, item),
            received_at: received_at.unwrap_or_else(|| instant(item.place.appended_at).into()),
            properties: data
                .properties
                .as_deref()
                .or(data.metadata.as_deref())
                .unwrap_or(live.data),
        },
        id: item.point.to_string(),
    })
}

fn foreign_as_debug(item: &Item, message: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let live = live_event(message)?;
    let data = LiveData::of(live.data);
    let entry = json!({
        "timestamp": instant(item.place.appended_at),
        "stage": "pubsub",
        "level": "info",
        "message": "Event published",
        "data": {"event": &*item.event, "distinctId": &*item.distinct_id, "type": item.kind},
        "eventId": data.uuid,
        "projectId": live.project_id,
    });
    serde_json::to_vec(&entry)
}

fn moment<'a>(live: &LiveEvent<'a>, item: &Item) -> Cow<'a, str> {
    let given = live.timestamp.clone();
    given.unwrap_or_else(|| instant(item.place.appended_at).into())
}

/// A message of our own to viewers.
pub(crate) fn notice(kind: &str, now_ms: i64, more: Value) -> Bytes {
    let mut message = json!({"type": kind, "timestamp": instant(now_ms)});
    if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
        message.extend(more);
    }
    Bytes::from(message.to_string())
}

#[cfg(test)]
mod tests {
    use event_schema::envelope::EnvelopeRef;

    use super::*;
    use crate::feed::item::Place;
    use crate::feed::point::Point;

    fn item(event: &str, properties: &str) -> Item {
        let mut record = Vec::new();
        EnvelopeRef {
            project_id: ProjectId(Uuid::from_u128(1)),
            uuid: Uuid::from_u128(2),
            event,
            distinct_id: "ada",
            timestamp: 1_700_000_000_000,
            received_at: 1_700_000_000_005,
            sent_at: None,
            ip: None,
            user_agent: Some("Mozilla/5.0 (iPhone) Mobile"),
            properties,
        }
        .write_to(&mut record)
        .unwrap();
        of(event, Content::Envelope(Bytes::from(record)))
    }

    fn of(event: &str, content: Content) -> Item {
        let place = Place {
            partition: 1,
            offset: 7,
            appended_at: 1_700_000_000_009,
        };
        let point = Point {
            log: "k".into(),
            next: Box::new([0, 8]),
        };
        Item::new(event, "ada", place, point, content)
    }

    fn shown(item: &Item, form: Form) -> Value {
        serde_json::from_slice(&item.message(form)).unwrap()
    }

    #[test]
    fn a_page_view_as_bklit_knows_it() {
        let item = item(
            "$pageview",
            "{\"$current_url\":\"https://x/a\",\n\"$session_id\":\"s\",\"$title\":\"T\",\"$geoip_latitude\":1.50}",
        );
        let message = shown(&item, Form::Bklit);
        assert_eq!(message["type"], "pageview");
        assert_eq!(message["timestamp"], "2023-11-14T22:13:20.000Z");
        assert_eq!(message["id"], "k-0.8");
        let data = &message["data"];
        assert_eq!(data["url"], "https://x/a");
        assert_eq!(
            (&data["sessionId"], &data["title"]),
            (&json!("s"), &json!("T"))
        );
        assert_eq!((&data["mobile"], &data["lat"]), (&json!(true), &json!(1.5)));
        assert_eq!(data["isNewSession"], false);
        assert!(data.get("metadata").is_none() && data.get("trackingId").is_none());
    }

    #[test]
    fn an_event_keeps_its_properties_as_they_were_sent() {
        let item = item(
            "signup",
            "{ \"n\" : 1.0,\r\n \"big\": 12345678901234567890 }",
        );
        let bklit = String::from_utf8(item.message(Form::Bklit).to_vec()).unwrap();
        assert!(
            bklit.contains(r#""metadata":{ "n" : 1.0,   "big": 12345678901234567890 }"#),
            "{bklit}"
        );
        assert!(
            bklit.contains(r#""trackingId":"signup","eventType":"custom""#),
            "{bklit}"
        );
        let native = shown(&item, Form::Native);
        assert_eq!(native["type"], "event");
        assert_eq!(native["event"]["event"], "signup");
        assert_eq!(native["event"]["received_at"], "2023-11-14T22:13:20.005Z");
        assert_eq!(native["event"]["properties"]["n"], json!(1.0));
        assert!(!item.message(Form::Native).contains(&b'\n'));
    }

    #[test]
    fn the_end_of_a_session_names_it() {
        let message = shown(
            &item("$session_end", r#"{"reason":"disconnect"}"#),
            Form::Bklit,
        );
        assert_eq!(message["type"], "session_end");
        assert_eq!(message["data"]["sessionId"], "ada");
        assert_eq!(message["data"]["reason"], "disconnect");
    }

    #[test]
    fn a_debug_entry_says_where_it_is_and_how_long_it_took() {
        let entry = shown(&item("signup", "{}"), Form::Debug);
        assert_eq!(
            (&entry["stage"], &entry["level"]),
            (&json!("queue"), &json!("info"))
        );
        assert_eq!(
            (&entry["duration"], &entry["data"]["offset"]),
            (&json!(4), &json!(7))
        );
    }

    #[test]
    fn a_message_of_the_channel_is_passed_on() {
        let text = r#"{"projectId":"shop","timestamp":"2026-01-31T12:00:00.000Z","type":"event","data":{"trackingId":"cta","metadata":{"x":1}}}"#;
        let item = of(
            "cta",
            Content::LiveEvent(Bytes::from_static(text.as_bytes())),
        );
        let bklit = shown(&item, Form::Bklit);
        assert_eq!(bklit["data"]["trackingId"], "cta");
        assert_eq!(bklit["timestamp"], "2026-01-31T12:00:00.000Z");
        assert_eq!(
            shown(&item, Form::Native)["event"]["properties"],
            json!({"x": 1})
        );
        assert_eq!(shown(&item, Form::Debug)["stage"], "pubsub");
    }
}
