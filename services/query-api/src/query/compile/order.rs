//! The order of events: by time, and by uuid where times are equal.

/// An event's place among the events of its person as one number: its time,
/// then its uuid in the order of its text. One number, because `argMin` and
/// its like are several times slower over pairs.
pub(super) const EVENT_ORDER: &str =
    "(bitShiftLeft(toUInt256(toUnixTimestamp64Milli(timestamp)), 128) + toUInt128(uuid))";

/// The session of an event, as far as it names one: the hash of its id, 0
/// where there is none. It is compared within one person only.
pub(super) const VISIT: &str =
    "if(ifNull(session_id, '') = '', toUInt64(0), xxh3(ifNull(session_id, '')))";
