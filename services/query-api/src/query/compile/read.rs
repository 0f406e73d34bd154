//! Which events a statement reads.

use crate::query::bindings::Bindings;
use crate::query::filter::Filters;
use crate::query::model::Selector;

/// Where events begin: nothing is stored from before 1970.
pub(super) const BEGINNING_MS: i64 = 0;

/// `FROM events WHERE …` for the events of `[from_ms, to_ms)` that pass.
#[derive(Debug)]
pub(super) struct Read {
    conditions: Vec<String>,
}

impl Read {
    /// The project's events of a range.
    pub(super) fn new((from_ms, to_ms): (i64, i64), bindings: &mut Bindings) -> Self {
        let from = bindings.instant(from_ms);
        let to = bindings.instant(to_ms);
        Self {
            conditions: vec![
                "{{project}}".to_owned(),
                format!("timestamp >= {from}"),
                format!("timestamp < {to}"),
            ],
        }
    }

    /// Only those that pass filters.
    pub(super) fn filtered(mut self, filters: &Filters, bindings: &mut Bindings) -> Self {
        self.conditions.extend(filters.sql(bindings));
        self
    }

    /// Only those that a selector takes.
    pub(super) fn selected(mut self, selector: &Selector, bindings: &mut Bindings) -> Self {
        self.conditions.extend(selector_parts(selector, bindings));
        self
    }

    /// Only those that meet a condition made here.
    pub(super) fn and(mut self, condition: Option<String>) -> Self {
        self.conditions.extend(condition);
        self
    }

    /// The clauses.
    pub(super) fn sql(&self) -> String {
        format!("FROM events WHERE {}", self.conditions.join(" AND "))
    }
}

/// The condition that a selector's events meet, `1` when all do. Never NULL.
pub(super) fn selector_condition(selector: &Selector, bindings: &mut Bindings) -> String {
    let parts = selector_parts(selector, bindings);
    if parts.is_empty() {
        return "1".to_owned();
    }
    format!("({})", parts.join(" AND "))
}

/// That an event is taken by at least one selector; `None` when all are.
pub(super) fn any_selector<'a>(
    selectors: impl IntoIterator<Item = &'a Selector>,
    bindings: &mut Bindings,
) -> Option<String> {
    let selectors: Vec<&Selector> = selectors.into_iter().collect();
    if selectors
        .iter()
        .any(|selector| selector.event.is_none() && selector.filters.is_empty())
    {
        return None;
    }
    let mut names: Vec<String> = selectors
        .iter()
        .filter_map(|selector| selector.event.clone())
        .collect();
    names.sort();
    names.dedup();
    let all_named = selectors.iter().all(|selector| selector.event.is_some());
    let mut parts = Vec::new();
    // The names alone first: they are a part of the primary key.
    if all_named {
        parts.push(format!("event IN {}", bindings.texts(names)));
    }
    if selectors
        .iter()
        .any(|selector| !selector.filters.is_empty())
    {
        let any: Vec<String> = selectors
            .iter()
            .map(|selector| selector_condition(selector, bindings))
            .collect();
        parts.push(format!("({})", any.join(" OR ")));
    }
    Some(parts.join(" AND "))
}

fn selector_parts(selector: &Selector, bindings: &mut Bindings) -> Vec<String> {
    let event = selector
        .event
        .as_ref()
        .map(|event| format!("event = {}", bindings.text(event)));
    event
        .into_iter()
        .chain(selector.filters.sql(bindings))
        .collect()
}
