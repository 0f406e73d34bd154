//! Against the real engine, named by `MILLRACE_TEST_CLICKHOUSE_URL`.

#![expect(
    clippy::unwrap_used,
    reason = "what a test relies on and does not get is its failure"
)]

mod claims;
mod lookup;
mod proof;
mod round_trip;
