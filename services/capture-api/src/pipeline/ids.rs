//! The uuid of an event: the client's, one derived from its id of another
//! form, or one of ours.

use event_schema::ids::{ProjectId, uuid_of_foreign_id};
use event_schema::reason::RejectReason;
use uuid::{Builder, Uuid};

use crate::decode::{EventId, Refused};
use event_schema::json::Value;

/// An event's uuid and whether we made it up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id {
    pub uuid: Uuid,
    pub is_ours: bool,
}

/// Makes UUIDs (version 7) of one instant, each greater than the one before,
/// so that events of one batch keep their order.
#[derive(Debug)]
pub struct IdMaker {
    ms: u64,
    count: u64,
}

impl IdMaker {
    /// A maker for a request that arrived at `received_at`, in milliseconds
    /// since the epoch.
    #[must_use]
    pub fn new(received_at: i64) -> Self {
        Self {
            ms: u64::try_from(received_at).unwrap_or(0),
            count: 0,
        }
    }

    /// The next one: 12 bits and 14 more count up from a random start, 48 are
    /// random.
    pub fn next_id(&mut self) -> Uuid {
        let random = Uuid::new_v4().as_u128();
        if self.count == 0 {
            // Half of the 26 bits are free to count.
            self.count = u64::try_from(random & 0x1ff_ffff).unwrap_or(0) + 1;
        }
        let count = self.count & 0x3ff_ffff;
        self.count += 1;
        let low = u64::try_from(random >> 80).unwrap_or(0);
        let packed =
            u128::from(count >> 14) << 64 | u128::from(count & 0x3fff) << 48 | u128::from(low);
        let [_, _, _, _, _, _, bytes @ ..] = packed.to_be_bytes();
        Builder::from_unix_timestamp_millis(self.ms, &bytes).into_uuid()
    }
}

pub(super) fn event_id(
    id: EventId<'_>,
    project: ProjectId,
    ids: &mut IdMaker,
) -> Result<Id, Refused> {
    let sent = match id {
        EventId::Absent => None,
        EventId::Uuid(value) => Some(parse_uuid(value)?),
        EventId::Foreign(value) => foreign_id(value, project)?,
        EventId::Ours(text) => Some(uuid_of_foreign_id(project, &text)),
    };
    Ok(match sent.filter(|uuid| !uuid.is_nil()) {
        Some(uuid) => Id {
            uuid,
            is_ours: false,
        },
        None => Id {
            uuid: ids.next_id(),
            is_ours: true,
        },
    })
}

fn parse_uuid(value: Value<'_>) -> Result<Uuid, Refused> {
    let text = value.as_text().and_then(|text| text.decode().ok());
    text.and_then(|text| Uuid::try_parse(text.trim()).ok())
        .ok_or_else(|| invalid("uuid: is no UUID"))
}

/// A UUID as it is, any other text by its hash; empty text is none.
fn foreign_id(value: Value<'_>, project: ProjectId) -> Result<Option<Uuid>, Refused> {
    let text = value.scalar_text().ok().flatten();
    let text = text.ok_or_else(|| invalid("uuid: must be text"))?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        Uuid::try_parse(text).unwrap_or_else(|_| uuid_of_foreign_id(project, text)),
    ))
}

fn invalid(detail: &'static str) -> Refused {
    Refused::new(RejectReason::UuidInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_request_are_ordered_and_of_version_7() {
        let mut maker = IdMaker::new(1_700_000_000_123);
        let ids: Vec<Uuid> = (0..10_000).map(|_| maker.next_id()).collect();
        assert!(ids.is_sorted());
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        for id in ids.iter().step_by(999) {
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos / 1_000_000), (1_700_000_000, 123));
        }
    }
}
