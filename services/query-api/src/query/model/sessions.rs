//! Sessions and the paths within them.

use super::{Breakdown, Frame};
use crate::query::property::Property;
use crate::query::time::Buckets;

/// Visits: how many, how long, from where.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// Range and filters.
    pub frame: Frame,
    /// The silence after which a new session starts, in milliseconds.
    pub gap_ms: i64,
    /// The buckets of the series, when they are asked for.
    pub buckets: Option<Buckets>,
    /// The values that are answered separately.
    pub breakdown: Option<Breakdown>,
}

/// What follows what.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Range and filters.
    pub frame: Frame,
    /// The silence after which a new session starts, in milliseconds; `None`:
    /// one path a person.
    pub gap_ms: Option<i64>,
    /// Only events of these names; `None` is all.
    pub events: Option<Vec<String>>,
    /// What a node is.
    pub node: PathNode,
    /// Paths begin at their first node of this value.
    pub start: Option<String>,
    /// Paths end at their last node of this value.
    pub end: Option<String>,
    /// The longest path, in nodes.
    pub max_steps: usize,
    /// How many edges are answered.
    pub limit: usize,
}

/// What a node of a path is: the value of a property, an event's name being
/// one.
#[derive(Debug, Clone)]
pub struct PathNode(pub Property);
