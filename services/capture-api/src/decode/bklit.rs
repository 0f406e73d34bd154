//! Contract §1.2: Bklit's page views, events and ends of sessions, one a
//! request.

use std::borrow::Cow;

use event_schema::reason::RejectReason;

use super::additions::Additions;
use super::keys::BodyKeys;
use super::object_writer::ObjectWriter;
use super::reader::{Entry, Reader};
use super::{
    Batch, BodyCredential, BodyError, EventId, Field, Incoming, Limits, Properties, Refused,
};
use event_schema::json::{Kind, Scanner, SyntaxError, Text, Value};

/// What a request reports, and the id we queue it under.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Which of the three.
    pub kind: ReportKind,
    /// `evt_<ms>_<rand>`, from which the event's uuid is derived.
    pub queued_id: &'a str,
}

/// The three endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// `POST /track`
    PageView,
    /// `POST /track-event`
    Event,
    /// `POST /session-end`
    SessionEnd,
}

/// Locates the one event of a body.
///
/// # Errors
/// When the body is not a JSON object.
pub fn decode<'a>(
    body: &'a [u8],
    report: Report<'a>,
    limits: &Limits,
) -> Result<Batch<'a>, BodyError> {
    let body = super::readable(body)?;
    Reader::<ReportFields<'a>>::new(body, report, *limits).object_body()
}

#[derive(Debug)]
struct ReportFields<'a> {
    report: Report<'a>,
    keys: BodyKeys<'a>,
    project: Option<Value<'a>>,
    visitor_id: Option<Value<'a>>,
    session_id: Option<Value<'a>>,
    timestamp: Option<Value<'a>>,
    tracking_id: Option<Value<'a>>,
    event_type: Option<Value<'a>>,
    metadata: Option<Value<'a>>,
    others: Vec<(Text<'a>, Value<'a>)>,
    has_broken_name: bool,
}

/// Unknown fields of one report that are kept.
const OTHERS_MAX: usize = 256;

impl<'a> Entry<'a> for ReportFields<'a> {
    type Context = Report<'a>;
    const HAS_CREDENTIALS: bool = false;

    fn new(report: Report<'a>) -> Self {
        Self {
            report,
            keys: BodyKeys::default(),
            project: None,
            visitor_id: None,
            session_id: None,
            timestamp: None,
            tracking_id: None,
            event_type: None,
            metadata: None,
            others: Vec::new(),
            has_broken_name: false,
        }
    }

    fn take(&mut self, key: Text<'a>, scanner: &mut Scanner<'a>) -> Result<(), SyntaxError> {
        let value = scanner.value_with_members()?;
        let name = key.name();
        let slot = match &*name {
            b"projectId" | b"project_id" => &mut self.project,
            b"visitorId" => &mut self.visitor_id,
            b"sessionId" => &mut self.session_id,
            b"timestamp" => &mut self.timestamp,
            b"trackingId" => &mut self.tracking_id,
            b"eventType" => &mut self.event_type,
            b"metadata" => &mut self.metadata,
            _ => match self.keys.slot(&name) {
                Some(slot) => slot,
                None => {
                    if self.others.len() < OTHERS_MAX && value.kind != Kind::Null {
                        self.others.push((key, value));
                    }
                    self.has_broken_name |= key.decode().is_err();
                    return Ok(());
                }
            },
        };
        *slot = (value.kind != Kind::Null).then_some(value);
        Ok(())
    }

    fn credential(&self) -> BodyCredential<'a> {
        self.keys.first_or(None)
    }

    fn project(&self) -> Option<Value<'a>> {
        self.project
    }

    fn sent_at(&self) -> Option<Value<'a>> {
        None
    }

    fn has_broken_name(&self) -> bool {
        let mut has_broken = self.has_broken_name;
        if let Some(metadata) = self.metadata {
            metadata.for_each_member(|key, _| has_broken |= key.decode().is_err());
        }
        has_broken
    }

    fn into_event(self, text: &'a str) -> Result<Incoming<'a>, Refused> {
        let name = match self.report.kind {
            ReportKind::PageView => Field::Known(Cow::Borrowed("$pageview")),
            ReportKind::Event => self.tracking_id.into(),
            ReportKind::SessionEnd => Field::Known(Cow::Borrowed("$session_end")),
        };
        let metadata = match self.metadata {
            Some(value) if value.kind != Kind::Object => {
                return Err(Refused::new(
                    RejectReason::PropertiesInvalid,
                    "metadata: must be an object",
                ));
            }
            other => other,
        };
        Ok(Incoming {
            text,
            name,
            distinct_id: self.visitor_id.or(self.session_id).into(),
            timestamp: self.timestamp,
            sent_at: None,
            offset: None,
            is_clock_trusted: false,
            uuid: EventId::Ours(self.report.queued_id.to_owned()),
            project: None,
            properties: Properties::Built(self.properties(metadata)),
        })
    }
}

impl<'a> ReportFields<'a> {
    fn properties(&self, metadata: Option<Value<'a>>) -> Vec<u8> {
        let mut added = Additions::beside(metadata);
        for (key, value) in &self.others {
            match &*key.name() {
                b"url" => added.add("$current_url", value.raw),
                b"referrer" => added.add("$referrer", value.raw),
                b"title" => added.add("$title", value.raw),
                b"userAgent" => added.add("$raw_user_agent", value.raw),
                _ => added.add_as_is(*key, value.raw),
            }
        }
        added.add_sent("$session_id", self.session_id);
        added.add_sent("$event_type", self.event_type);
        let mut properties = ObjectWriter::with_capacity(512);
        added.write_to(&mut properties);
        if let Some(metadata) = metadata {
            properties.members_of(metadata.raw);
        }
        properties.finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const LIMITS: Limits = Limits {
        event_bytes_max: 10_000,
        batch_events_max: 5,
        nesting_max: 64,
    };

    fn mapped(kind: ReportKind, body: &Json) -> (String, String, Json) {
        let text = body.to_string();
        let report = Report {
            kind,
            queued_id: "evt_1_a",
        };
        let batch = decode(text.as_bytes(), report, &LIMITS).unwrap();
        let event = batch.events.into_iter().next().unwrap().event.unwrap();
        let text_of = |field: &Field<'_>| match field {
            Field::Sent(value) => value.scalar_text().unwrap().unwrap().into_owned(),
            Field::Known(text) => text.clone().into_owned(),
            Field::Absent => "absent".to_owned(),
        };
        let Properties::Built(properties) = &event.properties else {
            panic!("{event:?}")
        };
        (
            text_of(&event.name),
            text_of(&event.distinct_id),
            serde_json::from_slice(properties).unwrap(),
        )
    }

    #[test]
    fn each_report_becomes_its_event() {
        let view = json!({"url":"https://x/","sessionId":"s","projectId":"p","userAgent":"Mozilla","mobile":true});
        assert_eq!(
            mapped(ReportKind::PageView, &view),
            (
                "$pageview".to_owned(),
                "s".to_owned(),
                json!({"$current_url":"https://x/","$raw_user_agent":"Mozilla","mobile":true,"$session_id":"s"})
            )
        );
        let event = json!({"trackingId":"cta","eventType":"click","metadata":{"x":1},"sessionId":"s","visitorId":"v"});
        assert_eq!(
            mapped(ReportKind::Event, &event),
            (
                "cta".to_owned(),
                "v".to_owned(),
                json!({"$session_id":"s","$event_type":"click","x":1})
            )
        );
        let end = json!({"sessionId":"s","projectId":"p"});
        assert_eq!(
            mapped(ReportKind::SessionEnd, &end),
            (
                "$session_end".to_owned(),
                "s".to_owned(),
                json!({"$session_id":"s"})
            )
        );
    }
}
