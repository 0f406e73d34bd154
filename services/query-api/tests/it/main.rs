//! The query API against the real stores.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
mod slow;

mod answers;
mod cache;
mod dashboards;
mod errors;
mod injection;
mod insights;
mod jobs;
mod leaving;
mod members;
mod operations;
mod tenancy;
mod wire;
mod wrong_input;

mod golden;
mod property;
mod reference;
mod semantics;
