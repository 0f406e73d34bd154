//! The values of a breakdown that have rows of their own.

use crate::query::compile::{Key, OTHER};

/// Values with rows of their own, in the order of the rows, and whether there
/// are more, which share one row.
#[derive(Debug, Clone)]
pub(super) struct Tops {
    /// The values.
    pub(super) keys: Vec<Key>,
    /// Whether there are more.
    pub(super) has_other: bool,
}

impl Tops {
    /// From all values, or from one more than have rows, in their order.
    pub(super) fn of(mut ranked: Vec<Key>, limit: usize) -> Self {
        let has_other = ranked.len() > limit;
        ranked.truncate(limit);
        Self {
            keys: ranked,
            has_other,
        }
    }

    /// The values to tell apart, when not all are.
    pub(super) fn limiting(&self) -> Option<&[Key]> {
        self.has_other.then_some(self.keys.as_slice())
    }

    /// The keys of all rows, that of the rest last.
    pub(super) fn rows(&self) -> Vec<&str> {
        let other = self.has_other.then_some(OTHER);
        self.keys.iter().map(String::as_str).chain(other).collect()
    }
}
