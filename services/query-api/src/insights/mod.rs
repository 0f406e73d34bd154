//! Saved insights: questions under a name, kept in PostgreSQL. What is saved is
//! a widget as dashboards hold them, so that either can become the other.

mod store;

pub use store::{Insight, InsightStore};
