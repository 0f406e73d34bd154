//! From the columns of a row to the event that is sent, checked by the rules that capture
//! will apply, so that a dry run tells what would be rejected.

use chrono::{DateTime, SecondsFormat};
use event_schema::event::{parse_distinct_id, parse_event_name};
use event_schema::ids::{ProjectId, uuid_of_foreign_id};
use event_schema::limits::{
    DISTINCT_ID_CHARS_MAX, EVENT_BYTES_MAX, EVENT_NAME_CHARS_MAX, TIMESTAMP_MS_END,
    TIMESTAMP_MS_MIN,
};
use event_schema::reason::RejectReason;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::mapping::{Columns, Resolved};
use super::moment;
use super::object::{Object, is_blank, scalar_text};
use super::row::{Rejection, Row};
use super::shape::{DERIVED, Origin, Table};

/// The name space of ids of rows in files that are nobody's export.
const ROW_IDS: Uuid = Uuid::from_u128(0x3f0b_9d52_61c4_5d0e_8a77_c2f1_90be_4d11);
/// The name space of rows that have no id: hashed from their place and their text.
const ROWS: Uuid = Uuid::from_u128(0x9a4e_17c8_0b6d_5f39_b3d2_6e85_1fa7_7c02);

/// An event as it is sent.
#[derive(Debug, Serialize)]
pub(crate) struct Event {
    event: String,
    distinct_id: String,
    timestamp: String,
    /// The identity that makes a second import of the same row count once.
    pub(crate) uuid: Uuid,
    properties: Object,
}

/// Makes events of the rows of one file.
#[derive(Debug)]
pub(crate) struct Interpreter {
    /// Whose export the file is.
    pub(crate) origin: Origin,
    /// What its columns mean.
    pub(crate) mapping: Resolved,
    /// Which table of a warehouse it is.
    pub(crate) table: Option<Table>,
    /// The project that is written to, where it is known.
    pub(crate) project: Option<ProjectId>,
    /// Take what a Millrace server had derived as if clients had sent it.
    pub(crate) with_derived: bool,
}

impl Interpreter {
    /// The event of a row.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn event(&self, row: &Row) -> Result<Event, Rejection> {
        let source = row.columns.as_ref().map_err(Clone::clone)?;
        let translated = self.origin.translate(source, self.table)?;
        let columns = View {
            columns: translated.as_ref().unwrap_or(source),
            source,
        };
        Ok(Event {
            event: self.name(&columns)?,
            distinct_id: self.distinct_id(&columns)?,
            timestamp: self.timestamp(&columns)?,
            uuid: self.uuid(&columns, row)?,
            properties: self.properties(&columns)?,
        })
    }

    fn name(&self, columns: &View<'_>) -> Result<String, Rejection> {
        let mapping = &self.mapping;
        let value = columns.field("event", &mapping.event, mapping);
        let text = value.as_deref().and_then(scalar_text).unwrap_or_default();
        match parse_event_name(&text) {
            Ok(name) => Ok(name.to_owned()),
            Err(RejectReason::EventNameTooLong) => Err(Rejection::new(
                "event_name_too_long",
                format!("the event's name is longer than {EVENT_NAME_CHARS_MAX} characters"),
            )),
            Err(_) => Err(columns.missing("event_name_missing", "event", &mapping.event)),
        }
    }

    fn distinct_id(&self, columns: &View<'_>) -> Result<String, Rejection> {
        let mapping = &self.mapping;
        let Some(value) = columns.field("distinct_id", &mapping.distinct_id, mapping) else {
            return Err(columns.missing(
                "distinct_id_missing",
                "distinct_id",
                &mapping.distinct_id,
            ));
        };
        let text = scalar_text(&value).ok_or_else(|| {
            Rejection::new(
                "distinct_id_invalid",
                "distinct_id: must be text or a number",
            )
        })?;
        match parse_distinct_id(&text) {
            Ok(id) => Ok(id.to_owned()),
            Err(RejectReason::DistinctIdTooLong) => Err(Rejection::new(
                "distinct_id_too_long",
                format!("distinct_id: is longer than {DISTINCT_ID_CHARS_MAX} characters"),
            )),
            Err(_) => Err(Rejection::new(
                "distinct_id_missing",
                format!("distinct_id: {text:?} is nobody"),
            )),
        }
    }

    fn timestamp(&self, columns: &View<'_>) -> Result<String, Rejection> {
        let mapping = &self.mapping;
        let Some(value) = columns.field("timestamp", &mapping.timestamp, mapping) else {
            return Err(columns.missing("timestamp_missing", "timestamp", &mapping.timestamp));
        };
        let ms = moment::parse(&value, &mapping.timestamp_format, mapping.timezone).ok_or_else(
            || {
                Rejection::new(
                    "timestamp_invalid",
                    format!(
                        "timestamp: {} cannot be read; say with --timestamp-format how it is written",
                        shortened(value.get(), 60)
                    ),
                )
            },
        )?;
        let instant = DateTime::from_timestamp_millis(ms)
            .filter(|_| (TIMESTAMP_MS_MIN..TIMESTAMP_MS_END).contains(&ms))
            .ok_or_else(|| {
                Rejection::new(
                    "timestamp_out_of_range",
                    "timestamp: must lie from 1970-01-01 up to, not including, 2100-01-01",
                )
            })?;
        Ok(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    /// The row's own id; without one, what its place and its text hash to, so that equal
    /// rows at two places are two events and the same file twice is the same events.
    fn uuid(&self, columns: &View<'_>, row: &Row) -> Result<Uuid, Rejection> {
        let mapping = &self.mapping;
        let Some(value) = columns.field("uuid", &mapping.uuid, mapping) else {
            let content = format!("{}\n{}", row.number, row.raw);
            return Ok(Uuid::new_v5(&ROWS, content.as_bytes()));
        };
        let text = scalar_text(&value)
            .ok_or_else(|| Rejection::new("uuid_invalid", "uuid: must be text or a number"))?;
        let text = text.trim();
        if let Ok(uuid) = Uuid::try_parse(text)
            && !uuid.is_nil()
        {
            return Ok(uuid);
        }
        if !self.origin.has_ids_of_clients() {
            return Ok(Uuid::new_v5(&ROW_IDS, text.as_bytes()));
        }
        let project = self.project.ok_or_else(|| {
            Rejection::new(
                "project_unknown",
                "ids that are no UUIDs depend on the project: give its id with --project",
            )
        })?;
        Ok(uuid_of_foreign_id(project, text))
    }

    /// Constants win over the entries of the properties' columns, those over renamed
    /// columns, those over all other columns.
    fn properties(&self, columns: &View<'_>) -> Result<Object, Rejection> {
        let mapping = &self.mapping;
        let mut properties = Object::default();
        for (name, value) in mapping.set.iter().filter(|(name, _)| !is_field(name)) {
            properties.add(name, value.to_owned());
        }
        for column in mapping.properties.names() {
            let Some(value) = columns.column(column, mapping) else {
                continue;
            };
            let entries = Object::parse(value.get()).map_err(|_| {
                Rejection::new(
                    "properties_invalid",
                    format!("{column}: must be an object, or the text of one"),
                )
            })?;
            self.add_all(&mut properties, &entries);
        }
        if self.with_derived
            && let Some(value) = columns.column(DERIVED, mapping)
        {
            let derived = Object::parse(value.get()).unwrap_or_default();
            self.add_all(&mut properties, &derived);
        }
        // Exports write empty texts where they have nothing.
        let is_export = self.origin != Origin::Plain;
        for (property, column) in &mapping.rename {
            let value = columns.column(column, mapping);
            if let Some(value) = value.filter(|value| !is_export || !is_blank(value)) {
                properties.add(property, value);
            }
        }
        for name in columns
            .columns
            .names()
            .filter(|name| !self.has_meaning(name))
        {
            // Lists of events may have a column for each property.
            let property = name.strip_prefix("properties.").unwrap_or(name);
            let is_dropped = mapping.drop.iter().any(|drop| drop == property);
            if let Some(value) = columns.column(name, mapping).filter(|_| !is_dropped) {
                properties.add(property, value);
            }
        }
        Ok(properties)
    }

    fn add_all(&self, properties: &mut Object, entries: &Object) {
        for (name, value) in entries.iter() {
            if !self.mapping.drop.iter().any(|drop| drop == name) {
                properties.add(name, value.to_owned());
            }
        }
    }

    /// Whether a column is more than a property of its name.
    fn has_meaning(&self, column: &str) -> bool {
        let mapping = &self.mapping;
        let fields = [
            &mapping.event,
            &mapping.distinct_id,
            &mapping.timestamp,
            &mapping.uuid,
            &mapping.properties,
        ];
        fields
            .iter()
            .any(|columns| columns.names().iter().any(|name| name == column))
            || mapping.ignored.contains(&column)
            || mapping.drop.iter().any(|name| name == column)
            || mapping.rename.values().any(|name| name == column)
    }
}

/// A row's columns, as translated and as they stand in the file.
struct View<'a> {
    columns: &'a Object,
    source: &'a Object,
}

impl View<'_> {
    /// The value of a field: the constant, else the first of its columns that is set.
    fn field(&self, field: &str, columns: &Columns, mapping: &Resolved) -> Option<Box<RawValue>> {
        if let Some(constant) = mapping.set.get(field) {
            return Some(constant.to_owned());
        }
        columns
            .names()
            .iter()
            .filter_map(|name| self.find(name))
            .find(|value| !is_blank(value))
    }

    /// The value of a column; of one that holds JSON as text, that JSON.
    fn column(&self, name: &str, mapping: &Resolved) -> Option<Box<RawValue>> {
        let value = self.find(name)?;
        if !mapping.json.iter().any(|column| column == name) {
            return Some(value);
        }
        if is_blank(&value) {
            return None;
        }
        match scalar_text(&value) {
            Some(text) if value.get().starts_with('"') => {
                Some(RawValue::from_string(text).unwrap_or(value))
            }
            _ => Some(value),
        }
    }

    fn find(&self, name: &str) -> Option<Box<RawValue>> {
        self.columns.find(name).or_else(|| self.source.find(name))
    }

    fn missing(&self, code: &str, field: &str, columns: &Columns) -> Rejection {
        let known: Vec<&str> = self.source.names().take(12).collect();
        Rejection::new(
            code,
            format!(
                "{field}: {} is empty or not there, but {} are; say which it is with --map {field}=COLUMN",
                columns.names().join(" or "),
                shortened(&known.join(", "), 200),
            ),
        )
    }
}

/// Whether a constant is one of the event's own fields.
fn is_field(name: &str) -> bool {
    matches!(name, "event" | "distinct_id" | "timestamp" | "uuid")
}

fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The event's JSON as it stands in a batch.
///
/// # Errors
/// When it is larger than an event may be.
pub(crate) fn to_json(event: &Event) -> Result<String, Rejection> {
    let json = serde_json::to_string(event)
        .map_err(|error| Rejection::new("invalid_text", error.to_string()))?;
    if json.len() > EVENT_BYTES_MAX {
        return Err(Rejection::new(
            "event_too_large",
            format!(
                "the event has {} bytes, the limit is {EVENT_BYTES_MAX}",
                json.len()
            ),
        ));
    }
    Ok(json)
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
