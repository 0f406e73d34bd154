//! Retention: who comes back.

use super::{Breakdown, Frame, Selector};
use crate::query::time::Buckets;

/// Who comes back in the periods after they came.
#[derive(Debug, Clone)]
pub struct Retention {
    /// All the periods as a range, and the filters.
    pub frame: Frame,
    /// The periods; each is a cohort.
    pub periods: Buckets,
    /// The longest row.
    pub columns: usize,
    /// Whether a person is only in the cohort of their first target event ever.
    pub first_time: bool,
    /// What makes a person belong to a cohort.
    pub target: Selector,
    /// What counts as coming back.
    pub returning: Selector,
    /// The values that are answered separately.
    pub breakdown: Option<Breakdown>,
}
