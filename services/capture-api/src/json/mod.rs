//! JSON read where it stands: values are located in the body and copied as
//! they are, never turned into a tree. Nothing here recurses, so no nesting
//! overflows the stack, and what a client sent comes back byte for byte.
//!
//! Two kinds of fault are told apart. A [`SyntaxError`] leaves it open where
//! one event ends, so the whole body is refused. A [`Flaw`] lies inside one
//! value whose extent is clear (a literal `NaN`, a raw line feed in a string,
//! nesting beyond the limit), so only the event that holds it is refused.

mod brackets;
mod number;
mod scan;
mod text;
mod value;
mod write;

pub use scan::{Flaw, FlawKind, Scanner, SyntaxError};
pub(crate) use text::text_within;
pub use text::{NotText, Text};
pub use value::{Kind, Value};
pub use write::ObjectWriter;
