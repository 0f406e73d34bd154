//! Reading a body with a bound on its size, on the time it takes and on the
//! memory that all bodies take together.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use service_kit::timeouts::{Elapsed, Timeouts};

use crate::budget::{Overloaded, Reservation};

/// Most bytes of an unwanted body that are taken off a connection.
const DISCARDED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is larger than the limit.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// It did not come in time.
    #[error("the body was not complete within {0:?}")]
    TooSlow(Duration),
    /// The client went away or broke the protocol.
    #[error("the body ended early")]
    Broken,
    /// The process holds as much as it may.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
}

/// Reads all of `body`. A length that the headers declare over the limit is
/// refused before anything is read.
///
/// # Errors
/// [`ReadError`].
pub async fn read(
    headers: &HeaderMap,
    body: &mut Body,
    bytes_max: usize,
    timeouts: &Timeouts,
    memory: &mut Reservation,
) -> Result<Bytes, ReadError> {
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if declared.is_some_and(|length| length > bytes_max) {
        return Err(ReadError::TooLarge(bytes_max));
    }
    let read = timeouts.limit(collect(body, bytes_max, memory)).await;
    read.unwrap_or_else(|Elapsed(length)| Err(ReadError::TooSlow(length)))
}

async fn collect(
    body: &mut Body,
    bytes_max: usize,
    memory: &mut Reservation,
) -> Result<Bytes, ReadError> {
    // Most bodies come in one piece, which is then used where it lies.
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ReadError::Broken)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        memory.grow(data.len())?;
        let length = first.len() + joined.len() + data.len();
        if length > bytes_max {
            return Err(ReadError::TooLarge(bytes_max));
        }
        if first.is_empty() && joined.is_empty() {
            first = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&data);
        }
    }
    Ok(if joined.is_empty() {
        first
    } else {
        joined.freeze()
    })
}

/// Takes what is left of an unwanted body off its connection, beside the answer.
/// Most clients read no answer before they have sent everything, and a
/// connection that is closed meanwhile tells them nothing.
pub fn discard(headers: &HeaderMap, mut body: Body) {
    // Who waits to be asked for the body sends none.
    if body.is_end_stream() || headers.contains_key(EXPECT) {
        return;
    }
    let taken = async move {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > DISCARDED_BYTES_MAX {
                return;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(DISCARD_TIMEOUT, taken));
}
