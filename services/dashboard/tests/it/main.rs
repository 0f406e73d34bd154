//! The dashboard's server in front of services that the tests play themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod files;
mod relay;
mod session;
