use std::time::Duration;

use testing::eventually;
use transport::kafka::{Admin, ConsumerTuning, KafkaConsumer, RangeRead, Reader};
use transport::{Consumer, Position, Producer, Topic, TransportError, murmur2_partition};

use super::{isolated, patient, ready_producer};
use crate::events::{event, events, numbers};
use crate::reading::{PATIENCE, read};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_are_made_once_with_their_settings() {
    let config = isolated(3);
    let admin = Admin::new(&config).unwrap();
    let made = admin.ensure_topics().await.unwrap();
    assert!(
        made.iter()
            .all(|change| change.created && change.differences.is_empty()),
        "{made:?}"
    );
    let again = admin.ensure_topics().await.unwrap();
    assert!(again.iter().all(|change| !change.created));
    assert_eq!(admin.published_partition_count().await.unwrap(), Some(3));

    let reports = admin.describe().await.unwrap();
    assert_eq!(reports.len(), 4);
    let events = &reports[0];
    assert_eq!(events.partitions.len(), 3);
    assert_eq!(events.settings["message.timestamp.type"], "LogAppendTime");
    assert_eq!(events.settings["max.message.bytes"], "2097152");
    assert_eq!(events.settings["retention.ms"], "-1");
    assert!(
        events
            .partitions
            .iter()
            .all(|partition| partition.leader.is_some())
    );
    let control = reports
        .iter()
        .find(|report| report.topic == Topic::Control)
        .unwrap();
    assert_eq!(control.settings["cleanup.policy"], "compact");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_made_again_is_another_log() {
    let config = isolated(1);
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();
    let first = admin.log_id(Topic::Events).await.unwrap();
    assert_eq!(admin.log_id(Topic::Events).await.unwrap(), first);
    let consumer = KafkaConsumer::start(&config, "g", &ConsumerTuning::default()).unwrap();
    assert_eq!(consumer.log_id().await.unwrap(), first);

    admin.delete_topics().await.unwrap();
    eventually(PATIENCE, || async {
        admin
            .ensure_topics()
            .await
            .map_err(|error| error.to_string())?;
        match admin.log_id(Topic::Events).await {
            Ok(id) if id != first => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn producers_follow_the_published_count_not_the_topic() {
    let config = isolated(2);
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();
    let producer = ready_producer(&config, &patient()).await;
    assert_eq!(producer.partition_count(), 2);

    admin.grow_partitions(8).await.unwrap();
    assert_eq!(admin.partition_count(Topic::Events).await.unwrap(), 8);
    let keys: Vec<String> = (0..50).map(|n| format!("person-{n}")).collect();
    for key in &keys {
        let position = producer
            .publish(vec![event(key, 0)])
            .await
            .remove(0)
            .unwrap();
        assert_eq!(
            position.partition,
            murmur2_partition(key.as_bytes(), 2),
            "{key}"
        );
    }

    admin.publish_partition_count(8).await.unwrap();
    eventually(PATIENCE, || async {
        let count = producer.partition_count();
        if count == 8 { Ok(()) } else { Err(count) }
    })
    .await;
    for key in &keys {
        let position = producer
            .publish(vec![event(key, 0)])
            .await
            .remove(0)
            .unwrap();
        assert_eq!(
            position.partition,
            murmur2_partition(key.as_bytes(), 8),
            "{key}"
        );
    }
    // A producer that starts later begins with the published count.
    let late = ready_producer(&config, &patient()).await;
    assert_eq!(late.partition_count(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_that_the_topic_does_not_have_waits() {
    let config = isolated(2);
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();
    let producer = ready_producer(&config, &patient()).await;
    admin.publish_partition_count(4).await.unwrap();
    let answers = producer.publish(events(20, 0, 100)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(producer.partition_count(), 2);
    admin.grow_partitions(4).await.unwrap();
    eventually(PATIENCE, || async {
        let count = producer.partition_count();
        if count == 4 { Ok(()) } else { Err(count) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lag_ranges_and_deletion() {
    let config = isolated(2);
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();
    let producer = ready_producer(&config, &patient()).await;
    producer.publish(events(20, 0, 200)).await;
    let consumer = KafkaConsumer::start(&config, "workers", &ConsumerTuning::default()).unwrap();
    let seen = read(&consumer, 200).await;
    let frontier = seen.frontier();
    consumer.commit(&frontier).await.unwrap();
    producer.publish(events(20, 200, 50)).await;

    let group = admin.group("workers").await.unwrap();
    assert_eq!(group.state, "Stable");
    assert_eq!(group.members.len(), 1);
    assert_eq!(
        group
            .partitions
            .iter()
            .map(|partition| partition.lag())
            .sum::<u64>(),
        50
    );

    let reader = Reader::new(&config).unwrap();
    let from = Position::new(0, 10);
    let read = reader.read(Topic::Events, from, 5, PATIENCE).await.unwrap();
    let RangeRead::Records(records) = read else {
        panic!("{read:?}")
    };
    let offsets: Vec<u64> = records
        .iter()
        .map(|record| record.position.offset)
        .collect();
    assert_eq!(offsets, [10, 11, 12, 13, 14]);

    admin.delete_records(&frontier).await.unwrap();
    let marks = reader.watermarks(Topic::Events, PATIENCE).await.unwrap();
    for position in &frontier {
        assert_eq!(marks[&position.partition].low, position.offset);
    }
    let read = reader.read(Topic::Events, from, 5, PATIENCE).await.unwrap();
    assert!(matches!(read, RangeRead::OutOfRange(_)), "{read:?}");

    let all = consumer.watermarks(&[0, 1]).await.unwrap();
    assert_eq!(all, marks);
    let missing = Reader::new(&isolated(1)).unwrap();
    let error = missing
        .watermarks(Topic::Events, Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(matches!(error, TransportError::Refused(_)), "{error}");
    assert_eq!(numbers(&seen.deliveries).len(), 200);
}
