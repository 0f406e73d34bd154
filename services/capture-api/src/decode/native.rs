//! Contract §1.1: one event, or `{"batch": [event, …]}`.

use super::fields::{EventFields, Spelling};
use super::reader::Reader;
use super::{Batch, BodyError, Limits};

/// Locates the events of a native body.
///
/// # Errors
/// When the body is not JSON of that form, or holds too many events.
pub fn decode<'a>(body: &'a [u8], limits: &Limits) -> Result<Batch<'a>, BodyError> {
    let body = super::readable(body)?;
    Reader::<EventFields<'a>>::new(body, Spelling::NATIVE, *limits).object_body()
}

#[cfg(test)]
#[path = "native_tests.rs"]
mod tests;
