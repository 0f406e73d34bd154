//! The consumer as a process of its own, on the real broker and engine of the
//! test stack. Every test has its own topics and its own database.

mod arrival;
mod engine;
mod faults;
mod second_arrivals;
mod stage;
