//! Faults told so that a client can find them: the path and what is wrong.

use event_schema::reason::RejectReason;

use super::Refused;
use event_schema::json::{Flaw, FlawKind, Value};

/// The refusal of an event for a flaw in its text. `event` is the event's own
/// text, `start` its offset in what the flaw's offset counts from.
#[must_use]
pub fn refused(event: &[u8], start: usize, flaw: Flaw, nesting_max: usize) -> Refused {
    let (reason, what) = match flaw.kind {
        FlawKind::TooDeep => (
            RejectReason::NestingTooDeep,
            format!("nests deeper than {nesting_max} levels"),
        ),
        FlawKind::ControlCharacter => (
            RejectReason::InvalidJson,
            "holds an unescaped control character".to_owned(),
        ),
        FlawKind::InvalidEscape => (
            RejectReason::InvalidJson,
            "holds an escape that JSON does not know".to_owned(),
        ),
        FlawKind::InvalidLiteral => (RejectReason::InvalidJson, "is no JSON value".to_owned()),
        FlawKind::NumberOutOfRange => (
            RejectReason::FieldInvalid,
            "is a number beyond the range of a double".to_owned(),
        ),
    };
    let path = path_at(event, flaw.at.saturating_sub(start));
    Refused::new(reason, format!("{path}: {what}"))
}

/// The refusal of an event whose bytes are not UTF-8.
#[must_use]
pub fn not_utf8(event: &[u8], valid_up_to: usize) -> Refused {
    let path = path_at(event, valid_up_to);
    Refused::new(
        RejectReason::InvalidText,
        format!("{path}: holds bytes that are not UTF-8"),
    )
}

/// The field of `event` that holds the byte at `offset`, as
/// `properties.name`; `event` itself where it is none of the members' values.
#[must_use]
pub fn path_at(event: &[u8], offset: usize) -> String {
    let Some((key, value)) = member_at(event, offset) else {
        return "the event".to_owned();
    };
    if key == "properties" {
        let inner = offset.saturating_sub(offset_in(event, value));
        if let Some((name, _)) = member_at(value, inner) {
            return format!("properties.{name}");
        }
    }
    key
}

fn member_at(object: &[u8], offset: usize) -> Option<(String, &[u8])> {
    let value = Value::parse(object, usize::MAX).ok()?;
    let mut found = None;
    value.for_each_member(|key, member| {
        let start = offset_in(object, member.raw);
        if (start..start + member.raw.len()).contains(&offset) {
            let name: String = key.lossy().chars().take(100).collect();
            found = Some((name, member.raw));
        }
    });
    found
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_leads_to_the_property() {
        let event = br#"{"event":"a", "properties":{"x":1,"price":NaN},"later":2}"#;
        let at = event.windows(3).position(|part| part == b"NaN").unwrap();
        assert_eq!(path_at(event, at), "properties.price");
        let flaw = Flaw {
            kind: FlawKind::InvalidLiteral,
            at: 100 + at,
        };
        let refused = refused(event, 100, flaw, 64);
        assert_eq!(refused.reason, RejectReason::InvalidJson);
        assert_eq!(refused.detail, "properties.price: is no JSON value");
        assert_eq!(path_at(event, 10), "event");
        assert_eq!(path_at(event, 0), "the event");
    }
}
