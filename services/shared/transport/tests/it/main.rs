//! The transports against their real servers, which the environment names; a
//! missing server is a failure.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;
mod events;
mod kafka;
mod reading;
mod redis_list;
mod redis_server;
