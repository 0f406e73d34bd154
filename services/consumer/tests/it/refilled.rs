//! A log that was cut and filled again while nobody read: as long as before,
//! and other records where stored ones stood.

use std::sync::Arc;
use std::time::Duration;

use consumer::{App, Config};
use service_kit::Lifecycle;
use service_kit::config::HttpConfig;
use testing::eventually;
use transport::Producer;
use transport::memory::MemoryTransport;
use warehouse::proof::{Extent, reconcile::reconcile};

use crate::stage::{LONG, Sent, Stage, now};

const GROUP: &str = "refilled";

/// A consumer of the log in this process.
struct Reading {
    life: Lifecycle,
}

impl Reading {
    fn start(stage: &Stage, log: &MemoryTransport) -> Self {
        let mut config = Config {
            clickhouse: stage.warehouse.config().clone(),
            kafka: stage.kafka.clone(),
            ..Config::default()
        };
        config.consumer.http = HttpConfig::on_port(0);
        let life = Lifecycle::new();
        App::over(
            config,
            Arc::new(log.consumer(GROUP)),
            Arc::new(log.producer()),
        )
        .unwrap()
        .spawn(&life)
        .unwrap();
        Self { life }
    }

    async fn stop(self) {
        self.life.shut_down();
        assert!(self.life.finish(Duration::from_secs(60)).await);
    }
}

async fn send(log: &MemoryTransport, count: u32) {
    let records = Sent::many(count).iter().map(Sent::record).collect();
    for answer in log.producer().publish(records).await {
        answer.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_and_filled_again_is_noticed() {
    let stage = Stage::new().await;
    let log = MemoryTransport::new(1);
    for round in 1..=3_u64 {
        let reading = Reading::start(&stage, &log);
        send(&log, 100).await;
        stage.rows_reach(round * 100).await;
        ledger_reaches(&stage, round * 100).await;
        reading.stop().await;
    }
    // What came in the second round and the third is lost, and others come.
    log.truncate(0, 150);
    send(&log, 200).await;
    let reading = Reading::start(&stage, &log);
    // The ranges end at 100, 200 and 300: from 100 on all is read again, of
    // which the first 50 are stored already and 200 are new.
    stage.rows_reach(500).await;
    let noted =
        "SELECT count() FROM ingest_batches WHERE kind = 'gap' AND note LIKE '%filled again%'";
    assert_eq!(stage.warehouse.number(noted).await, 1);
    let events = eventually(LONG, || async {
        let events = stage.events().await;
        if events == 500 {
            Ok(events)
        } else {
            Err(events)
        }
    })
    .await;
    assert_eq!(stage.rows().await, events);
    let proof = reconcile(stage.database(), &Extent::default(), None, now())
        .await
        .unwrap();
    assert!(proof.exact, "{proof:#?}");
    reading.stop().await;
}

async fn ledger_reaches(stage: &Stage, next: u64) {
    eventually(LONG, || async {
        let text = "SELECT max(next_offset) FROM ingest_batches";
        let found = stage.warehouse.number(text).await;
        if found == next { Ok(()) } else { Err(found) }
    })
    .await;
}
