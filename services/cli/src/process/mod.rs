//! What the kernel says about processes: who they are, what they hold, how to end them.

mod identity;
mod memory;
mod ports;
mod signals;

pub(crate) use identity::{ProcessId, STACK_VARIABLE, of_stack};
pub(crate) use memory::{unshared_memory, unshared_memory_of_one};
pub(crate) use ports::{holder_of, is_free};
pub(crate) use signals::{StopSignal, end_all};
