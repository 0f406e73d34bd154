//! Persons, those seen last first, with the properties that `$set` and
//! `$set_once` gave them.

use super::cursor;
use super::stored::{integer, text};
use crate::engine::{Context, Source, instant};
use crate::query::bindings::Bindings;
use crate::query::fields::Fields;
use crate::query::filter::Filters;
use crate::query::{Fault, RunError, Span, frame};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::{BTreeMap, HashMap};
use warehouse::read::{Param, Row, Statement};

/// Persons on a page unless the request says otherwise.
const PAGE: usize = 100;

/// The part of `$set` that a search looks into besides the `distinct_id`.
const SEARCHED: [&str; 3] = ["email", "name", "username"];

/// A page of persons.
#[derive(Debug, Clone)]
pub struct Persons {
    span: Span,
    filters: Filters,
    search: Option<String>,
    limit: usize,
    after: Option<Place>,
}

/// Where a page ended: last seen, `distinct_id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place(i64, String);

#[derive(Debug)]
struct Found {
    distinct_id: String,
    person_id: u64,
    first_ms: i64,
    last_ms: i64,
    events: u64,
}

type Properties = BTreeMap<String, Box<RawValue>>;

#[derive(Serialize)]
struct Person<'a> {
    distinct_id: &'a str,
    first_seen: String,
    last_seen: String,
    events: u64,
    properties: Properties,
}

#[derive(Serialize)]
struct Page<'a> {
    persons: Vec<Person<'a>>,
    next: Option<String>,
}

impl Persons {
    /// Reads the params.
    pub fn parse(params: &Value, context: &Context, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fields = Fields::new(params, "params", faults);
        let frame = frame(&mut fields, context);
        let search = fields
            .text("search")
            .filter(|text| !text.is_empty())
            .map(str::to_owned);
        let limit = fields.count("limit", (1, context.limits.page), PAGE);
        let cursor = fields.text("cursor");
        let path = fields.path_of("cursor");
        let after = cursor.and_then(|text| cursor::decode(text, &path, fields.faults()));
        fields.finish();
        let frame = frame?;
        Some(Self {
            span: frame.span,
            filters: frame.filters,
            search,
            limit,
            after,
        })
    }

    /// The statement that finds the persons.
    pub fn statements(&self) -> Vec<Statement> {
        vec![self.find()]
    }

    /// Reads the page.
    pub async fn run(&self, source: &dyn Source) -> Result<Box<RawValue>, RunError> {
        let rows = source.rows(self.find()).await?;
        let mut found = rows.iter().map(found_of).collect::<Result<Vec<_>, _>>()?;
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        let mut properties = self.properties(&found, source).await?;
        let next = found
            .last()
            .filter(|_| has_more)
            .map(|last| cursor::encode(&Place(last.last_ms, last.distinct_id.clone())));
        let persons = found.iter().map(|found| Person {
            distinct_id: &found.distinct_id,
            first_seen: time(found.first_ms),
            last_seen: time(found.last_ms),
            events: found.events,
            properties: properties.remove(&found.distinct_id).unwrap_or_default(),
        });
        let page = Page {
            persons: persons.collect(),
            next,
        };
        to_raw_value(&page).map_err(|error| RunError::Shape(error.to_string()))
    }

    fn find(&self) -> Statement {
        let mut bindings = Bindings::new();
        let end = bindings.instant(self.span.to_ms);
        let mut conditions = vec![
            "{{project}}".to_owned(),
            format!("timestamp >= {}", bindings.instant(self.span.from_ms)),
            format!("timestamp < {end}"),
        ];
        conditions.extend(self.filters.sql(&mut bindings));
        if let Some(search) = &self.search {
            conditions.push(searched(search, &end, &mut bindings));
        }
        let having = self
            .after
            .as_ref()
            .map_or_else(String::new, |Place(last_ms, distinct_id)| {
                let (last, id) = (
                    bindings.integer(*last_ms),
                    bindings.text(distinct_id.clone()),
                );
                format!("HAVING last < {last} OR (last = {last} AND distinct_id > {id}) ")
            });
        let text = format!(
            "SELECT distinct_id, any(person_id), toUnixTimestamp64Milli(min(timestamp)), \
             toUnixTimestamp64Milli(max(timestamp)) AS last, count() FROM events WHERE {} \
             GROUP BY distinct_id {having}ORDER BY last DESC, distinct_id LIMIT {}",
            conditions.join(" AND "),
            self.limit + 1,
        );
        Statement::new(text).bind_all(bindings.finish())
    }

    /// The properties of the found persons, from all their events up to the
    /// end of the range.
    async fn properties(
        &self,
        found: &[Found],
        source: &dyn Source,
    ) -> Result<HashMap<String, Properties>, RunError> {
        let mut properties: HashMap<String, Properties> = HashMap::new();
        if found.is_empty() {
            return Ok(properties);
        }
        let persons: Vec<u64> = found.iter().map(|found| found.person_id).collect();
        let (once, set) = futures::try_join!(
            source.rows(self.given("$set_once", "min", &persons)),
            source.rows(self.given("$set", "max", &persons)),
        )?;
        // The first `$set_once` wins over later ones, and any `$set` over it.
        for row in &once {
            let of = properties.entry(text(row, 0)?).or_default();
            for (name, value) in members(row)? {
                of.entry(name).or_insert(value);
            }
        }
        for row in &set {
            properties
                .entry(text(row, 0)?)
                .or_default()
                .extend(members(row)?);
        }
        Ok(properties)
    }

    /// What `property` gave each of `persons`, each text once, at its `pick`
    /// time, in order.
    fn given(&self, property: &str, pick: &str, persons: &[u64]) -> Statement {
        let mut bindings = Bindings::new();
        let end = bindings.instant(self.span.to_ms);
        let name = bindings.text(property);
        let text = format!(
            "SELECT distinct_id, props[{name}] AS given FROM events \
             WHERE {{{{project}}}} AND timestamp < {end} AND mapContains(props, {name}) \
             AND person_id IN {{persons:Array(UInt64)}} \
             GROUP BY distinct_id, given ORDER BY {pick}((timestamp, toString(uuid)))"
        );
        Statement::new(text)
            .bind_all(bindings.finish())
            .bind("persons", Param::Unsigneds(persons.to_vec()))
    }
}

/// A condition: the person's id or what names them holds `search`.
fn searched(search: &str, end: &str, bindings: &mut Bindings) -> String {
    let (search, set) = (bindings.text(search), bindings.text("$set"));
    let holds = |text: &str| format!("positionCaseInsensitiveUTF8({text}, {search}) > 0");
    let named: Vec<String> = SEARCHED
        .iter()
        .map(|name| holds(&format!("JSONExtractString(props[{set}], '{name}')")))
        .collect();
    format!(
        "({} OR person_id IN (SELECT person_id FROM events WHERE {{{{project}}}} \
         AND timestamp < {end} AND mapContains(props, {set}) AND ({})))",
        holds("distinct_id"),
        named.join(" OR "),
    )
}

/// The members of the object in a row's second column; none when the client
/// sent something else.
fn members(row: &Row) -> Result<Properties, RunError> {
    Ok(serde_json::from_str(&text(row, 1)?).unwrap_or_default())
}

fn found_of(row: &Row) -> Result<Found, RunError> {
    let unsigned = |at: usize| {
        row.get(at)
            .and_then(Value::as_u64)
            .ok_or_else(|| RunError::Shape("expected a count".to_owned()))
    };
    Ok(Found {
        distinct_id: text(row, 0)?,
        person_id: unsigned(1)?,
        first_ms: integer(row, 2)?,
        last_ms: integer(row, 3)?,
        events: unsigned(4)?,
    })
}

fn time(at_ms: i64) -> String {
    instant(DateTime::from_timestamp_millis(at_ms).unwrap_or_default())
}
