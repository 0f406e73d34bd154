//! What is said to be complete is complete; what the process says of itself.

use std::net::TcpListener;

use deadpool_redis::redis::AsyncTypedCommands;
use deadpool_redis::{Config as RedisConfig, Runtime};
use testing::{eventually, required};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warehouse::complete::{Mark, REDIS_KEY, complete_until};

use crate::stage::{LONG, Sent, Stage, now};

/// Sends events and waits until `marks` say that all before are there: then
/// they must be.
async fn check<F>(stage: &Stage, marks: impl Fn() -> F)
where
    F: Future<Output = Vec<Mark>>,
{
    for round in 1..=5_u64 {
        stage.send(&Sent::many(200)).await;
        let accepted = now();
        eventually(LONG, || async {
            let until = complete_until(&marks().await, now(), 0);
            if until.is_some_and(|until| until > accepted) {
                Ok(())
            } else {
                Err(until)
            }
        })
        .await;
        assert_eq!(stage.rows().await, round * 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_is_queryable_as_redis_tells() {
    let stage = Stage::new().await;
    let url = required("MILLRACE_TEST_REDIS_URL");
    let redis = RedisConfig::from_url(&url)
        .create_pool(Some(Runtime::Tokio1))
        .unwrap();
    let consumer = stage.consumer_with(&[("REDIS__URL", &url)]);
    let key = format!("{}{REDIS_KEY}", stage.kafka.topic_prefix);
    check(&stage, || async {
        let fields = redis.get().await.unwrap().hgetall(&key).await.unwrap();
        fields
            .iter()
            .filter_map(|(partition, text)| Mark::parse(partition, text))
            .collect()
    })
    .await;
    redis.get().await.unwrap().del(&key).await.unwrap();
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_is_queryable_as_the_warehouse_tells() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    check(&stage, || async { stage.database().marks().await.unwrap() }).await;
    // Without an owner nothing moves any more.
    consumer.kill();
    stage.send(&Sent::many(1)).await;
    let sent = now();
    let until = complete_until(&stage.database().marks().await.unwrap(), now(), 0);
    assert!(until.is_some_and(|until| until <= sent), "{until:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_for_its_health_and_its_figures() {
    let stage = Stage::new().await;
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let listen = format!("127.0.0.1:{port}");
    let consumer = stage.consumer_with(&[("CONSUMER__HTTP__LISTEN", &listen)]);
    stage.send(&Sent::many(10)).await;
    stage.assert_stored_once(10).await;
    for (path, expected) in [
        ("/health", r#"{"status":"ok"}"#),
        ("/ready", r#""status":"ready""#),
        ("/metrics", "consumer_events_stored_total 10"),
    ] {
        eventually(LONG, || async {
            let answer = get(&listen, path)
                .await
                .map_err(|error| error.to_string())?;
            if answer.contains(expected) {
                Ok(())
            } else {
                Err(answer)
            }
        })
        .await;
    }
    drop(consumer);
}

async fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut connection = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}
