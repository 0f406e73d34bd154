//! What `millrace export` writes: an event's fields with the properties that its client sent.
//! What the server added is added again by the server that takes it.

use crate::import::mapping::Preset;
use crate::import::object::Object;

/// The columns of an export.
pub(super) const PRESET: Preset = Preset {
    ignored: &["received_at", DERIVED],
    ..super::plain::PRESET
};

/// The column with what the server added.
pub(crate) const DERIVED: &str = "derived";

pub(super) fn is_ours(row: &Object) -> bool {
    [
        "uuid",
        "event",
        "distinct_id",
        "timestamp",
        "received_at",
        "properties",
        DERIVED,
    ]
    .iter()
    .all(|name| row.has(name))
}
