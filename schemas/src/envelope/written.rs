//! Reading records as they are nearly always: byte for byte in the form in
//! which [`EnvelopeWriter`](super::EnvelopeWriter) writes them. That takes a
//! third of what the general reader takes; it judges all others.

use std::borrow::Cow;

use uuid::Uuid;

use super::writer::{
    BEFORE_DISTINCT_ID, BEFORE_EVENT, BEFORE_IP, BEFORE_PROJECT, BEFORE_PROPERTIES,
    BEFORE_RECEIVED_AT, BEFORE_SENT_AT, BEFORE_TIMESTAMP, BEFORE_USER_AGENT, BEFORE_UUID,
};
use super::{Envelope, Members, VERSION, parse_instant};
use crate::ids::ProjectId;
use crate::json::Scanner;

/// The envelope that `text` is; `None` when it is of another form, whatever is
/// to be said of it.
pub(super) fn read(text: &str) -> Option<Envelope<'_, Members<'_>>> {
    let mut scanner = Scanner::new(text.as_bytes(), usize::MAX);
    scanner.skip(BEFORE_PROJECT)?;
    let project_id = ProjectId(uuid(&mut scanner)?);
    scanner.skip(BEFORE_UUID)?;
    let uuid = uuid(&mut scanner)?;
    scanner.skip(BEFORE_EVENT)?;
    let event = string(&mut scanner, text)?;
    scanner.skip(BEFORE_DISTINCT_ID)?;
    let distinct_id = string(&mut scanner, text)?;
    scanner.skip(BEFORE_TIMESTAMP)?;
    let timestamp = instant(&mut scanner)?;
    scanner.skip(BEFORE_RECEIVED_AT)?;
    let received_at = instant(&mut scanner)?;
    let sent_at = match scanner.skip(BEFORE_SENT_AT) {
        Some(()) => Some(instant(&mut scanner)?),
        None => None,
    };
    scanner.skip(b"\"")?;
    let ip = match scanner.skip(BEFORE_IP) {
        Some(()) => Some(string(&mut scanner, text)?.parse().ok()?),
        None => None,
    };
    let user_agent = match scanner.skip(BEFORE_USER_AGENT) {
        Some(()) => Some(string(&mut scanner, text)?),
        None => None,
    };
    scanner.skip(BEFORE_PROPERTIES)?;
    let properties = Members::scan(&mut scanner, text)?;
    scanner.skip(b"}")?;
    (scanner.remaining() == 0).then_some(Envelope {
        v: VERSION,
        project_id,
        uuid,
        event,
        distinct_id,
        timestamp,
        received_at,
        sent_at,
        ip,
        user_agent,
        properties,
    })
}

fn uuid(scanner: &mut Scanner<'_>) -> Option<Uuid> {
    Uuid::try_parse_ascii(scanner.take::<36>()?).ok()
}

fn instant(scanner: &mut Scanner<'_>) -> Option<i64> {
    parse_instant(scanner.take::<24>()?)
}

fn string<'a>(scanner: &mut Scanner<'a>, text: &'a str) -> Option<Cow<'a, str>> {
    let value = scanner.value().ok()?;
    value.as_text()?.decode_within(text).ok()
}
