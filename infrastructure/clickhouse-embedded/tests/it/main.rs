//! The engine's front, driven from outside: with the `clickhouse` crate and with plain HTTP.
//!
//! What is in `portable` also runs against a ClickHouse server when
//! `MILLRACE_TEST_CLICKHOUSE_URL` names one; the rest is about the embedded engine alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should end with a panic"
)]

mod disk;
mod durability;
mod guard;
mod life;
mod portable;
mod server;
