//! Running a query: its statements, in what order, and what becomes of their
//! rows.

mod activity;
mod breakdown;
mod funnels;
mod paths;
mod retention;
mod rows;
mod sessions;
mod trends;

use super::compile;
use super::filter::Filters;
use super::model::Math;
use super::parse::Parsed;
use super::{Fault, Range, RunError};
use crate::engine::Source;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use warehouse::read::{ReadError, Statement};

/// Regular expressions that the engine is asked about at once.
const PATTERNS_AT_ONCE: usize = 4;

/// Runs a query and shapes its result.
pub(crate) async fn run(parsed: &Parsed, source: &dyn Source) -> Result<Value, RunError> {
    match parsed {
        Parsed::Trends(query) => trends::run(query, source).await,
        Parsed::Funnels(query) => funnels::run(query, source).await,
        Parsed::FunnelPersons(query) => funnels::run_persons(query, source).await,
        Parsed::Retention(query) => retention::run(query, source).await,
        Parsed::Stickiness(query) => activity::run_stickiness(query, source).await,
        Parsed::Lifecycle(query) => activity::run_lifecycle(query, source).await,
        Parsed::Paths(query) => paths::run(query, source).await,
        Parsed::Sessions(query) => sessions::run(query, source).await,
    }
}

/// The statements that are known before the query runs.
pub(crate) fn statements(parsed: &Parsed) -> Vec<Statement> {
    match parsed {
        Parsed::Trends(query) => trends::statements(query),
        Parsed::Funnels(query) | Parsed::FunnelPersons(query) => vec![compile::funnel(query)],
        Parsed::Retention(query) => {
            let overall = compile::retention(query, false, None);
            std::iter::once(overall)
                .chain(compile::retention_ranks(query))
                .collect()
        }
        Parsed::Stickiness(query) => {
            let overall = compile::stickiness(query, false, None);
            std::iter::once(overall)
                .chain(compile::stickiness_ranks(query))
                .collect()
        }
        Parsed::Lifecycle(query) => {
            let overall = compile::lifecycle(query, false, None);
            std::iter::once(overall)
                .chain(compile::lifecycle_ranks(query))
                .collect()
        }
        Parsed::Paths(query) => vec![compile::path_rows(query)],
        Parsed::Sessions(query) => vec![compile::sessions(query, query.breakdown.is_some())],
    }
}

/// The instants that a query reads.
pub(crate) fn range(parsed: &Parsed) -> Range {
    let (span, from_ms) = match parsed {
        Parsed::Trends(query) => (query.frame.span, trends::reads_from(query)),
        Parsed::Funnels(query) | Parsed::FunnelPersons(query) => {
            (query.frame.span, query.frame.span.from_ms)
        }
        Parsed::Retention(query) if query.first_time => (query.frame.span, 0),
        Parsed::Retention(query) => (query.frame.span, query.frame.span.from_ms),
        Parsed::Stickiness(query) => (query.frame.span, query.frame.span.from_ms),
        Parsed::Lifecycle(query) => (query.frame.span, 0),
        Parsed::Paths(query) => (query.frame.span, query.frame.span.from_ms),
        Parsed::Sessions(query) => (query.frame.span, query.frame.span.from_ms),
    };
    Range {
        from_ms,
        to_ms: span.to_ms,
    }
}

/// Asks the engine whether it compiles every regular expression of a query: of
/// all at once, and one by one when it does not.
pub(crate) async fn check_patterns(parsed: &Parsed, source: &dyn Source) -> Result<(), RunError> {
    let patterns: Vec<(String, String)> = filters(parsed)
        .into_iter()
        .flat_map(Filters::patterns)
        .collect();
    if patterns.is_empty() {
        return Ok(());
    }
    let all = patterns.iter().map(|(_, pattern)| pattern.as_str());
    match source.rows(compile::pattern_check(all)).await {
        Err(ReadError::InvalidRegex(_)) => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Ok(()),
    }
    let checks = patterns.into_iter().map(|(path, pattern)| async move {
        match source
            .rows(compile::pattern_check([pattern.as_str()]))
            .await
        {
            Ok(_) => Ok(None),
            Err(ReadError::InvalidRegex(detail)) => {
                Ok(Some(Fault::new(path, "invalid_regex", detail)))
            }
            Err(error) => Err(error),
        }
    });
    let found: Vec<Option<Fault>> = futures::stream::iter(checks)
        .buffered(PATTERNS_AT_ONCE)
        .try_collect()
        .await?;
    Err(RunError::Rejected(found.into_iter().flatten().collect()))
}

/// Every place of a query that holds filters.
fn filters(parsed: &Parsed) -> Vec<&Filters> {
    match parsed {
        Parsed::Trends(query) => {
            let series = query.series.iter().map(|series| &series.selector.filters);
            std::iter::once(&query.frame.filters)
                .chain(series)
                .collect()
        }
        Parsed::Funnels(query) | Parsed::FunnelPersons(query) => {
            let steps = query.steps.iter().map(|step| &step.filters);
            let exclusions = query
                .exclusions
                .iter()
                .map(|exclusion| &exclusion.selector.filters);
            std::iter::once(&query.frame.filters)
                .chain(steps)
                .chain(exclusions)
                .collect()
        }
        Parsed::Retention(query) => {
            vec![
                &query.frame.filters,
                &query.target.filters,
                &query.returning.filters,
            ]
        }
        Parsed::Stickiness(query) | Parsed::Lifecycle(query) => vec![&query.frame.filters],
        Parsed::Paths(query) => vec![&query.frame.filters],
        Parsed::Sessions(query) => vec![&query.frame.filters],
    }
}

/// Whether a math reads everything from the beginning.
pub(super) fn reads_everything(math: &Math) -> bool {
    matches!(math, Math::FirstTime)
}
