//! The query API against the real stores.

mod harness;
mod slow;

mod answers;
mod cache;
mod dashboards;
mod errors;
mod injection;
mod jobs;
mod leaving;
mod members;
mod operations;
mod tenancy;

mod property;
mod reference;
