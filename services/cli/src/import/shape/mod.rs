//! Whose export a row is from, and what its columns mean there.

mod millrace;
mod plain;
mod posthog;
mod segment;
mod segment_table;

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::mapping::Preset;
use super::object::Object;
use super::row::Rejection;

pub(crate) use millrace::DERIVED;
pub(crate) use segment_table::Table;

/// The system that wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// What `millrace export` writes
    Millrace,
    /// PostHog: batch exports, JSON of its API, CSV of its event list
    Posthog,
    /// Segment or RudderStack: raw messages, or tables of a warehouse
    #[value(alias = "rudderstack")]
    #[serde(alias = "rudderstack")]
    Segment,
    /// Any table: columns named event, distinct_id, timestamp, uuid, properties, or mapped
    Plain,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Millrace => "millrace",
            Self::Posthog => "posthog",
            Self::Segment => "segment",
            Self::Plain => "plain",
        })
    }
}

impl Origin {
    /// The origin of a row, by its columns.
    pub(crate) fn of(row: &Object) -> Self {
        if millrace::is_ours(row) {
            Self::Millrace
        } else if segment::is_message(row) || segment_table::is_row(row) {
            Self::Segment
        } else if posthog::is_event(row) {
            Self::Posthog
        } else {
            Self::Plain
        }
    }

    /// What its columns mean.
    pub(crate) fn preset(self) -> &'static Preset {
        match self {
            Self::Millrace => &millrace::PRESET,
            Self::Posthog => &posthog::PRESET,
            Self::Segment => &segment::PRESET,
            Self::Plain => &plain::PRESET,
        }
    }

    /// Whether ids of another form than a UUID become the UUID that the capture service
    /// derives from the same id when a live client sends it.
    pub(crate) fn has_ids_of_clients(self) -> bool {
        self == Self::Segment
    }

    /// The row in the columns that the origin's [`Preset`] names, where those are not its own.
    ///
    /// # Errors
    /// When it is no event.
    pub(crate) fn translate(
        self,
        row: &Object,
        table: Option<Table>,
    ) -> Result<Option<Object>, Rejection> {
        if self != Self::Segment {
            return Ok(None);
        }
        if segment::is_message(row) {
            segment::translate(row).map(Some)
        } else {
            segment_table::translate(row, table).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_told_by_their_columns() {
        let of = |names: &[&str]| {
            let mut row = Object::default();
            for name in names {
                row.add_text(name, "x");
            }
            Origin::of(&row)
        };
        let ours = [
            "uuid",
            "event",
            "distinct_id",
            "timestamp",
            "received_at",
            "properties",
            "derived",
        ];
        assert_eq!(of(&ours), Origin::Millrace);
        assert_eq!(
            of(&[
                "uuid",
                "event",
                "distinct_id",
                "properties",
                "person_id",
                "timestamp"
            ]),
            Origin::Posthog
        );
        assert_eq!(
            of(&[
                "id",
                "event",
                "distinct_id",
                "properties",
                "elements",
                "timestamp"
            ]),
            Origin::Posthog
        );
        assert_eq!(of(&["messageId", "type", "userId"]), Origin::Segment);
        assert_eq!(of(&["messageId", "rudderId", "event"]), Origin::Segment);
        assert_eq!(
            of(&["id", "anonymous_id", "event", "event_text", "received_at"]),
            Origin::Segment
        );
        assert_eq!(
            of(&["id", "user_id", "received_at", "context_ip", "path"]),
            Origin::Segment
        );
        assert_eq!(
            of(&["uuid", "event", "distinct_id", "timestamp", "properties"]),
            Origin::Plain
        );
        assert_eq!(of(&["user_id", "at"]), Origin::Plain);
    }
}
