//! What a project sends: its events, their properties, the frequent values.

use super::stored::{integer, text};
use crate::engine::{Context, Source, instant};
use crate::query::bindings::Bindings;
use crate::query::fields::Fields;
use crate::query::filter::Filters;
use crate::query::property::Property;
use crate::query::{Fault, RunError, Span, frame};
use chrono::DateTime;
use event_schema::hot::HOT;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::HashMap;
use warehouse::read::{Row, Statement};

/// Entries unless the request says otherwise.
const LIMIT: usize = 1_000;

/// What a project sends.
#[derive(Debug, Clone)]
pub struct Catalogue {
    span: Span,
    filters: Filters,
    what: Asked,
    search: Option<String>,
    event: Option<String>,
    limit: usize,
}

/// Which of a project's names are asked for.
#[derive(Debug, Clone)]
enum Asked {
    Events,
    Properties,
    Values(String),
}

impl Catalogue {
    /// Reads the params.
    pub fn parse(params: &Value, context: &Context, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fields = Fields::new(params, "params", faults);
        let frame = frame(&mut fields, context);
        let mut own = |name| {
            fields
                .text(name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let (search, property) = (own("search"), own("property"));
        // `null` is any event: its properties are asked for all the same.
        let of_events = fields.present("event").is_some_and(|event| event != "");
        let event = fields
            .text("event")
            .filter(|_| of_events)
            .map(str::to_owned);
        let limit = fields.count("limit", (1, context.limits.page), LIMIT);
        fields.finish();
        let frame = frame?;
        Some(Self {
            span: frame.span,
            filters: frame.filters,
            what: match property {
                Some(property) => Asked::Values(property),
                None if of_events => Asked::Properties,
                None => Asked::Events,
            },
            search,
            event,
            limit,
        })
    }

    /// Its statement.
    pub fn statements(&self) -> Vec<Statement> {
        vec![self.statement()]
    }

    /// Reads it.
    pub async fn run(&self, source: &dyn Source) -> Result<Box<RawValue>, RunError> {
        let rows = source.rows(self.statement()).await?;
        let result = match self.what {
            Asked::Values(_) => {
                json!({"values": rows.iter().map(value_of).collect::<Result<Vec<_>, _>>()?})
            }
            Asked::Properties => json!({"properties": self.properties_of(&rows)?}),
            Asked::Events => {
                json!({"events": rows.iter().map(event_of).collect::<Result<Vec<_>, _>>()?})
            }
        };
        to_raw_value(&result).map_err(|error| RunError::Shape(error.to_string()))
    }

    fn statement(&self) -> Statement {
        let mut bindings = Bindings::new();
        let text = match &self.what {
            Asked::Values(property) => self.values(property, &mut bindings),
            Asked::Properties => self.properties(&mut bindings),
            Asked::Events => self.events(&mut bindings),
        };
        Statement::new(text).bind_all(bindings.finish())
    }

    fn events(&self, bindings: &mut Bindings) -> String {
        let rows = self.rows(bindings);
        let having = self.search_in("event", bindings);
        format!(
            "SELECT event, count() AS n, toUnixTimestamp64Milli(min(timestamp)), \
             toUnixTimestamp64Milli(max(timestamp)) FROM events WHERE {rows}{having} \
             GROUP BY event ORDER BY n DESC, event LIMIT {}",
            self.limit
        )
    }

    fn values(&self, property: &str, bindings: &mut Bindings) -> String {
        let property = Property::named(property);
        let (value, is_set) = (property.value(bindings), property.is_set(bindings));
        let rows = self.rows(bindings);
        let search = self.search_in("value", bindings);
        format!(
            "SELECT assumeNotNull({value}) AS value, count() AS n FROM events \
             WHERE {rows} AND {is_set}{search} GROUP BY value ORDER BY n DESC, value LIMIT {}",
            self.limit
        )
    }

    /// Every property with the types of its values; several rows where it has
    /// several types.
    fn properties(&self, bindings: &mut Bindings) -> String {
        let rows = self.rows(bindings);
        let search = self.search_in("property", bindings);
        let hot: Vec<String> = HOT
            .iter()
            .map(|hot| {
                format!(
                    "('{}', CAST({}, 'Nullable(String)'))",
                    hot.property, hot.column
                )
            })
            .collect();
        format!(
            "SELECT property, type, count() AS n FROM (SELECT entry.1 AS property, \
             {TYPE_OF} AS type FROM (SELECT arrayJoin(arrayConcat(\
             arrayMap(k -> (CAST(k, 'String'), CAST(props[k], 'Nullable(String)')), mapKeys(props)), \
             [{}])) AS entry, restore[entry.1] AS exception, assumeNotNull(entry.2) AS value \
             FROM events WHERE {rows}) WHERE entry.2 IS NOT NULL) WHERE 1{search} \
             GROUP BY property, type ORDER BY property, type",
            hot.join(", ")
        )
    }

    fn rows(&self, bindings: &mut Bindings) -> String {
        let mut conditions = vec![
            "{{project}}".to_owned(),
            format!("timestamp >= {}", bindings.instant(self.span.from_ms)),
            format!("timestamp < {}", bindings.instant(self.span.to_ms)),
        ];
        if let Some(event) = &self.event {
            conditions.push(format!("event = {}", bindings.text(event.clone())));
        }
        conditions.extend(self.filters.sql(bindings));
        conditions.join(" AND ")
    }

    fn search_in(&self, name: &str, bindings: &mut Bindings) -> String {
        self.search.as_ref().map_or_else(String::new, |search| {
            format!(
                " AND positionCaseInsensitiveUTF8({name}, {}) > 0",
                bindings.text(search.clone())
            )
        })
    }

    /// One entry a property: its one type, or `mixed`.
    fn properties_of(&self, rows: &[Row]) -> Result<Vec<Value>, RunError> {
        let mut found: HashMap<String, (String, u64)> = HashMap::new();
        for row in rows {
            let (property, kind, count) = (text(row, 0)?, text(row, 1)?, count(row, 2)?);
            found
                .entry(property)
                .and_modify(|(known, sum)| {
                    "mixed".clone_into(known);
                    *sum += count;
                })
                .or_insert((kind, count));
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|(a, (_, n)), (b, (_, m))| m.cmp(n).then_with(|| a.cmp(b)));
        found.truncate(self.limit);
        Ok(found
            .into_iter()
            .map(|(property, (kind, count))| json!({"property": property, "type": kind, "count": count}))
            .collect())
    }
}

/// The type of `value`, whose exception to the rule of restoring is
/// `exception` (empty = none): the rule of `event_schema::property`, as far as
/// a pattern tells it.
const TYPE_OF: &str = "multiIf(\
     startsWith(exception, '\"'), 'text', \
     exception != '', multiIf(startsWith(exception, '{') OR startsWith(exception, '['), 'object', \
       exception IN ('true', 'false'), 'boolean', 'number'), \
     value IN ('true', 'false'), 'boolean', \
     match(value, '^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\\\\.[0-9]*[1-9]|-?[1-9](\\\\.[0-9]*[1-9])?e-?[0-9]+)$'), 'number', \
     (startsWith(value, '{') OR startsWith(value, '[')) AND isValidJSON(value), 'object', 'text')";

fn event_of(row: &Row) -> Result<Value, RunError> {
    Ok(json!({
        "event": text(row, 0)?,
        "count": count(row, 1)?,
        "first_seen": time(integer(row, 2)?),
        "last_seen": time(integer(row, 3)?),
    }))
}

fn value_of(row: &Row) -> Result<Value, RunError> {
    Ok(json!({"value": text(row, 0)?, "count": count(row, 1)?}))
}

fn count(row: &Row, at: usize) -> Result<u64, RunError> {
    row.get(at)
        .and_then(Value::as_u64)
        .ok_or_else(|| RunError::Shape("expected a count".to_owned()))
}

fn time(at_ms: i64) -> String {
    instant(DateTime::from_timestamp_millis(at_ms).unwrap_or_default())
}
