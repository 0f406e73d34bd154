//! Errors that a broker answers with, injected into a cluster in memory, and
//! what becomes of the records: stored once and in order, or refused.

use std::ops::Range;
use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka_sys::{RDKafkaApiKey, RDKafkaRespErr};
use service_kit::config::KafkaConfig;
use testing::eventually;
use transport::kafka::{KafkaProducer, Names, ProducerTuning, RangeRead, Reader};
use transport::{Position, Producer, Topic, TransportError};

use super::{patient, ready_producer};
use crate::events::{events, number};
use crate::reading::PATIENCE;

type Cluster = MockCluster<'static, DefaultProducerContext>;

const PARTITIONS: u32 = 3;
/// Their events are spread over all partitions.
const PERSONS: usize = 10;

/// A cluster of so many brokers with the topic of events on it.
fn brokers(count: i32) -> (Cluster, KafkaConfig) {
    let cluster = MockCluster::new(count).unwrap();
    cluster
        .create_topic(&topic(), PARTITIONS as i32, count)
        .unwrap();
    let config = KafkaConfig {
        brokers: cluster.bootstrap_servers(),
        partitions: PARTITIONS,
        ..KafkaConfig::default()
    };
    (cluster, config)
}

fn topic() -> String {
    Names::new("").topic(Topic::Events).to_owned()
}

/// Three brokers, and a producer on them that has stored events 0 to 9.
async fn cluster() -> (Cluster, KafkaConfig, KafkaProducer) {
    let (cluster, config) = brokers(3);
    let producer = ready_producer(&config, &patient()).await;
    store(&producer, 0..10).await.unwrap();
    (cluster, config, producer)
}

/// Publishes these events; the first error, if any.
async fn store(producer: &KafkaProducer, numbers: Range<usize>) -> Result<(), TransportError> {
    let answers = producer.publish(events(PERSONS, numbers.start, numbers.len()));
    answers
        .await
        .into_iter()
        .find_map(Result::err)
        .map_or(Ok(()), Err)
}

/// The numbers of all events in the log, those of each partition in its order.
async fn stored(config: &KafkaConfig) -> Vec<Vec<usize>> {
    let reader = Reader::new(config).unwrap();
    let mut stored = Vec::new();
    for partition in 0..PARTITIONS {
        let from = Position::new(partition, 0);
        match reader
            .read(Topic::Events, from, 1_000, PATIENCE)
            .await
            .unwrap()
        {
            RangeRead::Records(records) => stored.push(records.iter().map(number).collect()),
            other => panic!("{other:?}"),
        }
    }
    stored
}

/// Fails unless each of `0..count` is stored once and those of a person in order.
async fn assert_stored(config: &KafkaConfig, count: usize) {
    let stored = stored(config).await;
    for partition in &stored {
        for person in 0..PERSONS {
            let of_person: Vec<_> = partition
                .iter()
                .filter(|n| *n % PERSONS == person)
                .collect();
            assert!(of_person.is_sorted(), "{of_person:?}");
        }
    }
    let mut all = stored.concat();
    all.sort_unstable();
    assert_eq!(all, (0..count).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_tried_again() {
    use RDKafkaRespErr as E;
    for error in [
        E::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        E::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        E::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        E::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        E::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        // Numbered anew, for nothing of it can have been stored.
        E::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        E::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
        // The connection is closed.
        E::RD_KAFKA_RESP_ERR__TRANSPORT,
    ] {
        let (cluster, config, producer) = cluster().await;
        cluster.request_errors(RDKafkaApiKey::Produce, &[error, error]);
        let stored = store(&producer, 10..30).await;
        stored.unwrap_or_else(|answer| panic!("{error:?}: {answer}"));
        store(&producer, 30..35).await.unwrap();
        assert_stored(&config, 35).await;
        assert_eq!(producer.in_flight(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_pass_is_refused_and_spoils_nothing_after_it() {
    use RDKafkaRespErr as E;
    for error in [
        E::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        E::RD_KAFKA_RESP_ERR_INVALID_RECORD,
        E::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    ] {
        let (cluster, config, producer) = cluster().await;
        cluster.request_errors(RDKafkaApiKey::Produce, &[error, error, error]);
        for answer in producer.publish(events(PERSONS, 90, 20)).await {
            let refusal = answer.unwrap_err();
            assert!(matches!(refusal, TransportError::Refused(_)), "{refusal}");
        }
        cluster.clear_request_errors(RDKafkaApiKey::Produce);
        store(&producer, 10..30).await.unwrap();
        assert_stored(&config, 30).await;
    }
}

/// Numbered anew it could be stored a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn perhaps_stored_and_numbered_wrongly_is_not_sent_again() {
    use RDKafkaRespErr as E;
    let (cluster, config, producer) = cluster().await;
    let timed_out = E::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
    let numbering = E::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    // One batch, to one partition.
    cluster.request_errors(RDKafkaApiKey::Produce, &[timed_out, numbering]);
    let answer = producer.publish(events(1, 90, 1)).await.remove(0);
    let unclear = answer.unwrap_err();
    assert!(unclear.is_outcome_unknown(), "{unclear}");
    store(&producer, 10..30).await.unwrap();
    assert_stored(&config, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_goes_or_moves_is_followed() {
    let (cluster, config, producer) = cluster().await;
    let lead = |broker| {
        for partition in 0..PARTITIONS as i32 {
            let led = cluster.partition_leader(&topic(), partition, Some(broker));
            led.unwrap();
        }
    };
    cluster.broker_down(1).unwrap();
    let waiting = {
        let producer = producer.clone();
        tokio::spawn(async move { store(&producer, 10..60).await })
    };
    lead(2);
    waiting.await.unwrap().unwrap();
    cluster.broker_up(1).unwrap();
    lead(3);
    store(&producer, 60..100).await.unwrap();
    assert_stored(&config, 100).await;
}

/// Its partitions lost their names with the batches that were given up, and the
/// brokers that are well lead none that needs one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_comes_back_has_its_partitions_served_again() {
    let (cluster, config) = brokers(3);
    for partition in 0..PARTITIONS as i32 {
        cluster
            .partition_leader(&topic(), partition, Some(partition + 1))
            .unwrap();
    }
    let impatient = ProducerTuning {
        message_timeout: Duration::from_secs(2),
        ..ProducerTuning::default()
    };
    let producer = ready_producer(&config, &impatient).await;
    // To all partitions, each time.
    let store = || store(&producer, 0..50);
    eventually(PATIENCE, store).await;
    cluster.broker_down(2).unwrap();
    eventually(PATIENCE, || async {
        store().await.err().map_or(Err("all stored"), |_| Ok(()))
    })
    .await;
    cluster.broker_up(2).unwrap();
    eventually(PATIENCE, store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_no_record_until_there_is_one() {
    let (cluster, config) = brokers(1);
    let loading = RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    cluster.request_errors(RDKafkaApiKey::InitProducerId, &[loading; 6]);
    let producer = ready_producer(&config, &patient()).await;
    store(&producer, 0..10).await.unwrap();
    assert_stored(&config, 10).await;
}
