//! The realtime service against real servers, which the environment names.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod access;
mod accounts;
mod clients;
mod end_to_end;
mod harness;
mod members;
mod outage;
mod redis;
mod streams;
mod visitors;
