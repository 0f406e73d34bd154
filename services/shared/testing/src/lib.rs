//! What integration tests share: where the running test stack is, and waiting
//! for a condition instead of for the clock, a database of one's own, a proxy to
//! cut, what a process has spent, events to measure with. A development dependency only.

mod postgres;

mod process;

pub mod proxy;

mod shape;

mod stack;

mod wait;

pub use postgres::TestDatabase;
pub use process::{processor_seconds, thread_seconds};
pub use proxy::Proxy;
pub use shape::Shape;
pub use stack::{binary, required};
pub use wait::eventually;
