//! PostHog's exports of events: batch exports (Parquet, JSON lines), the answers of its API,
//! the CSV of its event list.
//!
//! The fields have our names. `elements_chain` becomes `$elements_chain`, `ip` `$ip`, `set`
//! and `set_once` `$set` and `$set_once`; what describes persons, teams and the export
//! itself is left out.

use crate::import::mapping::Preset;
use crate::import::object::Object;

/// The columns of PostHog's events.
pub(super) const PRESET: Preset = Preset {
    event: &["event"],
    distinct_id: &["distinct_id"],
    timestamp: &["timestamp"],
    uuid: &["uuid", "id"],
    properties: &["properties"],
    json: &[
        "properties",
        "set",
        "set_once",
        "person_properties",
        "person",
        "elements",
    ],
    ignored: &[
        "_inserted_at",
        "bq_ingested_timestamp",
        "created_at",
        "elements",
        "elements_hash",
        "inserted_at",
        "now",
        "offset",
        "person",
        "person_id",
        "person_mode",
        "person_properties",
        "project_id",
        "site_url",
        "team_id",
    ],
    rename: &[
        ("$elements_chain", "elements_chain"),
        ("$ip", "ip"),
        ("$set", "set"),
        ("$set_once", "set_once"),
    ],
};

/// Columns that other tables of events do not have.
const MARKS: [&str; 9] = [
    "_inserted_at",
    "elements",
    "elements_chain",
    "inserted_at",
    "person",
    "person_id",
    "person_properties",
    "site_url",
    "team_id",
];

pub(super) fn is_event(row: &Object) -> bool {
    ["event", "distinct_id", "timestamp"]
        .iter()
        .all(|name| row.has(name))
        && MARKS.iter().any(|name| row.has(name))
}
