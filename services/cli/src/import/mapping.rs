//! Which column means what: from a mapping file, from flags, or as an origin has it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::moment::TimeFormat;
use super::object::{Object, raw_text};
use super::shape::Origin;
use super::source::Format;

/// Columns that may hold a field; the first that is set does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Columns {
    /// Not said.
    #[default]
    Unsaid,
    /// One column.
    One(String),
    /// Several, tried in turn.
    Several(Vec<String>),
}

impl Columns {
    /// Their names.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::Unsaid => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    fn or(&self, fallback: &[&str]) -> Self {
        if *self == Self::Unsaid {
            return Self::of(fallback);
        }
        self.clone()
    }

    fn of(names: &[&str]) -> Self {
        Self::Several(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

/// A mapping, as a file or the flags say it. Whatever it leaves open is as the origin has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mapping {
    /// Whose export it is.
    pub(crate) from: Option<Origin>,
    /// How the file is written.
    pub(crate) format: Option<Format>,
    /// Between the cells of a CSV file.
    pub(crate) delimiter: Option<String>,
    /// Every cell of a CSV file is text.
    pub(crate) all_text: bool,
    /// Columns of the event's name.
    pub(crate) event: Columns,
    /// Columns of the person.
    pub(crate) distinct_id: Columns,
    /// Columns of the time.
    pub(crate) timestamp: Columns,
    /// Columns of the row's own id.
    pub(crate) uuid: Columns,
    /// Columns whose entries become properties.
    pub(crate) properties: Columns,
    /// How times are written.
    pub(crate) timestamp_format: Option<TimeFormat>,
    /// Whose time is meant where there is no offset.
    pub(crate) timezone: Option<Tz>,
    /// Columns that hold JSON as text.
    pub(crate) json: Vec<String>,
    /// Columns and properties that are left out.
    pub(crate) drop: Vec<String>,
    /// Property → the column that it is taken from.
    pub(crate) rename: BTreeMap<String, String>,
    /// Constants: `event`, `distinct_id`, `timestamp`, or a property.
    pub(crate) set: BTreeMap<String, toml::Value>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it cannot be read or says something that is not known.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Takes `FIELD=COLUMN`, or `PROPERTY=COLUMN`. A field that is named again gets a
    /// further column to try.
    ///
    /// # Errors
    /// When there is no `=`.
    pub(crate) fn map(&mut self, assignment: &str) -> anyhow::Result<()> {
        let (field, column) = split(assignment, "--map", "FIELD=COLUMN")?;
        self.assign(field, column);
        Ok(())
    }

    /// As [`Self::map`], for several: what the flags say of a field replaces what the file
    /// said of it.
    ///
    /// # Errors
    /// When one has no `=`.
    pub(crate) fn map_all(&mut self, assignments: &[String]) -> anyhow::Result<()> {
        let mut flags = Self::default();
        for assignment in assignments {
            flags.map(assignment)?;
        }
        for (own, flag) in [
            (&mut self.event, flags.event),
            (&mut self.distinct_id, flags.distinct_id),
            (&mut self.timestamp, flags.timestamp),
            (&mut self.uuid, flags.uuid),
            (&mut self.properties, flags.properties),
        ] {
            if flag != Columns::Unsaid {
                *own = flag;
            }
        }
        self.rename.extend(flags.rename);
        Ok(())
    }

    fn assign(&mut self, field: &str, column: &str) {
        let columns = match field {
            "event" => &mut self.event,
            "distinct_id" => &mut self.distinct_id,
            "timestamp" => &mut self.timestamp,
            "uuid" => &mut self.uuid,
            "properties" => &mut self.properties,
            property => {
                self.rename.insert(property.to_owned(), column.to_owned());
                return;
            }
        };
        *columns = match std::mem::take(columns) {
            Columns::Unsaid => Columns::One(column.to_owned()),
            Columns::One(first) => Columns::Several(vec![first, column.to_owned()]),
            Columns::Several(mut all) => {
                all.push(column.to_owned());
                Columns::Several(all)
            }
        };
    }

    /// Takes a constant `KEY=VALUE`; the value is JSON where it can be read as such, else text.
    ///
    /// # Errors
    /// When there is no `=`.
    pub(crate) fn set(&mut self, assignment: &str) -> anyhow::Result<()> {
        let (key, text) = split(assignment, "--set", "KEY=VALUE")?;
        let value = serde_json::from_str::<toml::Value>(text)
            .unwrap_or_else(|_| toml::Value::String(text.to_owned()));
        self.set.insert(key.to_owned(), value);
        Ok(())
    }

    /// Gives all events one name.
    pub(crate) fn name_all(&mut self, name: &str) {
        let name = toml::Value::String(name.to_owned());
        self.set.insert("event".to_owned(), name);
    }

    /// The mapping with everything said, for rows of `origin`.
    pub(crate) fn resolve(&self, origin: Origin) -> Resolved {
        let preset = origin.preset();
        let mut set = Object::default();
        for (key, value) in &self.set {
            set.set(key.as_str(), raw_toml(value));
        }
        Resolved {
            event: self.event.or(preset.event),
            distinct_id: self.distinct_id.or(preset.distinct_id),
            timestamp: self.timestamp.or(preset.timestamp),
            uuid: self.uuid.or(preset.uuid),
            properties: self.properties.or(preset.properties),
            timestamp_format: self.timestamp_format.clone().unwrap_or_default(),
            timezone: self.timezone.unwrap_or(Tz::UTC),
            json: preset
                .json
                .iter()
                .map(|name| (*name).to_owned())
                .chain(self.json.iter().cloned())
                .collect(),
            ignored: preset.ignored,
            drop: self.drop.clone(),
            rename: preset
                .rename
                .iter()
                .map(|(property, column)| ((*property).to_owned(), (*column).to_owned()))
                .chain(self.rename.clone())
                .collect(),
            set,
        }
    }
}

/// What an origin's columns mean unless somebody says otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Preset {
    pub(crate) event: &'static [&'static str],
    pub(crate) distinct_id: &'static [&'static str],
    pub(crate) timestamp: &'static [&'static str],
    pub(crate) uuid: &'static [&'static str],
    pub(crate) properties: &'static [&'static str],
    /// Columns that hold JSON as text.
    pub(crate) json: &'static [&'static str],
    /// Columns that are left out, unless one is mapped.
    pub(crate) ignored: &'static [&'static str],
    /// Property and the column that it is taken from.
    pub(crate) rename: &'static [(&'static str, &'static str)],
}

/// A mapping with everything said.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) event: Columns,
    pub(crate) distinct_id: Columns,
    pub(crate) timestamp: Columns,
    pub(crate) uuid: Columns,
    pub(crate) properties: Columns,
    pub(crate) timestamp_format: TimeFormat,
    pub(crate) timezone: Tz,
    pub(crate) json: Vec<String>,
    pub(crate) ignored: &'static [&'static str],
    pub(crate) drop: Vec<String>,
    pub(crate) rename: BTreeMap<String, String>,
    pub(crate) set: Object,
}

fn split<'a>(assignment: &'a str, flag: &str, form: &str) -> anyhow::Result<(&'a str, &'a str)> {
    match assignment.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => bail!("{flag} {assignment}: has the form {form}"),
    }
}

/// Dates and times of TOML are written as text.
fn raw_toml(value: &toml::Value) -> Box<RawValue> {
    match value {
        toml::Value::Datetime(moment) => raw_text(&moment.to_string()),
        other => to_raw_value(other).unwrap_or_else(|_| RawValue::NULL.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_it_and_flags_overrule_it() {
        let mut mapping: Mapping = toml::from_str(
            r#"
            from = "plain"
            distinct_id = ["user_id", "device"]
            timestamp = "created_at"
            timestamp_format = "%d.%m.%Y"
            timezone = "Europe/Berlin"
            drop = ["internal"]
            [rename]
            "$current_url" = "url"
            [set]
            event = "order"
            paid = true
            since = 2024-01-31
            "#,
        )
        .unwrap();
        let flags = ["uuid=id", "timestamp=at", "timestamp=made", "plan=tier"];
        mapping.map_all(&flags.map(str::to_owned)).unwrap();
        mapping.set("event=purchase").unwrap();
        mapping.set("amount=1.5").unwrap();
        let resolved = mapping.resolve(Origin::Plain);
        assert_eq!(resolved.distinct_id.names(), ["user_id", "device"]);
        assert_eq!(resolved.timestamp.names(), ["at", "made"]);
        assert_eq!(resolved.event.names(), ["event"]);
        assert_eq!(resolved.uuid.names(), ["id"]);
        assert_eq!(resolved.timezone, Tz::Europe__Berlin);
        assert_eq!(resolved.rename["$current_url"], "url");
        assert_eq!(resolved.rename["plan"], "tier");
        assert_eq!(
            resolved.set.to_raw().get(),
            r#"{"amount":1.5,"event":"purchase","paid":true,"since":"2024-01-31"}"#
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let error = toml::from_str::<Mapping>("distinctid = \"a\"").unwrap_err();
        assert!(error.to_string().contains("distinctid"), "{error}");
        assert!(toml::from_str::<Mapping>("timezone = \"Mars\"").is_err());
        assert!(Mapping::default().map("user_id").is_err());
        assert!(Mapping::default().set("=1").is_err());
    }
}
