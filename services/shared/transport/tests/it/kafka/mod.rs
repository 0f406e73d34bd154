//! What Kafka has beyond the suite.

mod admin;
mod consuming;
mod faults;
mod producing;

use std::time::Duration;

use service_kit::config::KafkaConfig;
use testing::{eventually, required};
use transport::Producer;
use transport::kafka::{KafkaProducer, ProducerTuning};
use uuid::Uuid;

use crate::reading::PATIENCE;

/// Names of one test's own on the real broker.
pub(crate) fn isolated(partitions: u32) -> KafkaConfig {
    KafkaConfig {
        brokers: required("MILLRACE_TEST_KAFKA"),
        topic_prefix: format!("t{}-", Uuid::new_v4().simple()),
        partitions,
        ..KafkaConfig::default()
    }
}

/// A producer's settings with patience for a busy machine.
pub(crate) fn patient() -> ProducerTuning {
    ProducerTuning {
        message_timeout: Duration::from_secs(20),
        ..ProducerTuning::default()
    }
}

/// A producer that is connected and knows its partition count.
pub(crate) async fn ready_producer(config: &KafkaConfig, tuning: &ProducerTuning) -> KafkaProducer {
    let producer = KafkaProducer::start(config, tuning).unwrap();
    eventually(PATIENCE, || producer.probe(Duration::from_secs(5))).await;
    producer
}
