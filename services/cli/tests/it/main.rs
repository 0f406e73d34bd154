//! The launcher, with real processes: each test has a state folder and ports of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    reason = "times that are worth reading in a test's output"
)]

mod accounts;
mod external;
mod launcher;
mod moving;
mod patience;
mod samples;
mod stack;
mod tail;
mod whole;
