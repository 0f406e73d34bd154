//! Any table: columns have the names of an event's fields, or a mapping says what they mean.
//! All others are properties.

use crate::import::mapping::Preset;

/// The event's own fields.
pub(super) const PRESET: Preset = Preset {
    event: &["event"],
    distinct_id: &["distinct_id"],
    timestamp: &["timestamp"],
    uuid: &["uuid"],
    properties: &["properties"],
    json: &["properties"],
    ignored: &[],
    rename: &[],
};
