use std::time::{Duration, Instant};

use service_kit::config::KafkaConfig;
use testing::eventually;
use testing::proxy::{Mode, Proxy};
use transport::kafka::{Admin, KafkaProducer, ProducerTuning, Reader};
use transport::{Position, Producer, Record, Topic, TransportError, murmur2_partition};

use super::{isolated, patient, ready_producer};
use crate::events::{event, events};
use crate::reading::PATIENCE;

/// A request is held for 4 s at most; here the machine may be busy with others.
const BUSY_LIMIT: Duration = Duration::from_secs(60);

async fn behind_proxy(tuning: &ProducerTuning) -> (KafkaConfig, Proxy, KafkaProducer) {
    let direct = isolated(2);
    Admin::new(&direct).unwrap().ensure_topics().await.unwrap();
    let proxy = Proxy::start_kafka(&direct.brokers).await.unwrap();
    let config = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..direct
    };
    let producer = ready_producer(&config, tuning).await;
    (config, proxy, producer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_unknown_and_comes_in_time() {
    let (_, proxy, producer) = behind_proxy(&ProducerTuning::default()).await;
    producer
        .publish(vec![event("a", 0)])
        .await
        .remove(0)
        .unwrap();
    proxy.set(Mode::SwallowAnswers);
    let started = Instant::now();
    let error = producer
        .publish(vec![event("a", 1)])
        .await
        .remove(0)
        .unwrap_err();
    assert!(
        started.elapsed() < BUSY_LIMIT,
        "held for {:?}",
        started.elapsed()
    );
    assert!(error.is_outcome_unknown(), "{error}");
    proxy.set(Mode::Pass);
    eventually(PATIENCE, || async {
        producer.publish(vec![event("a", 2)]).await.remove(0)
    })
    .await;
}

/// The answer to a stored batch is lost; the batch is sent again over a new
/// connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_is_stored_once_and_in_order() {
    for direct in [true, false] {
        let tuning = ProducerTuning {
            direct,
            ..patient()
        };
        let (config, proxy, producer) = behind_proxy(&tuning).await;
        producer.publish(events(1, 0, 3)).await.remove(0).unwrap();
        proxy.set(Mode::SwallowAnswers);
        let waiting = {
            let producer = producer.clone();
            tokio::spawn(async move { producer.publish(events(1, 3, 7)).await })
        };
        let reader = Reader::new(&KafkaConfig {
            brokers: isolated(2).brokers,
            ..config
        })
        .unwrap();
        let partition = murmur2_partition(b"person-0", 2);
        eventually(PATIENCE, || async {
            let ends = reader.watermarks(Topic::Events, PATIENCE).await.unwrap();
            match ends[&partition].end {
                10 => Ok(()),
                end => Err(end),
            }
        })
        .await;
        assert!(!waiting.is_finished(), "answered without an answer");
        proxy.set(Mode::Cut);
        proxy.set(Mode::Pass);
        let answers = waiting.await.unwrap();
        let offsets: Vec<u64> = answers
            .into_iter()
            .map(|answer| answer.unwrap().offset)
            .collect();
        assert_eq!(offsets, [3, 4, 5, 6, 7, 8, 9], "direct: {direct}");
        let after = producer
            .publish(vec![event("person-0", 10)])
            .await
            .remove(0);
        assert_eq!(after.unwrap(), Position::new(partition, 10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_its_limit_it_refuses_at_once_and_recovers() {
    let tuning = ProducerTuning {
        queue_records: 1_000,
        ..patient()
    };
    let (_, proxy, producer) = behind_proxy(&tuning).await;
    proxy.set(Mode::Stall);
    let waiting = {
        let producer = producer.clone();
        tokio::spawn(async move { producer.publish(events(9, 0, 790)).await })
    };
    eventually(PATIENCE, || async {
        let in_flight = producer.in_flight();
        if in_flight == 790 {
            Ok(())
        } else {
            Err(in_flight)
        }
    })
    .await;
    let refused = producer.publish(events(9, 0, 50)).await;
    assert!(!waiting.is_finished(), "refused without a wait");
    let full = |answer: &Result<_, TransportError>| matches!(answer, Err(TransportError::Full(_)));
    assert!(refused.iter().all(full), "{refused:?}");
    proxy.set(Mode::Pass);
    let answers = waiting.await.unwrap();
    assert_eq!(answers.len(), 790);
    eventually(PATIENCE, || async {
        producer.publish(vec![event("a", 2)]).await.remove(0)
    })
    .await;
    assert_eq!(producer.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn started_without_a_broker_it_refuses_and_begins_when_one_is_there() {
    let direct = isolated(2);
    Admin::new(&direct).unwrap().ensure_topics().await.unwrap();
    let proxy = Proxy::start_kafka(&direct.brokers).await.unwrap();
    proxy.set(Mode::Cut);
    let config = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..direct
    };
    let producer = KafkaProducer::start(&config, &patient()).unwrap();
    let error = producer
        .publish(vec![event("a", 0)])
        .await
        .remove(0)
        .unwrap_err();
    assert!(
        error.is_transient() && !error.is_outcome_unknown(),
        "{error}"
    );
    assert!(producer.probe(Duration::from_millis(300)).await.is_err());
    proxy.set(Mode::Pass);
    eventually(PATIENCE, || producer.probe(Duration::from_secs(1))).await;
    producer
        .publish(vec![event("a", 1)])
        .await
        .remove(0)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_and_explicit_partitions_arrive() {
    let config = isolated(3);
    Admin::new(&config).unwrap().ensure_topics().await.unwrap();
    let producer = ready_producer(&config, &patient()).await;
    let mut record = event("a", 0).with_header("origin", "events/1/5");
    record.partition = Some(2);
    let position = producer
        .publish(vec![record.clone()])
        .await
        .remove(0)
        .unwrap();
    assert_eq!(position.partition, 2);
    record.partition = Some(9);
    let error = producer.publish(vec![record]).await.remove(0).unwrap_err();
    assert!(
        matches!(error, TransportError::UnknownPartition { partition: 9, .. }),
        "{error}"
    );

    let letter = Record::new(Topic::DeadLetters, "a", vec![b'x'; 5 << 20]);
    producer.publish(vec![letter]).await.remove(0).unwrap();
}
