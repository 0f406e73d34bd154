//! Which events a query is about, and how they are told apart.

use crate::query::filter::Filters;
use crate::query::property::Property;
use crate::query::time::Span;

/// What every query has: its range and the filters on all its events.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The range with its zone.
    pub span: Span,
    /// The filters on every event.
    pub filters: Filters,
}

/// Events of one name, or of any, that pass filters of their own.
#[derive(Debug, Clone)]
pub struct Selector {
    /// The name; `None` is any.
    pub event: Option<String>,
    /// The filters.
    pub filters: Filters,
}

/// Telling events apart by the values of properties.
#[derive(Debug, Clone)]
pub struct Breakdown {
    /// The properties, at least one.
    pub properties: Vec<Property>,
    /// How many values have a row of their own.
    pub limit: usize,
}
