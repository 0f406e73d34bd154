//! From the bytes on the wire to the bytes of the body: compression, and the
//! text encodings that browsers' SDKs wrap around it. Everything is bounded
//! while it runs.

mod base64;
mod compression;
mod form;
mod lz64;
mod surrogates;

pub use self::base64::decode_base64;
pub use compression::{Coding, decompress, is_gzip};
pub use form::form_fields;
pub use lz64::decode_lz64;
pub use surrogates::join_surrogates;

/// Why a body cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodingError {
    /// `Content-Encoding` names something that is not taken.
    #[error("content encoding `{0}` is not supported: use gzip, deflate, br, zstd or none")]
    Unsupported(String),
    /// The bytes are not what they say they are, or end early.
    #[error("the body is not valid {0}")]
    Broken(&'static str),
    /// Decoded it is larger than the limit.
    #[error("the body has more than {0} bytes after decoding")]
    TooLarge(usize),
    /// The process holds as much as it may.
    #[error(transparent)]
    Overloaded(#[from] crate::budget::Overloaded),
}
