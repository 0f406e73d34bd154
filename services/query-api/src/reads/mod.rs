//! The types of query that list what is stored instead of counting it:
//! events, persons, the catalogue, who is here now, and the way of one event.

mod catalogue;
mod cursor;
mod events;
mod live;
mod persons;
mod stored;
mod trace;

pub use catalogue::Catalogue;
pub use events::{Events, recent};
pub use live::Live;
pub use persons::Persons;
pub use trace::Trace;

/// The types of query that this module answers.
pub const KINDS: &[&str] = &["events", "persons", "catalogue", "live", "trace"];
