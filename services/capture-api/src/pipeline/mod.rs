//! From located to accepted: small pure steps, each of which keeps the event
//! or says why it is refused.
//!
//! project → name → distinct_id → clock → uuid → properties

mod clock;
mod ids;
mod timestamp;

use std::borrow::Cow;

use event_schema::event::{parse_distinct_id, parse_event_name};
use event_schema::reason::RejectReason;
use identity::KeyInfo;
use uuid::Uuid;

pub use clock::parse_sent_at;
pub use ids::IdMaker;
pub use timestamp::parse_timestamp;

use crate::decode::{Field, Incoming, Properties, Refused};
use event_schema::json::{Kind, Value, text_within};

/// What all events of a request have in common.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The key that names the project.
    pub key: &'a KeyInfo,
    /// When the request arrived, in milliseconds since the epoch.
    pub received_at: i64,
    /// When the client says it sent the batch.
    pub sent_at: Option<i64>,
    /// The client asks that no clock of the batch is corrected.
    pub is_clock_trusted: bool,
}

/// An event that may be stored.
#[derive(Debug)]
pub struct Accepted<'a> {
    /// Its name, trimmed.
    pub name: Cow<'a, str>,
    /// The person.
    pub distinct_id: Cow<'a, str>,
    /// With project and person its identity.
    pub uuid: Uuid,
    /// Whether we made the uuid, because the client sent none.
    pub is_uuid_ours: bool,
    /// When it happened, in milliseconds since the epoch.
    pub timestamp: i64,
    /// When the client says it sent it.
    pub sent_at: Option<i64>,
    /// The text of a JSON object.
    pub properties: Cow<'a, str>,
}

/// Runs the steps.
///
/// # Errors
/// The first reason against the event.
pub fn accept<'a>(
    incoming: Incoming<'a>,
    arrival: &Arrival<'_>,
    ids: &mut IdMaker,
) -> Result<Accepted<'a>, Refused> {
    check_project(incoming.project, arrival.key)?;
    let text = incoming.text;
    let name = event_name(&incoming.name, text)?;
    let distinct_id = distinct_id(&incoming.distinct_id, text)?;
    let times = clock::correct(&incoming, arrival)?;
    let id = ids::event_id(incoming.uuid, arrival.key.project_id(), ids)?;
    Ok(Accepted {
        name,
        distinct_id,
        uuid: id.uuid,
        is_uuid_ours: id.is_ours,
        timestamp: times.timestamp,
        sent_at: times.sent_at,
        properties: properties(incoming.properties, text)?,
    })
}

/// Whether the client may name `project` with this key.
///
/// # Errors
/// [`RejectReason::ProjectMismatch`].
pub fn check_project(project: Option<Value<'_>>, key: &KeyInfo) -> Result<(), Refused> {
    let Some(value) = project else {
        return Ok(());
    };
    let named = value.scalar_text().ok().flatten();
    if named.is_some_and(|name| key.speaks_for(Some(&name))) {
        return Ok(());
    }
    Err(Refused::new(
        RejectReason::ProjectMismatch,
        "project_id: the key belongs to another project",
    ))
}

fn event_name<'a>(field: &Field<'a>, whole: &'a str) -> Result<Cow<'a, str>, Refused> {
    let text = match field {
        Field::Absent => return Err(missing_name("event: is required")),
        Field::Known(text) => text.clone(),
        Field::Sent(value) => match value.as_text() {
            Some(text) => text
                .decode_within(whole)
                .map_err(|_| invalid_text("event"))?,
            None => return Err(missing_name("event: must be text")),
        },
    };
    let judged = match &text {
        Cow::Borrowed(text) => parse_event_name(text).map(Cow::Borrowed),
        Cow::Owned(text) => parse_event_name(text).map(|name| Cow::Owned(name.to_owned())),
    };
    judged.map_err(|reason| match reason {
        RejectReason::EventNameTooLong => Refused::new(reason, "event: longer than 200 characters"),
        _ => missing_name("event: must not be empty"),
    })
}

fn missing_name(detail: &'static str) -> Refused {
    Refused::new(RejectReason::EventNameMissing, detail)
}

fn invalid_text(field: &str) -> Refused {
    Refused::new(
        RejectReason::InvalidText,
        format!("{field}: is no Unicode text (a lone surrogate)"),
    )
}

fn distinct_id<'a>(field: &Field<'a>, whole: &'a str) -> Result<Cow<'a, str>, Refused> {
    let text = match field {
        Field::Absent => {
            return Err(Refused::new(
                RejectReason::DistinctIdMissing,
                "distinct_id: is required",
            ));
        }
        Field::Known(text) => text.clone(),
        Field::Sent(value) => value
            .scalar_text_within(whole)
            .map_err(|_| invalid_text("distinct_id"))?
            .ok_or_else(|| {
                Refused::new(
                    RejectReason::DistinctIdInvalid,
                    "distinct_id: must be text, a number or a boolean",
                )
            })?,
    };
    match parse_distinct_id(&text) {
        Ok(_) => Ok(text),
        Err(reason @ RejectReason::DistinctIdTooLong) => Err(Refused::new(
            reason,
            "distinct_id: longer than 400 characters",
        )),
        Err(reason) => Err(Refused::new(
            reason,
            "distinct_id: stands for nobody (empty, null, undefined or [object Object])",
        )),
    }
}

fn properties<'a>(properties: Properties<'a>, whole: &'a str) -> Result<Cow<'a, str>, Refused> {
    let not_utf8 = || Refused::new(RejectReason::InvalidText, "properties: are not UTF-8");
    match properties {
        Properties::Absent => Ok(Cow::Borrowed("{}")),
        Properties::Sent(value) if value.kind == Kind::Object => text_within(whole, value.raw)
            .map(Cow::Borrowed)
            .map_err(|_| not_utf8()),
        Properties::Sent(_) => Err(Refused::new(
            RejectReason::PropertiesInvalid,
            "properties: must be an object",
        )),
        Properties::Built(text) => String::from_utf8(text)
            .map(Cow::Owned)
            .map_err(|_| not_utf8()),
    }
}

#[cfg(test)]
mod tests;
