//! The service over HTTP, with a PostgreSQL database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod answers;
mod app;
mod bootstrap;
mod endings;
mod keys;
mod members;
mod outage;
mod projects;
mod rate_limits;
mod routes;
mod sessions;
