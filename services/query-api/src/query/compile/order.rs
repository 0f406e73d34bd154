//! The order of events: by time, and by uuid where times are equal.

/// An event's place among the events of its person as one number: its time,
/// then its uuid in the order of its text. One number, because `argMin` and
/// its like are several times slower over pairs.
pub(super) const EVENT_ORDER: &str =
    "(bitShiftLeft(toUInt256(toUnixTimestamp64Milli(timestamp)), 128) + toUInt128(uuid))";

/// The columns to sort by, so that each person's events follow one another in
/// their order.
pub(super) const BY_PERSON_IN_ORDER: &str = "person_id, timestamp, UUIDToNum(uuid)";
