//! Partitions that are lost and come back while the writer is busy.

use std::sync::Arc;

use consumer::config::Config;
use consumer::foreign::Foreign;
use consumer::hand_over::hand_over;
use consumer::held::Held;
use consumer::intake::{Intake, Order};
use consumer::process::Processor;
use consumer::process::geo::Geo;
use consumer::writer::{Writer, WriterParts};
use service_kit::Clock;
use testing::eventually;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::Producer;
use transport::memory::MemoryTransport;
use warehouse::testing::TestWarehouse;

use crate::stage::{LONG, Sent};

/// The session ends by its time-out and the partitions come back before the
/// writer has followed the order to let them go. The log is one in memory, for
/// its sessions end when a test says so; orders pass through the test's hands,
/// which hold them back as a writer does that stores.
#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_come_back_while_the_writer_is_busy_are_read_on() {
    let stage = TestWarehouse::create().await;
    let log = MemoryTransport::new(2);
    let reader = Arc::new(log.consumer("group"));
    let (config, held) = (Config::default().consumer, Arc::new(Held::default()));
    let (batches, to_store) = hand_over();
    let (orders, mut given) = mpsc::unbounded_channel();
    let (passed_on, to_follow) = mpsc::unbounded_channel();
    let intake = Intake {
        consumer: Arc::clone(&reader) as _,
        processor: Processor {
            geo: Geo::open(&[]).unwrap(),
            user_agents: None,
        },
        foreign: Foreign::new(&Config::default().postgres).unwrap(),
        held: Arc::clone(&held),
        batches,
        orders,
        config: config.batch,
        clock: Clock::system(),
    };
    let writer = Writer::new(WriterParts {
        warehouse: stage.warehouse().clone(),
        consumer: reader,
        producer: Arc::new(log.producer()),
        held,
        insert: config.insert,
        repeats: config.repeats,
        owner: "the only one".to_owned(),
        live: None,
        clock: Clock::system(),
    });
    let stop = CancellationToken::new();
    let reading = tokio::spawn(intake.run(stop.clone()));
    let writing = tokio::spawn(writer.run(to_store, to_follow));
    let rows_reach = async |count: u64| {
        eventually(LONG, || async {
            let rows = stage.number("SELECT count() FROM events").await;
            if rows == count { Ok(()) } else { Err(rows) }
        })
        .await;
    };
    let send = async || {
        let records = Sent::many(100).iter().map(Sent::record).collect();
        for answer in log.producer().publish(records).await {
            answer.unwrap();
        }
    };

    let first = given.recv().await.unwrap();
    assert!(matches!(first, Order::TakeOver(..)), "{first:?}");
    passed_on.send(first).unwrap();
    send().await;
    rows_reach(100).await;

    log.expire_sessions("group");
    let release = given.recv().await.unwrap();
    assert!(matches!(release, Order::Release(_)), "{release:?}");
    let again = given.recv().await.unwrap();
    assert!(matches!(again, Order::TakeOver(..)), "{again:?}");
    passed_on.send(release).unwrap();
    passed_on.send(again).unwrap();
    send().await;
    rows_reach(200).await;

    stop.cancel();
    reading.await.unwrap().unwrap();
    drop(passed_on);
    writing.await.unwrap();
}
