//! The query API against the real stores.

mod harness;

mod answers;
mod cache;
mod dashboards;
mod errors;
mod injection;
mod jobs;
mod operations;
mod tenancy;

mod property;
mod reference;
