//! Events, newest first, with everything their clients sent.

use super::cursor;
use super::stored::{StoredEvent, columns};
use crate::engine::{Context, Source};
use crate::query::bindings::Bindings;
use crate::query::fields::Fields;
use crate::query::filter::Filters;
use crate::query::{Fault, RunError, Span, frame};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use warehouse::read::Statement;

/// Events on a page unless the request says otherwise.
const PAGE: usize = 100;
/// The first stretch of time that is looked at; each further one is four times
/// as long. A page of a busy project never reads more than the first.
const FIRST_STRETCH_MS: i64 = 24 * 60 * 60 * 1000;

/// A page of events.
#[derive(Debug, Clone)]
pub struct Events {
    span: Span,
    filters: Filters,
    distinct_id: Option<String>,
    event: Option<String>,
    limit: usize,
    after: Option<Place>,
    /// What comes before the span's end is looked at first from here on.
    now_ms: i64,
}

/// Where a page ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place(i64, uuid::Uuid, String);

#[derive(Serialize)]
struct Page {
    events: Vec<StoredEvent>,
    next: Option<String>,
}

impl Events {
    /// Reads the params.
    pub fn parse(params: &Value, context: &Context, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fields = Fields::new(params, "params", faults);
        let frame = frame(&mut fields, context);
        let distinct_id = fields.text("distinct_id").map(str::to_owned);
        let event = fields.text("event").map(str::to_owned);
        let limit = fields.count("limit", (1, context.limits.page), PAGE);
        let cursor = fields.text("cursor");
        let path = fields.path_of("cursor");
        let after = cursor.and_then(|text| cursor::decode(text, &path, fields.faults()));
        fields.finish();
        let frame = frame?;
        Some(Self {
            span: frame.span,
            filters: frame.filters,
            distinct_id,
            event,
            limit,
            after,
            now_ms: context.now.timestamp_millis(),
        })
    }

    /// The whole of what it may read, as one statement.
    pub fn statements(&self) -> Vec<Statement> {
        vec![self.statement(self.span.from_ms, self.end_ms(), self.limit)]
    }

    /// Reads the page.
    pub async fn run(&self, source: &dyn Source) -> Result<Box<RawValue>, RunError> {
        let (events, has_more) = self.newest(source).await?;
        let next = events.last().filter(|_| has_more).and_then(|last| {
            let uuid = last.uuid.parse().ok()?;
            Some(cursor::encode(&Place(
                last.at_ms,
                uuid,
                last.distinct_id.clone(),
            )))
        });
        to_raw_value(&Page { events, next }).map_err(|error| RunError::Shape(error.to_string()))
    }

    /// The newest events after the cursor, and whether there are more.
    async fn newest(&self, source: &dyn Source) -> Result<(Vec<StoredEvent>, bool), RunError> {
        let mut events = Vec::new();
        for (from_ms, to_ms) in stretches(self.span.from_ms, self.end_ms(), self.now_ms) {
            let wanted = self.limit + 1 - events.len();
            let rows = source.rows(self.statement(from_ms, to_ms, wanted)).await?;
            for row in &rows {
                events.push(StoredEvent::of(row)?);
            }
            if events.len() > self.limit {
                events.truncate(self.limit);
                return Ok((events, true));
            }
        }
        Ok((events, false))
    }

    /// The first instant that is not looked at any more.
    fn end_ms(&self) -> i64 {
        match &self.after {
            Some(Place(at_ms, _, _)) => self.span.to_ms.min(at_ms.saturating_add(1)),
            None => self.span.to_ms,
        }
    }

    fn statement(&self, from_ms: i64, to_ms: i64, limit: usize) -> Statement {
        let mut bindings = Bindings::new();
        let mut conditions = vec![
            "{{project}}".to_owned(),
            format!("timestamp >= {}", bindings.instant(from_ms)),
            format!("timestamp < {}", bindings.instant(to_ms)),
        ];
        if let Some(event) = &self.event {
            conditions.push(format!("event = {}", bindings.text(event.clone())));
        }
        if let Some(distinct_id) = &self.distinct_id {
            conditions.push(format!(
                "distinct_id = {}",
                bindings.text(distinct_id.clone())
            ));
        }
        conditions.extend(self.filters.sql(&mut bindings));
        if let Some(Place(at_ms, uuid, distinct_id)) = &self.after {
            conditions.push(format!(
                "(timestamp, uuid, distinct_id) < ({}, toUUID({}), {})",
                bindings.instant(*at_ms),
                bindings.text(uuid.to_string()),
                bindings.text(distinct_id.clone()),
            ));
        }
        let text = format!(
            "SELECT {} FROM events WHERE {} \
             ORDER BY timestamp DESC, uuid DESC, distinct_id DESC LIMIT {limit}",
            columns(),
            conditions.join(" AND "),
        );
        Statement::new(text).bind_all(bindings.finish())
    }
}

/// The latest events of all times, as `GET /api/events/recent` lists them.
pub fn recent(limit: usize, context: &Context) -> Events {
    Events {
        span: Span {
            from_ms: event_schema::limits::TIMESTAMP_MS_MIN,
            to_ms: event_schema::limits::TIMESTAMP_MS_END,
            zone: chrono_tz::Tz::UTC,
        },
        filters: Filters::default(),
        distinct_id: None,
        event: None,
        limit,
        after: None,
        now_ms: context.now.timestamp_millis(),
    }
}

/// The stretches that [from, to) is looked at in, newest first. What lies in
/// the future belongs to the first.
fn stretches(from_ms: i64, to_ms: i64, now_ms: i64) -> Vec<(i64, i64)> {
    let mut stretches = Vec::new();
    let (mut end, mut length) = (to_ms, FIRST_STRETCH_MS);
    let mut start = to_ms.min(now_ms).saturating_sub(length);
    while end > from_ms {
        let begin = start.clamp(from_ms, end - 1);
        stretches.push((begin, end));
        end = begin;
        length = length.saturating_mul(4);
        start = end.saturating_sub(length);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = FIRST_STRETCH_MS;

    #[test]
    fn stretches_tile_the_span() {
        for (from, to, now) in [
            (0, 100 * DAY, 50 * DAY),
            (0, 1, 0),
            (5, 5, 9),
            (0, 40 * DAY, 99 * DAY),
            (10 * DAY, 20 * DAY, 0),
        ] {
            let stretches = stretches(from, to, now);
            let mut end = to;
            for (begin, stop) in &stretches {
                assert_eq!(*stop, end);
                assert!(begin < stop);
                end = *begin;
            }
            assert_eq!(end, if stretches.is_empty() { to } else { from });
        }
    }

    #[test]
    fn the_future_belongs_to_the_first_stretch() {
        assert_eq!(stretches(0, 100 * DAY, 50 * DAY)[0], (49 * DAY, 100 * DAY));
    }
}
