//! Contract §1.3: an array, one event, or `{api_key, batch, sent_at}`, bare or
//! wrapped in a form, in base64, in gzip or in LZ-String.

use std::borrow::Cow;

use super::fields::{EventFields, Spelling};
use super::reader::Reader;
use super::{Batch, BodyError, Limits};
use crate::budget::Reservation;
use crate::encoding::{
    EncodingError, decode_base64, decode_lz64, decompress, form_fields, is_gzip, join_surrogates,
};

/// What PostHog's SDKs say in the query string.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// `data`: the body of a `GET`.
    pub data: Option<Vec<u8>>,
    /// `compression=lz64`: the text is LZ-String, not plain base64.
    pub is_lz64: bool,
    /// `_`: when it was sent, in milliseconds since the epoch.
    pub sent_at_ms: Option<i64>,
    /// `beacon=1`: nobody reads the answer.
    pub is_beacon: bool,
}

impl Parameters {
    /// Reads a query string; what is not known is left alone.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_fields(query.as_bytes()) {
            match &*name {
                b"data" => parameters.data = Some(value.into_owned()),
                b"compression" => parameters.is_lz64 = is_lz64(&value),
                b"_" => {
                    let text = std::str::from_utf8(&value).unwrap_or_default();
                    parameters.sent_at_ms = text.parse().ok();
                }
                b"beacon" => parameters.is_beacon = &*value == b"1",
                _ => {}
            }
        }
        parameters
    }
}

fn is_lz64(compression: &[u8]) -> bool {
    compression.eq_ignore_ascii_case(b"lz64")
}

/// The JSON inside a body: form fields, base64 and LZ-String undone as far as
/// they are there.
///
/// # Errors
/// When the wrapping is broken or what is inside is too large.
pub fn unwrap<'a>(
    body: Cow<'a, [u8]>,
    is_lz64: bool,
    bytes_max: usize,
    memory: &mut Reservation,
) -> Result<Cow<'a, [u8]>, EncodingError> {
    if looks_like_json(&body) {
        return Ok(body);
    }
    let (text, is_lz64) = match form_data(&body) {
        Some((data, from_form)) => (Cow::Owned(data), is_lz64 || from_form),
        None => (body, is_lz64),
    };
    if text.trim_ascii().is_empty() || looks_like_json(&text) {
        return Ok(text);
    }
    memory.grow(text.len())?;
    if is_lz64 {
        return decode_lz64(&text, bytes_max).map(Cow::Owned);
    }
    let decoded = decode_base64(&text)?;
    if is_gzip(&decoded) {
        let inner = decompress(&decoded, &[], bytes_max, memory)?.into_owned();
        return Ok(Cow::Owned(inner));
    }
    Ok(Cow::Owned(join_surrogates(decoded)))
}

/// Whether it starts as a JSON container does, or as UTF-8 and UTF-16 marks do
/// (the JSON reader says what is wrong with those).
fn looks_like_json(body: &[u8]) -> bool {
    let first = body.trim_ascii_start().first();
    matches!(first, None | Some(b'{' | b'[' | 0xef | 0xff | 0xfe | 0))
}

/// The `data` field of a form, and whether the form says it is LZ-String.
fn form_data(body: &[u8]) -> Option<(Vec<u8>, bool)> {
    let has_data = body.starts_with(b"data=") || memchr::memmem::find(body, b"&data=").is_some();
    if !has_data {
        return None;
    }
    let mut data = None;
    let mut compression_is_lz64 = false;
    for (name, value) in form_fields(body) {
        match &*name {
            b"data" => data = Some(value.into_owned()),
            b"compression" => compression_is_lz64 = is_lz64(&value),
            _ => {}
        }
    }
    data.map(|data| (data, compression_is_lz64))
}

/// Locates the events of an unwrapped body. On `/engage/` an event without a
/// name is an `$identify`.
///
/// # Errors
/// When the body is not JSON of one of the forms, or holds too many events.
pub fn decode<'a>(
    body: &'a [u8],
    is_engage: bool,
    limits: &Limits,
) -> Result<Batch<'a>, BodyError> {
    let spelling = Spelling {
        fallback_name: is_engage.then_some("$identify"),
        ..Spelling::POSTHOG
    };
    read(body, spelling, limits)
}

/// Locates the events of a body of `/i/v1/analytics/events`. `library` is the
/// name and version of the SDK, which this form sends in a header.
///
/// # Errors
/// When the body is not JSON with a batch, or holds too many events.
pub fn decode_v1<'a>(
    body: &'a [u8],
    library: Option<(&'a str, &'a str)>,
    limits: &Limits,
) -> Result<Batch<'a>, BodyError> {
    let spelling = Spelling {
        library,
        ..Spelling::POSTHOG_V1
    };
    read(body, spelling, limits)
}

fn read<'a>(
    body: &'a [u8],
    spelling: Spelling<'a>,
    limits: &Limits,
) -> Result<Batch<'a>, BodyError> {
    let body = super::readable(body)?;
    let mut reader = Reader::<EventFields<'a>>::new(body, spelling, *limits);
    if reader.is_array() {
        reader.array_body()
    } else {
        reader.object_body()
    }
}

#[cfg(test)]
#[path = "posthog_tests.rs"]
mod tests;
