mod batch;
pub(super) mod client;
mod context;
mod direct;
mod library;
mod tuning;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use metrics::{Counter, Gauge, Histogram};
use service_kit::config::KafkaConfig;

pub use self::tuning::ProducerTuning;
use self::{
    batch::{Answer, Batch, RECORDS_MAX, weigh},
    client::Client,
    library::Placed,
};
use super::control;
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

    async fn publish_batch(&self, records: Vec<Record>) -> Vec<Answer> {
        if let Err(error) = self.client.admit(records.len()) {
            return refuse_all(records.len(), &error);
        }
        let (batch, all_answered) = match Batch::new(records.len(), self.client.load()) {
            Ok(made) => made,
            Err(error) => return refuse_all(records.len(), &error),
        };
        self.send(records, &batch);
        // The client answers by itself within the message time-out; this is for
        // the case that it does not.
        let _ = self.client.patience().limit(all_answered).await;
        batch.take()
    }

    /// Sends each record on its way, or refuses it.
    fn send(&self, records: Vec<Record>, batch: &Arc<Batch>) {
        let mut placed = Vec::with_capacity(records.len());
        let (mut refused, mut bytes) = (Vec::new(), 0);
        for (index, record) in records.into_iter().enumerate() {
            match self.client.place(&record) {
                Ok(partition) => {
                    bytes += weigh(&record);
                    placed.push(Placed {
                        ticket: batch.ticket(index),
                        partition,
                        record,
                    });
                }
                Err(error) => refused.push((index, Err(error))),
            }
        }
        batch.fill(refused.into_iter());
        self.client.load().begin(placed.len(), bytes);
        if let Some(direct) = self.client.direct() {
            let is_event = |placed: &mut Placed| placed.record.topic == Topic::Events;
            let events = placed.extract_if(.., is_event);
            // An event's partition is known: see `place`.
            direct.gather(events.map(|placed| {
                let partition = placed.partition.unwrap_or_default();
                (partition, placed.record, placed.ticket)
            }));
        }
        self.client.gather(placed);
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
            self.publish_batch(records).await
        } else {
            let parts = records
                .chunks(RECORDS_MAX)
                .map(|part| self.publish_batch(part.to_vec()));
            futures::future::join_all(parts).await.concat()
        };
        self.measure(started, &answers);
        answers
    }

    async fn flush(&self, within: Duration) -> Result<(), TransportError> {
        self.client.flush(within).await
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
