//! The consumer as a process of its own, on the real broker and engine of the
//! test stack. Every test has its own topics and its own database.

#![expect(
    clippy::unwrap_used,
    reason = "what a test relies on and does not get is its failure"
)]

mod arrival;
mod engine;
mod faults;
mod freshness;
mod list;
mod log;
mod lost;
mod refilled;
mod replay;
mod retention;
mod second_arrivals;
mod stage;
