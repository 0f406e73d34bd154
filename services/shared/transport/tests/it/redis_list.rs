//! What the list has beyond the suite: foreign producers and workers, workers
//! that die or sleep, limits.

use std::time::{Duration, Instant};

use deadpool_redis::redis::{self, AsyncCommands, aio::MultiplexedConnection};
use serde_json::{Value, json};
use service_kit::config::{RedisConfig, Secret};
use testing::proxy::{Mode, Proxy};
use testing::{eventually, required};
use transport::redis_list::{
    FORMAT_HEADER, FORMAT_QUEUED_EVENT, ListAdmin, ListTuning, RedisConsumer, RedisProducer,
};
use transport::{Consumer, Producer, Received, Record, Start, Topic, TransportError};
use uuid::Uuid;

use crate::events::{event, events, numbers};
use crate::reading::{PATIENCE, read, read_rest, read_until};

/// Keys of one test's own on the real server.
pub(crate) fn isolated() -> (RedisConfig, ListTuning) {
    let config = RedisConfig {
        url: Secret::new(required("MILLRACE_TEST_REDIS_URL")),
    };
    let tuning = ListTuning {
        key_prefix: format!("t{}:", Uuid::new_v4().simple()),
        batch: 1_000,
        lease: Duration::from_secs(3),
        request_timeout: Duration::from_secs(20),
        ..ListTuning::default()
    };
    (config, tuning)
}

/// `host:port` of the server.
pub(crate) fn address(config: &RedisConfig) -> String {
    let url = config.url.expose();
    let rest = url.rsplit_once("//").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

async fn connect(config: &RedisConfig) -> MultiplexedConnection {
    let client = redis::Client::open(config.url.expose()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn key(tuning: &ListTuning, name: &str) -> String {
    format!("{}analytics:queue{name}", tuning.key_prefix)
}

async fn publish(producer: &RedisProducer, from: usize, count: usize) {
    for answer in producer.publish(events(5, from, count)).await {
        answer.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_producer_needs_nothing_but_lpush() {
    let (config, tuning) = isolated();
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    read_until(&consumer, |seen| !seen.assigned.is_empty()).await;
    let item = json!({
        "id": "evt_1_a", "type": "pageview", "projectId": "shop",
        "queuedAt": "2026-01-31T12:00:00.000Z", "payload": {"url": "https://x.example/"},
    })
    .to_string();
    let mut connection = connect(&config).await;
    let _: u64 = connection.lpush(key(&tuning, ""), &item).await.unwrap();
    let seen = read(&consumer, 1).await;
    let delivery = &seen.deliveries[0];
    assert_eq!(delivery.payload, item.as_bytes());
    assert_eq!(
        delivery.header(FORMAT_HEADER).unwrap(),
        FORMAT_QUEUED_EVENT.as_bytes()
    );
    assert_eq!(
        delivery.appended_at.to_rfc3339(),
        "2026-01-31T12:00:00+00:00"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_worker_needs_nothing_but_rpop() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    publish(&producer, 0, 2).await;
    let mut connection = connect(&config).await;
    let item: Option<String> = connection.rpop(key(&tuning, ""), None).await.unwrap();
    let item: Value = serde_json::from_str(&item.unwrap()).unwrap();
    assert_eq!(item["type"], "event");
    assert_eq!(item["payload"]["trackingId"], "step");
    assert_eq!(
        item["payload"]["metadata"]["n"], 0,
        "the oldest is at the tail"
    );
    assert_eq!(item["payload"]["_millrace"]["distinct_id"], "person-0");
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    assert_eq!(numbers(&read(&consumer, 1).await.deliveries), [1]);
    assert!(read_rest(&consumer).await.deliveries.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_item_stays_until_it_is_committed() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    publish(&producer, 0, 10).await;
    assert_eq!(admin.depth().await.unwrap(), 10);
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    let seen = read(&consumer, 10).await;
    assert_eq!(admin.depth().await.unwrap(), 0);
    assert_eq!(
        admin.owner().await.unwrap().as_deref(),
        Some(consumer.worker())
    );
    let report = admin.processing().await.unwrap().remove(0);
    assert_eq!(
        (report.worker.as_str(), report.items, report.is_alive),
        (consumer.worker(), 10, true)
    );
    consumer.commit(&seen.frontier()).await.unwrap();
    assert!(admin.processing().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_balance_is_even_and_shows_strangers() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    publish(&producer, 0, 30).await;
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    let mut seen = read(&consumer, 30).await;
    seen.deliveries.truncate(20);
    consumer.commit(&seen.frontier()).await.unwrap();
    consumer.close(PATIENCE).await.unwrap();
    publish(&producer, 30, 5).await;
    let balance = admin.balance().await.unwrap();
    assert_eq!((balance.added, balance.removed), (35, 20));
    assert_eq!(balance.waiting + balance.processing, 15);
    assert_eq!(balance.difference(), 0);

    let mut connection = connect(&config).await;
    let _: Option<String> = connection.rpop(key(&tuning, ""), None).await.unwrap();
    assert_eq!(admin.balance().await.unwrap().difference(), 1);
    let _: u64 = connection
        .lpush(key(&tuning, ""), ["{}", "{}"].as_slice())
        .await
        .unwrap();
    assert_eq!(admin.balance().await.unwrap().difference(), -1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_worker_is_taken_over_oldest_first() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let mut connection = connect(&config).await;
    publish(&producer, 0, 5).await;
    // A worker that took three and died.
    for _ in 0..3 {
        let _: Option<String> = redis::cmd("LMOVE")
            .arg(key(&tuning, ""))
            .arg(key(&tuning, ":processing:dead"))
            .arg("RIGHT")
            .arg("LEFT")
            .query_async(&mut connection)
            .await
            .unwrap();
    }
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    let seen = read(&consumer, 5).await;
    let order: Vec<usize> = seen.deliveries.iter().map(crate::events::number).collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
    let redelivered: Vec<bool> = seen.deliveries.iter().map(|one| one.redelivered).collect();
    assert_eq!(redelivered, [true, true, true, false, false]);
    consumer.commit(&seen.frontier()).await.unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    assert!(admin.processing().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_worker_of_ours_items_are_returned_to_the_tail() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    publish(&producer, 0, 3).await;
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    read(&consumer, 3).await;
    publish(&producer, 3, 2).await;
    assert_eq!(admin.reap().await.unwrap(), 0, "the worker is alive");
    consumer.close(PATIENCE).await.unwrap();
    assert!(admin.reap().await.unwrap() >= 3);
    let mut connection = connect(&config).await;
    for expected in 0..5 {
        let item: Option<String> = connection.rpop(key(&tuning, ""), None).await.unwrap();
        let item: Value = serde_json::from_str(&item.unwrap()).unwrap();
        assert_eq!(item["payload"]["metadata"]["n"], expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_was_cut_off_cannot_commit_what_another_took_over() {
    let (direct, tuning) = isolated();
    let server = address(&direct);
    let proxy = Proxy::start(&server).await.unwrap();
    let url = direct
        .url
        .expose()
        .replace(&server, &proxy.address().to_string());
    let behind = RedisConfig {
        url: Secret::new(url),
    };
    let producer = RedisProducer::start(&direct, &tuning).unwrap();
    publish(&producer, 0, 20).await;

    let first = RedisConsumer::start(&behind, &tuning).unwrap();
    let held = read(&first, 20).await;
    let second = RedisConsumer::start(&direct, &tuning).unwrap();
    assert!(read_rest(&second).await.assigned.is_empty(), "it stands by");

    proxy.set(Mode::Stall);
    let taken = read(&second, 20).await;
    assert_eq!(numbers(&taken.deliveries), numbers(&held.deliveries));
    assert!(taken.deliveries.iter().all(|delivery| delivery.redelivered));
    proxy.set(Mode::Pass);
    let error = eventually(PATIENCE, || async {
        match first.commit(&held.frontier()).await {
            Err(error @ TransportError::NotOwner(_)) => Ok(error),
            other => Err(other),
        }
    })
    .await;
    assert!(!error.is_transient());
    let told = read_until(&first, |seen| !seen.revoked.is_empty()).await;
    assert!(told.lost);
    second.commit(&taken.frontier()).await.unwrap();
    publish(&producer, 20, 5).await;
    assert_eq!(
        numbers(&read(&second, 5).await.deliveries),
        (20..25).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_lose_and_repeat_nothing() {
    let (direct, tuning) = isolated();
    let server = address(&direct);
    let proxy = Proxy::start(&server).await.unwrap();
    let url = direct
        .url
        .expose()
        .replace(&server, &proxy.address().to_string());
    let behind = RedisConfig {
        url: Secret::new(url),
    };
    let tuning = ListTuning {
        batch: 7,
        lease: Duration::from_secs(30),
        ..tuning
    };
    let producer = RedisProducer::start(&direct, &tuning).unwrap();
    let consumer = RedisConsumer::start(&behind, &tuning).unwrap();
    let mut got = read_until(&consumer, |seen| !seen.assigned.is_empty())
        .await
        .deliveries;
    let mut committed = 0;
    for round in 0..20 {
        publish(&producer, round * 50, 50).await;
        // Answers get lost, now to a take, now to a commit.
        proxy.set(Mode::SwallowAnswers);
        let received = consumer
            .receive(500, Duration::from_millis(20))
            .await
            .unwrap();
        if let Received::Deliveries(more) = received {
            got.extend(more);
        }
        proxy.set(Mode::Cut);
        proxy.set(Mode::Pass);
        let frontier = crate::reading::frontier(&got);
        if consumer.commit(&frontier).await.is_ok() {
            committed += 1;
        }
    }
    assert!(committed > 0);
    let rest = 1000_usize.saturating_sub(got.len());
    got.extend(read(&consumer, rest).await.deliveries);
    assert_eq!(numbers(&got), (0..1000).collect::<Vec<_>>(), "each once");
    crate::events::assert_in_order(&got);
    let frontier = crate::reading::frontier(&got);
    eventually(PATIENCE, || consumer.commit(&frontier)).await;
    let admin = ListAdmin::new(&direct, &tuning).unwrap();
    assert!(admin.processing().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deep_queue_refuses_before_it_takes() {
    let (config, tuning) = isolated();
    let tuning = ListTuning {
        depth_limit: 100,
        ..tuning
    };
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    publish(&producer, 0, 90).await;
    let answers = producer.publish(events(5, 90, 20)).await;
    let full = |answer: &Result<_, TransportError>| matches!(answer, Err(TransportError::Full(_)));
    assert!(answers.iter().all(full), "all or nothing: {answers:?}");
    assert!(producer.probe(PATIENCE).await.is_ok());
    publish(&producer, 90, 10).await;
    assert!(producer.probe(PATIENCE).await.unwrap_err().is_transient());
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    assert_eq!(
        numbers(&read(&consumer, 100).await.deliveries),
        (0..100).collect::<Vec<_>>()
    );
    publish(&producer, 100, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_and_refusals_have_lists_of_their_own() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    let letter = r#"{"raw":"{","error_kind":"undecodable"}"#;
    let answers = producer
        .publish(vec![
            Record::new(Topic::DeadLetters, "", letter),
            Record::new(Topic::Refused, "", "{}"),
            Record::new(Topic::Control, "", "{}"),
        ])
        .await;
    assert!(answers[0].is_ok() && answers[1].is_ok(), "{answers:?}");
    assert!(matches!(answers[2], Err(TransportError::Unsupported(_))));
    let failed = admin.failed(0, 10).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].item, letter);
    admin
        .replay_failed(&failed[0].item, &"{}".into())
        .await
        .unwrap();
    assert_eq!(
        (
            admin.failed_depth().await.unwrap(),
            admin.depth().await.unwrap()
        ),
        (0, 1)
    );
    assert!(!admin.drop_failed(&failed[0].item).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_item_does_not_wait_for_a_poll() {
    let (config, tuning) = isolated();
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    read_until(&consumer, |seen| !seen.assigned.is_empty()).await;
    let mut waits = Vec::new();
    for n in 0..20 {
        let published = Instant::now();
        producer
            .publish(vec![event("a", n)])
            .await
            .remove(0)
            .unwrap();
        read(&consumer, 1).await;
        waits.push(published.elapsed());
    }
    waits.sort_unstable();
    // With polls each would wait for one, a second; on a busy machine some may.
    assert!(waits[0] < Duration::from_millis(500), "{waits:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_has_an_identity() {
    let (config, tuning) = isolated();
    let one = RedisConsumer::start(&config, &tuning).unwrap();
    match one.receive(1, PATIENCE).await.unwrap() {
        Received::Assigned(assignment) => assignment.start_all(Start::Committed),
        received => panic!("unexpected: {received:?}"),
    }
    let other = RedisConsumer::start(&config, &tuning).unwrap();
    let id = one.log_id().await.unwrap();
    assert_eq!(other.log_id().await.unwrap(), id);
    assert!(one.end_offsets(&[0]).await.is_err());
}
