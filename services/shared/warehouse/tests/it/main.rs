//! Against the real engine, named by `MILLRACE_TEST_CLICKHOUSE_URL`.

mod claims;
mod lookup;
mod proof;
mod round_trip;
