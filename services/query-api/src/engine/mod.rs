//! Running queries: what they read from, their limits, their cache.

mod context;
mod source;

pub use context::{Context, QueryLimits};
pub use source::{EachLine, Source};
