//! The query API: one query model over the warehouse, jobs, dashboards.

pub mod engine;
pub mod query;
