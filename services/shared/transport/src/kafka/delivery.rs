use bytes::Bytes;
use chrono::{DateTime, Utc};
use rdkafka::{
    Message,
    message::{BorrowedMessage, Headers},
};

use crate::{Delivery, Position};

/// Copies messages out of the library, keys and payloads of all in one piece:
/// memory of its own for each costs more than the copying.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// Without keys and payloads.
    deliveries: Vec<Delivery>,
    bytes: Vec<u8>,
    /// Where key and payload of each end in `bytes`.
    ends: Vec<(usize, usize)>,
}

impl Copies {
    /// Expects so many bytes of keys and payloads.
    pub(super) fn expecting(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// Bytes of keys and payloads.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, message: &BorrowedMessage<'_>) {
        self.bytes
            .extend_from_slice(message.key().unwrap_or_default());
        let key_end = self.bytes.len();
        self.bytes
            .extend_from_slice(message.payload().unwrap_or_default());
        self.ends.push((key_end, self.bytes.len()));
        self.deliveries.push(bare(message));
    }

    /// The records that these messages are, in their order.
    pub(super) fn finish(self) -> Vec<Delivery> {
        let bytes = Bytes::from(self.bytes);
        let mut deliveries = self.deliveries;
        let mut start = 0;
        for (delivery, (key_end, end)) in deliveries.iter_mut().zip(self.ends) {
            delivery.key = bytes.slice(start..key_end);
            delivery.payload = bytes.slice(key_end..end);
            start = end;
        }
        deliveries
    }
}

/// Copies one message out of the library.
pub(super) fn deliver(message: &BorrowedMessage<'_>) -> Delivery {
    let copy = |bytes: Option<&[u8]>| Bytes::copy_from_slice(bytes.unwrap_or_default());
    Delivery {
        key: copy(message.key()),
        payload: copy(message.payload()),
        ..bare(message)
    }
}

/// A message without its key and its payload.
fn bare(message: &BorrowedMessage<'_>) -> Delivery {
    let millis = message.timestamp().to_millis().unwrap_or_default();
    Delivery {
        position: position(message),
        appended_at: DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default(),
        key: Bytes::new(),
        headers: headers(message),
        payload: Bytes::new(),
        redelivered: false,
    }
}

/// Where a message stands in the log.
pub(super) fn position(message: &BorrowedMessage<'_>) -> Position {
    // Neither is negative on a record that was read.
    let (partition, offset) = (message.partition(), message.offset());
    Position::new(partition.cast_unsigned(), offset.cast_unsigned())
}

fn headers(message: &BorrowedMessage<'_>) -> Vec<(String, Bytes)> {
    let Some(headers) = message.headers() else {
        return Vec::new();
    };
    let value = |value: Option<&[u8]>| Bytes::copy_from_slice(value.unwrap_or_default());
    headers
        .iter()
        .map(|header| (header.key.to_owned(), value(header.value)))
        .collect()
}
