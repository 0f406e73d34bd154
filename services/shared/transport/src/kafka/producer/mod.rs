mod batch;
pub(super) mod client;
mod context;
mod tuning;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use metrics::{Counter, Gauge, Histogram};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::BaseRecord,
    types::RDKafkaErrorCode,
};
use service_kit::config::KafkaConfig;

pub use self::tuning::ProducerTuning;
use self::{
    batch::{Answer, Batch, RECORDS_MAX, Ticket},
    client::Client,
    context::weigh,
};
use super::{control, error::translate_delivery};
use crate::{Position, Producer, Record, Topic, TransportError, metrics as m, murmur2_partition};

/// Writes to Kafka: acknowledged by all in-sync replicas, idempotent.
///
/// Never blocks and never queues without bound: at 80 % of its queue it refuses
/// at once. The partition of an event follows from its key and the *published*
/// partition count, which it watches on the control topic; until it knows that
/// count (broker away at start) it refuses as unavailable.
/// [`Producer::flush`] it before dropping it.
#[derive(Clone)]
pub struct KafkaProducer {
    client: Arc<Client>,
    meters: Arc<Meters>,
}

struct Meters {
    stored: Counter,
    seconds: Histogram,
    in_flight: Gauge,
    in_flight_bytes: Gauge,
}

impl KafkaProducer {
    /// A producer that connects in the background.
    ///
    /// # Errors
    /// [`TransportError::Refused`] when the settings are not valid.
    pub fn start(config: &KafkaConfig, tuning: &ProducerTuning) -> Result<Self, TransportError> {
        let client = Arc::new(Client::new(config, tuning)?);
        control::watch(config, Arc::downgrade(&client))?;
        let meters = Meters {
            stored: m::PUBLISHED.count(&["stored"]),
            seconds: m::PUBLISH_SECONDS.distribution(&[]),
            in_flight: m::IN_FLIGHT.level(&[]),
            in_flight_bytes: m::IN_FLIGHT_BYTES.level(&[]),
        };
        Ok(Self {
            client,
            meters: Arc::new(meters),
        })
    }

    async fn publish_batch(&self, records: &[Record]) -> Vec<Answer> {
        if let Err(error) = self.client.admit(records.len()) {
            return refuse_all(records.len(), &error);
        }
        let (batch, all_answered) = match Batch::new(records.len(), self.client.load()) {
            Ok(made) => made,
            Err(error) => return refuse_all(records.len(), &error),
        };
        self.hand_over(records, &batch);
        // The client answers by itself within the message time-out; this is for
        // the case that it does not.
        let _ = tokio::time::timeout(self.client.patience(), all_answered).await;
        batch.take()
    }

    /// Puts the records into the client's queue, in order, until one finds no
    /// room: those after it are refused too, so that a key keeps its order.
    fn hand_over(&self, records: &[Record], batch: &Arc<Batch>) {
        let producer = self.client.current();
        let mut full = None;
        for (index, record) in records.iter().enumerate() {
            if let Some(error) = &full {
                batch.refuse(index, TransportError::clone(error));
                continue;
            }
            let partition = match self.client.place(record) {
                Ok(partition) => partition,
                Err(error) => {
                    batch.refuse(index, error);
                    continue;
                }
            };
            let weight = weigh(&record.key, &record.payload);
            let ticket = batch.issue(index, weight);
            let message = self.message(record, partition, ticket);
            if let Err((error, message)) = producer.send(message) {
                let code = error
                    .rdkafka_error_code()
                    .unwrap_or(RDKafkaErrorCode::Unknown);
                let error = self.refusal(code, record, partition);
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
        let topic = self.client.names().topic(record.topic);
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

    /// What a synchronous refusal of the client means.
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
                topic: self.client.names().topic(record.topic).to_owned(),
                partition: partition.unwrap_or_default(),
            },
            code => translate_delivery(code, false),
        }
    }

    fn measure(&self, started: Instant, answers: &[Answer]) {
        let failed = answers.iter().filter_map(|answer| answer.as_ref().err());
        let mut failures = 0;
        for error in failed {
            failures += 1;
            m::PUBLISHED.count(&[error.kind()]).increment(1);
        }
        self.meters
            .stored
            .increment((answers.len() - failures) as u64);
        self.meters.seconds.record(started.elapsed().as_secs_f64());
        self.meters
            .in_flight
            .set(self.client.load().records() as f64);
        self.meters
            .in_flight_bytes
            .set(self.client.load().bytes() as f64);
    }
}

#[async_trait]
impl Producer for KafkaProducer {
    async fn publish(&self, records: Vec<Record>) -> Vec<Result<Position, TransportError>> {
        if records.is_empty() {
            return Vec::new();
        }
        let started = Instant::now();
        let answers = if records.len() <= RECORDS_MAX {
            self.publish_batch(&records).await
        } else {
            let parts = records
                .chunks(RECORDS_MAX)
                .map(|part| self.publish_batch(part));
            futures::future::join_all(parts).await.concat()
        };
        self.measure(started, &answers);
        answers
    }

    async fn flush(&self, within: Duration) -> Result<(), TransportError> {
        Arc::clone(&self.client).flush(within).await
    }

    fn in_flight(&self) -> usize {
        self.client.load().records()
    }

    fn partition_count(&self) -> u32 {
        self.client.partition_count().unwrap_or(0)
    }

    async fn probe(&self, within: Duration) -> Result<(), TransportError> {
        Arc::clone(&self.client).probe(within).await
    }
}

impl Client {
    /// The partition a record goes to; `None` leaves it to the client library,
    /// which uses the same rule on what it knows of the topic.
    fn place(&self, record: &Record) -> Result<Option<u32>, TransportError> {
        let size = record.size();
        let limit = record.topic.size_limit();
        if size > limit {
            return Err(TransportError::TooLarge { size, limit });
        }
        match (record.partition, record.topic) {
            (Some(partition), _) => Ok(Some(partition)),
            (None, Topic::Events) => {
                let count = self.partition_count().ok_or_else(|| {
                    TransportError::Unavailable("the partition count is not known yet".into())
                })?;
                Ok(Some(murmur2_partition(&record.key, count)))
            }
            (None, _) => Ok(None),
        }
    }
}

fn refuse_all(records: usize, error: &TransportError) -> Vec<Answer> {
    vec![Err(error.clone()); records]
}

impl fmt::Debug for KafkaProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaProducer")
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
