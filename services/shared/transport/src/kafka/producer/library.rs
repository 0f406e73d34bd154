//! Requests that come within a moment go to the client library together (events
//! only where they cannot go to the brokers [directly](super::direct)).
//!
//! The library has a thread for each broker. It wakes it for the first record
//! of a partition, for the end of its linger and for its answer, for each
//! partition by itself; and while records of a partition are due and five or
//! more before them are not answered (which an idempotent producer waits for),
//! that thread polls without sleeping. So the lingering is done here: records
//! are handed over for all partitions at once, and in general not before the
//! ones before them are answered.

use std::{mem, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::BaseRecord,
    types::RDKafkaErrorCode,
};

use super::{
    batch::{Ticket, weigh},
    client::{Client, Native},
};
use crate::{Record, TransportError, kafka::error::translate_delivery};

/// So long the answers to what was handed over before are waited for. With a
/// broker away some do not come, and the others' records go on.
const ANSWERS_PATIENCE: Duration = Duration::from_millis(50);

/// A record on its way to the library.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) record: Record,
    /// `None` leaves it to the library.
    pub(super) partition: Option<u32>,
    pub(super) ticket: Ticket,
}

/// Requests to be handed over next, in the order in which they came.
#[derive(Debug)]
pub(super) struct Waiting {
    requests: Mutex<Vec<Vec<Placed>>>,
    linger: Duration,
}

impl Waiting {
    pub(super) fn new(linger: Duration) -> Self {
        Self {
            requests: Mutex::default(),
            linger,
        }
    }
}

impl Client {
    /// Takes a request along with the next hand-over.
    pub(super) fn gather(self: &Arc<Self>, request: Vec<Placed>) {
        if request.is_empty() {
            return;
        }
        let mut requests = self.waiting.requests.lock();
        requests.push(request);
        if requests.len() == 1 {
            // Not the first request's own business: its client may go away.
            tokio::spawn(Arc::clone(self).hand_over_soon());
        }
    }

    async fn hand_over_soon(self: Arc<Self>) {
        tokio::time::sleep(self.waiting.linger).await;
        let load = self.load();
        let _late = tokio::time::timeout(ANSWERS_PATIENCE, load.answered()).await;
        let requests = mem::take(&mut *self.waiting.requests.lock());
        load.hand_over(requests.iter().map(Vec::len).sum());
        let native = self.current();
        for request in requests {
            self.hand_over(&native, request);
        }
    }

    /// Puts a request's records into the library's queue, in order, until one
    /// finds no room: those after it are refused too, so that a key keeps its
    /// order.
    fn hand_over(&self, native: &Native, request: Vec<Placed>) {
        let mut full = None;
        for placed in request {
            let Placed {
                record,
                partition,
                ticket,
            } = placed;
            let weight = weigh(&record);
            if let Some(error) = &full {
                ticket.answer(weight, Err(TransportError::clone(error)));
                continue;
            }
            let message = self.message(&record, partition, ticket);
            if let Err((error, message)) = native.send(message) {
                let code = error
                    .rdkafka_error_code()
                    .unwrap_or(RDKafkaErrorCode::Unknown);
                let error = self.refusal(code, &record, partition);
                if matches!(error, TransportError::Full(_)) {
                    full = Some(error.clone());
                }
                message.delivery_opaque.answer(weight, Err(error));
            }
        }
    }

    fn message<'a>(
        &'a self,
        record: &'a Record,
        partition: Option<u32>,
        ticket: Ticket,
    ) -> BaseRecord<'a, [u8], [u8], Ticket> {
        let topic = self.names().topic(record.topic);
        let mut message = BaseRecord::with_opaque_to(topic, ticket)
            .key(record.key.as_ref())
            .payload(record.payload.as_ref());
        if let Some(partition) = partition {
            message = message.partition(i32::try_from(partition).unwrap_or(i32::MAX));
        }
        if !record.headers.is_empty() {
            let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
            for (key, value) in &record.headers {
                headers = headers.insert(Header {
                    key,
                    value: Some(value.as_ref()),
                });
            }
            message = message.headers(headers);
        }
        message
    }

    /// What a synchronous refusal of the library means.
    fn refusal(
        &self,
        code: RDKafkaErrorCode,
        record: &Record,
        partition: Option<u32>,
    ) -> TransportError {
        match code {
            RDKafkaErrorCode::MessageSizeTooLarge => TransportError::TooLarge {
                size: record.size(),
                limit: record.topic.size_limit(),
            },
            RDKafkaErrorCode::UnknownPartition => TransportError::UnknownPartition {
                topic: self.names().topic(record.topic).to_owned(),
                partition: partition.unwrap_or_default(),
            },
            code => translate_delivery(code, false),
        }
    }
}
