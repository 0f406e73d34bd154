//! What integration tests share: where the running test stack is, and waiting
//! for a condition instead of for the clock. A development dependency only.

mod stack;

mod wait;

pub use stack::{binary, required};
pub use wait::eventually;
