//! Tables of a warehouse that Segment or RudderStack fills: `tracks` and a table for each
//! event, `pages`, `screens`, `identifies`, `groups`, `aliases`, with names in snake case.

use std::fmt;

use clap::ValueEnum;
use event_schema::segment::{CONTEXT_PROPERTIES, VIEW_PROPERTIES};
use serde::{Deserialize, Serialize};

use crate::import::object::{Object, is_blank, raw_text};
use crate::import::row::Rejection;

use super::segment::add_scalar;

/// Which table a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Table {
    /// Track calls, of all events or of one
    Tracks,
    /// Page views
    Pages,
    /// Screen views
    Screens,
    /// Identify calls
    Identifies,
    /// Group calls
    Groups,
    /// Alias calls
    Aliases,
}

impl Table {
    /// The table that a file's name speaks of: `pages.csv.gz`, `web_identifies-000.parquet`.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut words = words.map(str::to_ascii_lowercase);
        words.find_map(|word| Self::from_str(&word, true).ok())
    }

    fn event(self) -> Option<&'static str> {
        Some(match self {
            Self::Tracks => return None,
            Self::Pages => "$pageview",
            Self::Screens => "$screen",
            Self::Identifies => "$identify",
            Self::Groups => "$groupidentify",
            Self::Aliases => "$create_alias",
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// Columns that are no properties.
const OWN_COLUMNS: [&str; 20] = [
    "id",
    "message_id",
    "type",
    "event",
    "event_text",
    "user_id",
    "anonymous_id",
    "previous_id",
    "group_id",
    "timestamp",
    "original_timestamp",
    "received_at",
    "sent_at",
    "loaded_at",
    "uuid",
    "uuid_ts",
    "rudder_id",
    "channel",
    "source_id",
    "version",
];

pub(super) fn is_row(row: &Object) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| row.has(name));
    has_any(&["id", "message_id"])
        && has_any(&["user_id", "anonymous_id"])
        && row.has("received_at")
        && (row.has("event_text")
            || row.has("original_timestamp")
            || row.names().any(|name| name.starts_with("context_")))
}

/// The row in our columns; `table` is what the file's name or the command line says.
pub(super) fn translate(row: &Object, table: Option<Table>) -> Result<Object, Rejection> {
    let table = if row.has("event") || row.has("event_text") {
        Table::Tracks
    } else {
        table.ok_or_else(|| {
            Rejection::new(
                "table_unknown",
                "the row names no event: say with --table which table this is",
            )
        })?
    };
    let first = |names: &[&str]| {
        let found = names
            .iter()
            .find_map(|name| row.get(name).filter(|value| !is_blank(value)));
        found.map(ToOwned::to_owned)
    };
    let user = first(&["user_id"]);
    let mut canonical = Object::default();
    for (field, value) in [
        (
            "event",
            table
                .event()
                .map(raw_text)
                .or_else(|| first(&["event_text", "event"])),
        ),
        (
            "distinct_id",
            user.clone().or_else(|| first(&["anonymous_id"])),
        ),
        (
            "timestamp",
            first(&["timestamp", "original_timestamp", "sent_at", "received_at"]),
        ),
        ("uuid", first(&["message_id", "id"])),
    ] {
        if let Some(value) = value {
            canonical.set(field, value);
        }
    }
    let mut properties = properties(row, table);
    if user.is_some()
        && let Some(anonymous) = first(&["anonymous_id"])
    {
        properties.add("$anon_distinct_id", anonymous);
    }
    canonical.set("properties", properties.to_raw());
    Ok(canonical)
}

fn properties(row: &Object, table: Table) -> Object {
    let mut properties = Object::default();
    let mut traits = Object::default();
    let holds_traits = matches!(table, Table::Identifies | Table::Groups);
    for (name, value) in row.iter() {
        if OWN_COLUMNS.contains(&name) || is_blank(value) {
            continue;
        }
        if let Some(standard) = standard_name(name) {
            add_scalar(&mut properties, standard, value);
        } else if holds_traits && !name.starts_with("context_") {
            traits.add(name, value.to_owned());
        } else {
            properties.add(name, value.to_owned());
        }
    }
    match table {
        Table::Identifies => properties.add("$set", traits.to_raw()),
        Table::Groups => {
            properties.add_text("$group_type", "group");
            if let Some(group) = row.get("group_id") {
                properties.add("$group_key", group.to_owned());
            }
            properties.add("$group_set", traits.to_raw());
        }
        Table::Aliases => {
            if let Some(previous) = row.get("previous_id") {
                properties.add("alias", previous.to_owned());
            }
        }
        Table::Pages | Table::Screens => {
            for (property, name) in VIEW_PROPERTIES {
                // The name of a page is no screen's.
                let is_meant = table == Table::Screens || property != "$screen_name";
                if let Some(value) = row.get(name).filter(|_| is_meant) {
                    add_scalar(&mut properties, property, value);
                }
            }
        }
        Table::Tracks => {}
    }
    properties
}

/// The standard property of a column such as `context_page_url`.
fn standard_name(column: &str) -> Option<&'static str> {
    let path = column.strip_prefix("context_")?;
    CONTEXT_PROPERTIES
        .iter()
        .find(|(_, names)| snake(names) == path)
        .map(|(property, _)| *property)
}

/// `["userAgent"]` is `user_agent`, `["page", "url"]` is `page_url`.
fn snake(names: &[&str]) -> String {
    let mut text = String::new();
    for letter in names.join("_").chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str, table: Option<Table>) -> String {
        let row = Object::parse(json).unwrap();
        assert!(is_row(&row));
        translate(&row, table).unwrap().to_raw().get().to_owned()
    }

    #[test]
    fn files_name_their_table() {
        assert_eq!(Table::of_file("pages.csv.gz"), Some(Table::Pages));
        assert_eq!(
            Table::of_file("Web_identifies-000.parquet"),
            Some(Table::Identifies)
        );
        assert_eq!(Table::of_file("order_completed.csv"), None);
    }

    #[test]
    fn a_tracks_row_becomes_its_event() {
        assert_eq!(
            canonical(
                r#"{"id":"m","event":"order_completed","event_text":"Order Completed","user_id":"ada","anonymous_id":"x","timestamp":"t","received_at":"r","context_user_agent":"UA","context_page_url":"u","context_custom":"c","total":9.5}"#,
                None
            ),
            r#"{"event":"Order Completed","distinct_id":"ada","timestamp":"t","uuid":"m","properties":{"$raw_user_agent":"UA","$current_url":"u","context_custom":"c","total":9.5,"$anon_distinct_id":"x"}}"#
        );
    }

    #[test]
    fn other_tables_have_to_be_named() {
        let page = r#"{"id":"m","anonymous_id":"x","received_at":"r","context_ip":"1.2.3.4","url":"u","name":"Home"}"#;
        assert_eq!(
            canonical(page, Some(Table::Pages)),
            r#"{"event":"$pageview","distinct_id":"x","timestamp":"r","uuid":"m","properties":{"$ip":"1.2.3.4","url":"u","name":"Home","$current_url":"u"}}"#
        );
        let row = Object::parse(page).unwrap();
        assert_eq!(translate(&row, None).unwrap_err().code, "table_unknown");
        let identify =
            r#"{"id":"m","user_id":"a","received_at":"r","context_ip":"1.2.3.4","plan":"x"}"#;
        assert!(
            canonical(identify, Some(Table::Identifies))
                .ends_with(r#""properties":{"$ip":"1.2.3.4","$set":{"plan":"x"}}}"#)
        );
    }
}
