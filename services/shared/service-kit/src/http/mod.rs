//! The HTTP stack that every service answers through.

mod error;
mod extract;
mod server;
mod stack;

pub use error::{ApiError, FieldError};
pub use extract::{ValidatedJson, ValidatedQuery};
pub use server::serve;
pub use stack::{METRICS, RequestId, with_stack};
