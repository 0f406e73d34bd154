//! As much of ClickHouse's SQL as the front must see: words outside quotes and comments.

mod engines;
mod filters;
mod guard;
mod insert;
mod lexer;
mod reach;
mod select;

pub use filters::are_plain_filters;
pub use guard::{Refusal, check, check_values};
pub use insert::{Head, split_insert};
pub use lexer::{LexError, Token, TokenKind, tokens};
pub use select::{is_streamable, top_level_format};
