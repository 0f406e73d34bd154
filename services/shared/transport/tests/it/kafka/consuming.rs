use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use service_kit::config::KafkaConfig;
use testing::eventually;
use testing::proxy::{Mode, Proxy};
use transport::kafka::{Admin, ConsumerTuning, KafkaConsumer, KafkaProducer, Names};
use transport::{Assignment, Consumer, Position, Producer, Received, Start, Topic, TransportError};

use super::{isolated, patient, ready_producer};
use crate::events::{assert_in_order, events, numbers};
use crate::reading::{PATIENCE, read, read_rest, read_until};

async fn filled(partitions: u32, count: usize) -> (KafkaConfig, Admin, KafkaProducer) {
    let config = isolated(partitions);
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();
    let producer = ready_producer(&config, &patient()).await;
    for answer in producer.publish(events(30, 0, count)).await {
        answer.unwrap();
    }
    (config, admin, producer)
}

fn consumer(config: &KafkaConfig) -> KafkaConsumer {
    KafkaConsumer::start(config, "workers", &ConsumerTuning::default()).unwrap()
}

async fn assignment(consumer: &KafkaConsumer) -> Assignment {
    match consumer.receive(0, PATIENCE).await.unwrap() {
        Received::Assigned(assignment) => assignment,
        other => panic!("unexpected: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_starts_where_it_is_told_whatever_was_committed() {
    let (config, _, _producer) = filled(3, 300).await;
    let first = consumer(&config);
    let seen = read(&first, 300).await;
    first.commit(&seen.frontier()).await.unwrap();
    first.close(PATIENCE).await.unwrap();

    let second = consumer(&config);
    let assigned = assignment(&second).await;
    let ends = second.end_offsets(&[0, 1, 2]).await.unwrap();
    assert_eq!(ends.values().sum::<u64>(), 300);
    let starts = ends
        .iter()
        .map(|(&p, &end)| (p, Start::Offset(end - 7)))
        .collect();
    assigned.start(starts);
    let seen = read(&second, 21).await;
    for (partition, end) in ends {
        let offsets: Vec<u64> = seen
            .deliveries
            .iter()
            .filter(|delivery| delivery.position.partition == partition)
            .map(|delivery| delivery.position.offset)
            .collect();
        assert_eq!(offsets, (end - 7..end).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn membership_outlasts_an_assignment_that_takes_long() {
    let (config, admin, _producer) = filled(2, 50).await;
    let slow = consumer(&config);
    let assigned = assignment(&slow).await;
    // Longer than the session: the thread keeps it.
    tokio::time::sleep(ConsumerTuning::default().session_timeout + Duration::from_secs(2)).await;
    let group = admin.group("workers").await.unwrap();
    assert_eq!((group.state.as_str(), group.members.len()), ("Stable", 1));
    assigned.start_all(Start::Earliest);
    assert_eq!(read(&slow, 50).await.deliveries.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_range_is_told_and_a_seek_goes_on() {
    let (config, admin, _producer) = filled(1, 100).await;
    admin.delete_records(&[Position::new(0, 40)]).await.unwrap();
    let consumer = consumer(&config);
    assignment(&consumer)
        .await
        .start(BTreeMap::from([(0, Start::Offset(10))]));
    let missing = loop {
        match consumer.receive(10, PATIENCE).await.unwrap() {
            Received::OutOfRange(missing) => break missing,
            Received::Deliveries(none) if none.is_empty() => {}
            other => panic!("unexpected: {other:?}"),
        }
    };
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].wanted, Position::new(0, 10));
    assert_eq!((missing[0].log.low, missing[0].log.end), (40, 100));
    consumer.seek(Position::new(0, 40)).await.unwrap();
    assert_eq!(read(&consumer, 60).await.deliveries.len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_beyond_the_end_is_told() {
    let (config, _, _producer) = filled(1, 10).await;
    let consumer = consumer(&config);
    assignment(&consumer)
        .await
        .start(BTreeMap::from([(0, Start::Offset(500))]));
    let received = consumer.receive(10, PATIENCE).await.unwrap();
    let Received::OutOfRange(missing) = received else {
        panic!("unexpected: {received:?}")
    };
    assert_eq!(missing[0].log.end, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_cut_off_is_lost_and_comes_back() {
    let (direct, admin, _producer) = filled(2, 100).await;
    let proxy = Proxy::start_kafka(&direct.brokers).await.unwrap();
    let config = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..direct.clone()
    };
    let cut_off = consumer(&config);
    let seen = read(&cut_off, 100).await;
    assert_eq!(seen.assigned.len(), 2);

    proxy.set(Mode::Stall);
    // The broker gives the partitions to another member.
    let other = consumer(&direct);
    let taken = read_until(&other, |seen| seen.assigned.len() == 2).await;
    assert!(!taken.lost);
    proxy.set(Mode::Pass);
    let told = read_until(&cut_off, |seen| seen.revoked.len() == 2).await;
    assert!(told.lost, "told as lost");
    let error = cut_off.commit(&seen.frontier()).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransportError::NotOwner(_) | TransportError::Unavailable(_)
        ),
        "{error}"
    );

    // It joins again by itself and the two share.
    eventually(PATIENCE, || async {
        read_rest(&cut_off).await;
        read_rest(&other).await;
        let group = admin.group("workers").await.unwrap();
        if group.members.len() == 2 && group.state == "Stable" {
            Ok(())
        } else {
            Err(group)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_inbox_keeps_the_membership_and_loses_nothing() {
    let (config, admin, producer) = filled(3, 1_000).await;
    for batch in 1..10 {
        producer.publish(events(30, batch * 1_000, 1_000)).await;
    }
    let tuning = ConsumerTuning {
        buffer_records: 100,
        rebalance_timeout: Duration::from_secs(6),
        ..ConsumerTuning::default()
    };
    let slow = KafkaConsumer::start(&config, "workers", &tuning).unwrap();
    assignment(&slow).await.start_all(Start::Earliest);
    // Longer than the longest pause between polls that the group allows.
    tokio::time::sleep(Duration::from_secs(9)).await;
    let group = admin.group("workers").await.unwrap();
    assert_eq!((group.state.as_str(), group.members.len()), ("Stable", 1));
    let seen = read(&slow, 10_000).await;
    assert!(seen.revoked.is_empty());
    assert_eq!(numbers(&seen.deliveries), (0..10_000).collect::<Vec<_>>());
    assert_in_order(&seen.deliveries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_member_that_was_killed_is_back_at_once() {
    let (direct, _, _producer) = filled(3, 30).await;
    let proxy = Proxy::start_kafka(&direct.brokers).await.unwrap();
    let tuning = ConsumerTuning {
        instance_id: "one".into(),
        session_timeout: Duration::from_secs(300),
        ..ConsumerTuning::default()
    };
    let config = KafkaConfig {
        brokers: proxy.address().to_string(),
        ..direct.clone()
    };
    let killed = KafkaConsumer::start(&config, "workers", &tuning).unwrap();
    read(&killed, 30).await;
    // Cut off, the broker does not hear of its end.
    proxy.set(Mode::Cut);
    let started = Instant::now();
    let again = KafkaConsumer::start(&direct, "workers", &tuning).unwrap();
    assert_eq!(assignment(&again).await.partitions().len(), 3);
    assert!(
        started.elapsed() < tuning.session_timeout / 2,
        "back after {:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_partitions_find_their_owner() {
    let (config, admin, _producer) = filled(2, 10).await;
    let one = consumer(&config);
    read(&one, 10).await;
    admin.grow_partitions(5).await.unwrap();
    let seen = read_until(&one, |seen| seen.assigned.len() == 3).await;
    assert_eq!(seen.assigned.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
    assert!(seen.revoked.is_empty(), "the others go on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_other_clients_are_read_however_they_are_packed() {
    let config = isolated(2);
    Admin::new(&config).unwrap().ensure_topics().await.unwrap();
    let consumer = consumer(&config);
    assignment(&consumer).await.start_all(Start::Earliest);
    let topic = Names::new(&config.topic_prefix)
        .topic(Topic::Events)
        .to_owned();
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    // What our own reader unpacks, and behind it what it leaves to the library.
    for packing in ["none", "lz4", "gzip", "snappy", "zstd", "lz4"] {
        let foreign: FutureProducer = ClientConfig::new()
            .set("bootstrap.servers", &config.brokers)
            .set("compression.type", packing)
            .set("linger.ms", "20")
            .create()
            .unwrap();
        let payload = format!("{packing} ").repeat(1_000);
        let sent = (0..300).map(|_| {
            let record = FutureRecord::<(), _>::to(&topic).payload(&payload);
            foreign.send(record, Timeout::Never)
        });
        for answer in join_all(sent).await {
            answer.unwrap();
        }
        let seen = read(&consumer, 300).await;
        assert_eq!(seen.deliveries.len(), 300, "{packing}");
        assert!(seen.revoked.is_empty());
        for delivery in &seen.deliveries {
            let Position { partition, offset } = delivery.position;
            let expected = next.entry(partition).or_default();
            assert_eq!(
                (offset, &delivery.payload[..]),
                (*expected, payload.as_bytes())
            );
            *expected += 1;
        }
    }
}
