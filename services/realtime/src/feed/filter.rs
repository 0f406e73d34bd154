//! Which events a viewer wants.

use super::item::{Item, Kind};

/// Which events a viewer wants; every part that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these names; empty: any.
    pub events: Vec<String>,
    /// One of these persons; empty: anyone.
    pub distinct_ids: Vec<String>,
    /// One of these kinds; empty: any.
    pub kinds: Vec<Kind>,
}

impl Filter {
    /// Whether `item` is wanted.
    #[must_use]
    pub fn admits(&self, item: &Item) -> bool {
        let fits = |wanted: &[String], text: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == text)
        };
        fits(&self.events, &item.event)
            && fits(&self.distinct_ids, &item.distinct_id)
            && (self.kinds.is_empty() || self.kinds.contains(&item.kind))
    }
}
