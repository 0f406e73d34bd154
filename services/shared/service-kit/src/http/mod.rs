//! The HTTP stack that every service answers through.

mod docs;
mod error;
mod extract;
mod server;
mod stack;

pub use docs::docs_page;
pub use error::{ApiError, FieldError};
pub use extract::{ValidatedJson, ValidatedQuery};
pub use server::{listen, serve};
pub use stack::{METRICS, in_stack, with_stack};
