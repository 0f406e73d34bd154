//! JSON read where it stands: values are located in a text and copied as they
//! are, never turned into a tree. Nothing here recurses, so no nesting
//! overflows the stack, and what a client sent comes back byte for byte.
//!
//! Two kinds of fault are told apart. A [`SyntaxError`] leaves it open where
//! one value ends, so the whole text is refused. A [`Flaw`] lies inside one
//! value whose extent is clear (a literal `NaN`, a raw line feed in a string,
//! nesting beyond the limit), so only what holds it is refused.

mod brackets;
mod number;
mod scan;
mod string;
mod text;
mod value;

pub use scan::{Flaw, FlawKind, Scanner, SyntaxError};
pub use string::{plain_length, write_string};
pub use text::{NotText, Text, text_within};
pub use value::{Kind, Value};
