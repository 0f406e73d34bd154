//! Stickiness and lifecycle: the rhythm in which persons do one event.

use super::{Breakdown, Frame, Selector};
use crate::query::time::Buckets;

/// The events and buckets of a stickiness or lifecycle query.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Range and filters.
    pub frame: Frame,
    /// The event.
    pub selector: Selector,
    /// The intervals.
    pub buckets: Buckets,
    /// The values that are answered separately.
    pub breakdown: Option<Breakdown>,
}
