//! From the bytes of a body to events that are located but not yet judged:
//! one module for each family of clients, all ending in the same [`Batch`].
//!
//! Reading order: [`fields`] and `reader` (what the native and PostHog forms
//! share) → [`native`] → [`posthog`] → [`segment`] → [`bklit`] → [`flaw`] (how a fault
//! is told to the client).

pub mod fields;

mod reader;

mod additions;

mod keys;

mod names;

mod object_writer;

pub mod native;

pub mod posthog;

pub mod segment;

mod segment_context;

pub mod bklit;

pub mod flaw;

use std::borrow::Cow;

use event_schema::reason::RejectReason;

use event_schema::json::{SyntaxError, Value};

/// What a body may hold at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one event.
    pub event_bytes_max: usize,
    /// Events of one batch.
    pub batch_events_max: usize,
    /// Levels of brackets in one property.
    pub nesting_max: usize,
}

/// The events of one body and what it says about all of them.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    /// The credential in the body.
    pub credential: BodyCredential<'a>,
    /// The project the body names.
    pub project: Option<Value<'a>>,
    /// When the client sent the batch, by its own clock.
    pub sent_at: Option<Value<'a>>,
    /// The client asks that no clock is corrected.
    pub is_clock_trusted: bool,
    /// Somebody else sends what clients sent long ago (`historical_migration`): the
    /// request's address says nothing about them.
    pub is_historical: bool,
    /// One entry for each event, in order.
    pub events: Vec<Located<'a>>,
}

/// One entry of a body.
#[derive(Debug)]
pub struct Located<'a> {
    /// Its whole text.
    pub raw: &'a [u8],
    /// What it says, or why that is of no use.
    pub event: Result<Incoming<'a>, Refused>,
}

impl Located<'_> {
    /// The id that the client gave the event, whatever else is wrong with it.
    #[must_use]
    pub fn sent_id(&self) -> Option<String> {
        let id = match &self.event {
            Ok(event) => match event.uuid {
                EventId::Uuid(value) | EventId::Foreign(value) => value,
                EventId::Absent | EventId::Ours(_) => return None,
            },
            Err(_) => Value::parse(self.raw, usize::MAX).ok()?.member("uuid")?,
        };
        id.scalar_text().ok().flatten().map(Cow::into_owned)
    }
}

/// A credential in the body, the first of its places that is filled.
#[derive(Debug, Default)]
pub enum BodyCredential<'a> {
    /// There is none.
    #[default]
    Absent,
    /// This one.
    Key(Cow<'a, str>),
    /// Something that can be no key (not text, or several that differ).
    Unusable,
}

impl<'a> From<Option<Value<'a>>> for BodyCredential<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        let Some(value) = value else {
            return Self::Absent;
        };
        match value.as_text().map(|text| text.decode()) {
            Some(Ok(key)) if key.trim().is_empty() => Self::Absent,
            Some(Ok(key)) => Self::Key(key),
            _ => Self::Unusable,
        }
    }
}

/// One event as its client sent it.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The event's whole text, in which most of the rest stands.
    pub text: &'a str,
    /// The event's name.
    pub name: Field<'a>,
    /// The person.
    pub distinct_id: Field<'a>,
    /// When it happened, by the client's clock.
    pub timestamp: Option<Value<'a>>,
    /// When the client sent it, if it says so for this event alone.
    pub sent_at: Option<Value<'a>>,
    /// How many milliseconds before sending it happened; wins over `timestamp`.
    pub offset: Option<Value<'a>>,
    /// The client asks that its clock is not corrected.
    pub is_clock_trusted: bool,
    /// The client's id of the event.
    pub uuid: EventId<'a>,
    /// The project this event names.
    pub project: Option<Value<'a>>,
    /// Its properties.
    pub properties: Properties<'a>,
}

/// A text field of an event.
#[derive(Debug, Default)]
pub enum Field<'a> {
    /// The client did not send it.
    #[default]
    Absent,
    /// As it was sent.
    Sent(Value<'a>),
    /// Known otherwise: by the endpoint, or mapped from another name.
    Known(Cow<'a, str>),
}

impl<'a> From<Option<Value<'a>>> for Field<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        value.map_or(Self::Absent, Self::Sent)
    }
}

/// The client's id of an event.
#[derive(Debug, Default)]
pub enum EventId<'a> {
    /// None was sent: we make one.
    #[default]
    Absent,
    /// It must be a UUID, or the event is refused.
    Uuid(Value<'a>),
    /// Any text; what is no UUID becomes one by hashing.
    Foreign(Value<'a>),
    /// An id we made ourselves in another system's form.
    Ours(String),
}

/// The properties of an event.
#[derive(Debug, Default)]
pub enum Properties<'a> {
    /// None.
    #[default]
    Absent,
    /// As the client sent them; may be something else than an object.
    Sent(Value<'a>),
    /// Put together by the decoder: the text of an object.
    Built(Vec<u8>),
}

/// Why one event is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub reason: RejectReason,
    /// The field and what is wrong with it, in words.
    pub detail: Cow<'static, str>,
}

impl Refused {
    /// A refusal.
    #[must_use]
    pub fn new(reason: RejectReason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// Why no event of a body can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is not what the endpoint takes.
    #[error("{0}")]
    Invalid(Cow<'static, str>, RejectReason),
    /// It holds more events than allowed.
    #[error("more than {0} events in one batch")]
    TooManyEvents(usize),
}

impl From<SyntaxError> for BodyError {
    fn from(error: SyntaxError) -> Self {
        Self::Invalid(
            format!("the body is not JSON: {error}").into(),
            RejectReason::InvalidJson,
        )
    }
}

/// The body without a byte order mark.
///
/// # Errors
/// When it is empty or UTF-16.
pub fn readable(body: &[u8]) -> Result<&[u8], BodyError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let is_utf16 = matches!(
        body,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    );
    if is_utf16 {
        return Err(BodyError::Invalid(
            "the body is UTF-16: send UTF-8".into(),
            RejectReason::InvalidJson,
        ));
    }
    if body.trim_ascii().is_empty() {
        return Err(BodyError::Invalid(
            "the body is empty".into(),
            RejectReason::InvalidJson,
        ));
    }
    Ok(body)
}
