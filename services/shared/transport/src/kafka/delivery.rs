use bytes::Bytes;
use chrono::{DateTime, Utc};
use rdkafka::{
    Message,
    message::{BorrowedMessage, Headers},
};

use crate::{Delivery, Position};

/// Copies a message out of the library, key and payload in one piece.
pub(super) fn deliver(message: &BorrowedMessage<'_>) -> Delivery {
    let key = message.key().unwrap_or_default();
    let payload = message.payload().unwrap_or_default();
    let mut both = Vec::with_capacity(key.len() + payload.len());
    both.extend_from_slice(key);
    both.extend_from_slice(payload);
    let mut both = Bytes::from(both);
    let key = both.split_to(key.len());
    let headers = message.headers().map(|headers| {
        let value = |value: Option<&[u8]>| Bytes::copy_from_slice(value.unwrap_or_default());
        headers
            .iter()
            .map(|header| (header.key.to_owned(), value(header.value)))
            .collect()
    });
    let millis = message.timestamp().to_millis().unwrap_or_default();
    Delivery {
        // Neither is negative on a record that was read.
        position: Position::new(
            message.partition().cast_unsigned(),
            message.offset().cast_unsigned(),
        ),
        appended_at: DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default(),
        key,
        headers: headers.unwrap_or_default(),
        payload: both,
        redelivered: false,
    }
}
