//! The same consumer on a Redis list in place of a log.

use deadpool_redis::redis;
use futures::StreamExt as _;
use serde_json::Value;
use service_kit::config::{RedisConfig, Secret};
use testing::{eventually, required};
use transport::Producer;
use transport::redis_list::{ListTuning, RedisProducer};

use crate::stage::{LONG, Sent, Stage};

/// A list of this test's own, under the stage's prefix.
struct List {
    producer: RedisProducer,
    url: String,
}

impl List {
    async fn of(stage: &Stage) -> Self {
        let url = required("MILLRACE_TEST_REDIS_URL");
        let config = RedisConfig {
            url: Secret::new(url.clone()),
        };
        let tuning = ListTuning {
            key_prefix: stage.kafka.topic_prefix.clone(),
            ..ListTuning::default()
        };
        let producer = RedisProducer::start(&config, &tuning).unwrap();
        eventually(LONG, || producer.probe(LONG)).await;
        Self { producer, url }
    }

    async fn send(&self, events: &[Sent]) {
        let records = events.iter().map(Sent::record).collect();
        for answer in self.producer.publish(records).await {
            answer.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_a_list_are_stored_once_whoever_is_killed() {
    let stage = Stage::new().await;
    let list = List::of(&stage).await;
    let settings = [
        ("TRANSPORT__KIND", "redis"),
        ("REDIS__URL", list.url.as_str()),
        ("REDIS_LIST__KEY_PREFIX", &stage.kafka.topic_prefix),
    ];
    let mut count = 0;
    for round in 0..2_u64 {
        let consumer = stage.consumer_with(&settings);
        let events = Sent::many(300);
        list.send(&events).await;
        // A client that sends some again.
        list.send(&events[..10]).await;
        count += 300;
        stage.rows_reach(round * 300 + 100).await;
        consumer.kill();
    }
    let consumer = stage.consumer_with(&settings);
    stage.rows_reach(count).await;
    let proof = eventually(LONG, || async {
        let proof = stage.reconcile_tables().await;
        // Twenty repeats of clients, and the items that came again after a kill.
        if proof.duplicate >= 20 {
            Ok(proof)
        } else {
            Err(proof)
        }
    })
    .await;
    assert!(proof.exact, "{proof:#?}");
    assert_eq!((stage.rows().await, stage.events().await), (count, count));
    assert_eq!(consumer.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_told_what_was_stored() {
    let stage = Stage::new().await;
    let list = List::of(&stage).await;
    let client = redis::Client::open(list.url.as_str()).unwrap();
    let mut watching = client.get_async_pubsub().await.unwrap();
    let channel = format!("{}live-events", stage.kafka.topic_prefix);
    watching.subscribe(&channel).await.unwrap();
    let settings = [
        ("TRANSPORT__KIND", "redis"),
        ("REDIS__URL", list.url.as_str()),
        ("REDIS_LIST__KEY_PREFIX", &stage.kafka.topic_prefix),
    ];
    let consumer = stage.consumer_with(&settings);
    list.send(&Sent::many(3)).await;
    let mut messages = watching.on_message();
    for _ in 0..3 {
        let message = tokio::time::timeout(LONG, messages.next()).await;
        let message = message.unwrap().unwrap();
        let told: Value = serde_json::from_slice(message.get_payload_bytes()).unwrap();
        assert_eq!(told["type"], "event", "{told}");
        assert!(told["data"]["uuid"].is_string() && told["data"]["metadata"].is_object());
    }
    assert_eq!(consumer.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_ledger_makes_repeats_not_doubles() {
    let stage = Stage::new().await;
    let list = List::of(&stage).await;
    let settings = [
        ("TRANSPORT__KIND", "redis"),
        ("REDIS__URL", list.url.as_str()),
        ("REDIS_LIST__KEY_PREFIX", &stage.kafka.topic_prefix),
    ];
    let hold = "ALTER TABLE ingest_batches ADD CONSTRAINT hold CHECK kind = 'gap'";
    stage.warehouse.execute(hold).await;
    list.send(&Sent::many(200)).await;
    let first = stage.consumer_with(&settings);
    stage.rows_reach(100).await;
    first.kill();
    stage
        .warehouse
        .execute("ALTER TABLE ingest_batches DROP CONSTRAINT hold")
        .await;
    let second = stage.consumer_with(&settings);
    list.send(&Sent::many(50)).await;
    stage.rows_reach(250).await;
    let proof = eventually(LONG, || async {
        let proof = stage.reconcile_tables().await;
        if proof.exact && proof.stored == 250 {
            Ok(proof)
        } else {
            Err(proof)
        }
    })
    .await;
    assert!(proof.duplicate >= 100, "{proof:#?}");
    assert_eq!((stage.rows().await, stage.events().await), (250, 250));
    drop(second);
}
