//! Who is here now: the last five minutes by the events' own time.

use crate::engine::{Context, Source};
use crate::query::bindings::Bindings;
use crate::query::fields::Fields;
use crate::query::filter::Filters;
use crate::query::page;
use crate::query::{Fault, RunError, frame};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use warehouse::read::Statement;

/// How long somebody counts as here, in milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;
/// Pages that are listed.
const PAGES: usize = 100;

/// Who is here now.
#[derive(Debug, Clone)]
pub struct Live {
    now_ms: i64,
    filters: Filters,
}

impl Live {
    /// Reads the params: those that all types have. The range is now, whatever
    /// they say.
    pub fn parse(params: &Value, context: &Context, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fields = Fields::new(params, "params", faults);
        let frame = frame(&mut fields, context);
        fields.finish();
        Some(Self {
            now_ms: context.now.timestamp_millis(),
            filters: frame?.filters,
        })
    }

    /// Its statements: the counts, then the pages.
    pub fn statements(&self) -> Vec<Statement> {
        vec![self.counts(), self.pages()]
    }

    /// Counts; `open_sessions` are those that the realtime service knows.
    pub async fn run(
        &self,
        source: &dyn Source,
        open_sessions: Option<u64>,
    ) -> Result<Box<RawValue>, RunError> {
        let (counts, pages) =
            futures::try_join!(source.rows(self.counts()), source.rows(self.pages()))?;
        let count = |at: usize| {
            counts
                .first()
                .and_then(|row| row.get(at))
                .cloned()
                .unwrap_or(json!(0))
        };
        let pages: Vec<Value> = pages
            .iter()
            .map(|row| json!({"page": row.first(), "persons": row.get(1)}))
            .collect();
        let mut result = json!({"persons": count(0), "sessions": count(1), "pages": pages});
        if let Some(open) = open_sessions {
            result["open_sessions"] = open.into();
        }
        to_raw_value(&result).map_err(|error| RunError::Shape(error.to_string()))
    }

    /// Within five minutes the events of one person that carry no session are
    /// of one session: a gap would have to be longer.
    fn counts(&self) -> Statement {
        let mut bindings = Bindings::new();
        let rows = self.rows(&mut bindings);
        Statement::new(format!(
            "SELECT uniqExact(person_id), uniqExact(person_id, ifNull(session_id, '')) \
             FROM events WHERE {rows}"
        ))
        .bind_all(bindings.finish())
    }

    fn pages(&self) -> Statement {
        let mut bindings = Bindings::new();
        let rows = self.rows(&mut bindings);
        Statement::new(format!(
            "SELECT page, uniqExact(person_id) AS persons FROM (\
             SELECT person_id, {} AS page FROM events WHERE {rows} AND {}) WHERE page IS NOT NULL \
             GROUP BY page ORDER BY persons DESC, page LIMIT {PAGES}",
            page::PATH,
            page::IS_VIEW,
        ))
        .bind_all(bindings.finish())
    }

    fn rows(&self, bindings: &mut Bindings) -> String {
        let mut conditions = vec![
            "{{project}}".to_owned(),
            format!("timestamp > {}", bindings.instant(self.now_ms - WINDOW_MS)),
            format!("timestamp <= {}", bindings.instant(self.now_ms)),
        ];
        conditions.extend(self.filters.sql(bindings));
        conditions.join(" AND ")
    }
}
