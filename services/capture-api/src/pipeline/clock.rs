//! When an event happened: the client's time, corrected by how far its clock
//! is off, which is what the time of sending tells.

use event_schema::envelope::parse_instant;
use event_schema::limits::{TIMESTAMP_MS_END, TIMESTAMP_MS_MIN};
use event_schema::reason::RejectReason;

use super::Arrival;
use super::timestamp::parse_timestamp;
use crate::decode::{Incoming, Refused};
use event_schema::json::{Kind, Value};

/// The times of one event, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub timestamp: i64,
    pub sent_at: Option<i64>,
}

/// The event's times.
pub(super) fn correct(incoming: &Incoming<'_>, arrival: &Arrival<'_>) -> Result<Times, Refused> {
    let own = incoming.sent_at.map(parse_sent_at).transpose()?.flatten();
    let sent_at = own.or(arrival.sent_at);
    let timestamp = if let Some(offset) = incoming.offset {
        arrival.received_at.saturating_sub(parse_offset(offset)?)
    } else if let Some(value) = incoming.timestamp {
        let client = parse_text(value).ok_or_else(|| {
            Refused::new(
                RejectReason::TimestampInvalid,
                "timestamp: must be RFC 3339, such as 2026-01-31T12:00:00.000Z",
            )
        })?;
        let is_trusted = incoming.is_clock_trusted || arrival.is_clock_trusted;
        match sent_at {
            Some(sent_at) if !is_trusted => client.saturating_add(arrival.received_at - sent_at),
            _ => client,
        }
    } else {
        arrival.received_at
    };
    if !(TIMESTAMP_MS_MIN..TIMESTAMP_MS_END).contains(&timestamp) {
        return Err(Refused::new(
            RejectReason::TimestampOutOfRange,
            "timestamp: must lie from 1970-01-01 up to, not including, 2100-01-01 after correction of the clock",
        ));
    }
    Ok(Times { timestamp, sent_at })
}

/// When a batch or an event was sent; empty text counts as absent.
///
/// # Errors
/// [`RejectReason::SentAtInvalid`] when it is there and no time.
pub fn parse_sent_at(value: Value<'_>) -> Result<Option<i64>, Refused> {
    if value.kind == Kind::Null || value.raw == b"\"\"" {
        return Ok(None);
    }
    parse_text(value).map(Some).ok_or_else(|| {
        Refused::new(
            RejectReason::SentAtInvalid,
            "sent_at: must be RFC 3339, such as 2026-01-31T12:00:00.000Z",
        )
    })
}

fn parse_text(value: Value<'_>) -> Option<i64> {
    let text = value.as_text()?;
    // As nearly all clients write it, it is read where it stands.
    parse_instant(text.raw()).or_else(|| parse_timestamp(text.decode().ok()?.trim()))
}

fn parse_offset(value: Value<'_>) -> Result<i64, Refused> {
    let text = value.scalar_text().ok().flatten();
    let ms = text.and_then(|text| text.parse::<f64>().ok());
    match ms {
        // Beyond this no time in range is left anyway.
        Some(ms) if ms.abs() < 1e15 => Ok(ms as i64),
        _ => Err(Refused::new(
            RejectReason::FieldInvalid,
            "offset: must be a number of milliseconds",
        )),
    }
}
