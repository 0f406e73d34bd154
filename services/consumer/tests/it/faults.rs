//! Faults of the processes around: nothing is lost, nothing counts twice, and
//! all goes on by itself.

use testing::eventually;
use testing::proxy::{Mode, Proxy};
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::{Extent, Fault};

use crate::stage::{LONG, PROJECT, Sent, Stage, now};

#[tokio::test(flavor = "multi_thread")]
async fn consumers_killed_at_any_moment_lose_and_repeat_nothing() {
    let stage = Stage::new().await;
    let mut count = 0;
    for round in 0..8_u64 {
        let consumer = stage.consumer();
        for _ in 0..4 {
            stage.send(&Sent::many(250)).await;
            count += 250;
        }
        // Some rows later, wherever that is.
        stage.rows_reach(round * 400).await;
        consumer.kill();
    }
    let consumer = stage.consumer();
    stage.assert_stored_once(count).await;
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_is_away_is_waited_for() {
    let stage = Stage::new().await;
    let upstream = stage
        .warehouse
        .config()
        .url
        .trim_start_matches("http://")
        .to_owned();
    let proxy = Proxy::start(&upstream).await.unwrap();
    let url = format!("http://{}", proxy.address());
    proxy.set(Mode::Cut);
    let consumer = stage.consumer_with(&[("CLICKHOUSE__URL", &url)]);
    stage.send(&Sent::many(100)).await;
    proxy.set(Mode::Pass);
    stage.assert_stored_once(100).await;
    for round in 1..=3_u64 {
        proxy.set(Mode::Cut);
        stage.send(&Sent::many(100)).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        proxy.set(Mode::Pass);
        stage.assert_stored_once(100 + round * 100).await;
    }
    assert!(stage.dead_letters().await.is_empty());
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_share_the_work_and_hand_it_over() {
    let stage = Stage::new().await;
    let first = stage.consumer();
    stage.send(&Sent::many(300)).await;
    let second = stage.consumer();
    for _ in 0..10 {
        stage.send(&Sent::many(100)).await;
    }
    stage.assert_stored_once(1_300).await;
    assert_eq!(first.stop().await, Some(0));
    stage.send(&Sent::many(100)).await;
    stage.assert_stored_once(1_400).await;
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_and_a_doubled_row_are_found_by_name() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = Sent::many(500);
    stage.send(&events).await;
    stage.send(&events[..10]).await;
    stage.assert_stored_once(500).await;
    assert_eq!(consumer.stop().await, Some(0));
    let run = async |text: String| stage.warehouse.execute(&text).await;

    let lost = events[123].uuid;
    let position =
        "SELECT toUInt64(kafka_partition) * 1000000 + kafka_offset FROM events WHERE uuid = ";
    let place = stage.warehouse.number(&format!("{position}'{lost}'")).await;
    run(format!("ALTER TABLE events DELETE WHERE uuid = '{lost}'")).await;
    let twice = events[222].uuid;
    run(format!(
        "INSERT INTO events SELECT * FROM events WHERE uuid = '{twice}'"
    ))
    .await;

    let proof = stage.reconcile().await;
    assert!(!proof.exact);
    let missing = proof
        .differences
        .iter()
        .find(|d| d.kind == Fault::Missing)
        .unwrap();
    let named = u64::from(missing.place.partition) * 1_000_000 + missing.place.first;
    assert_eq!(
        (named, missing.place.next - missing.place.first),
        (place, 1)
    );
    let doubled = proof
        .differences
        .iter()
        .find(|d| d.kind == Fault::Doubled)
        .unwrap();
    assert_eq!(doubled.uuids, [twice.to_string()]);
    let extent = Extent {
        project: Some(PROJECT),
        ..Extent::default()
    };
    let of_project = reconcile(stage.database(), &extent, None, now())
        .await
        .unwrap();
    assert!(!of_project.exact);
    let nobody = Extent {
        project: Some(event_schema::ids::ProjectId(uuid::Uuid::from_u128(5))),
        ..extent
    };
    assert!(
        reconcile(stage.database(), &nobody, None, now())
            .await
            .unwrap()
            .exact
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doubles_are_swept_and_the_proof_holds_again() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = Sent::many(300);
    stage.send(&events).await;
    stage.assert_stored_once(300).await;
    assert_eq!(consumer.stop().await, Some(0));
    let (same, other) = (events[5].uuid, events[6].uuid);
    // Two rows of one record, and two records of one event: the second as a
    // consumer without memory would have stored it.
    let run = async |text: String| stage.warehouse.execute(&text).await;
    run(format!(
        "INSERT INTO events SELECT * FROM events WHERE uuid = '{same}'"
    ))
    .await;
    run(format!(
        "INSERT INTO events SELECT * REPLACE('{other}' AS uuid) FROM events \
         WHERE events.uuid = '{}'",
        events[106].uuid
    ))
    .await;
    run(format!(
        "ALTER TABLE events DELETE WHERE uuid = '{}'",
        events[106].uuid
    ))
    .await;
    let doubles = stage.database().sweep_all().await.unwrap();
    assert_eq!(doubles.len(), 2, "{doubles:#?}");
    assert_eq!(
        stage
            .database()
            .sweep_since(now() - 3_600_000)
            .await
            .unwrap(),
        doubles
    );
    assert_eq!(stage.database().repair(&doubles, now()).await.unwrap(), 2);
    let proof = stage.reconcile().await;
    assert!(proof.exact, "{proof:#?}");
    assert_eq!((proof.stored, proof.duplicate), (299, 1));
    assert!(stage.database().sweep_all().await.unwrap().is_empty());
    let extent = Extent {
        project: Some(PROJECT),
        ..Extent::default()
    };
    let of_project = reconcile(stage.database(), &extent, None, now())
        .await
        .unwrap();
    assert!(of_project.exact, "{of_project:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_waits_for_its_warehouse_ends_when_told() {
    let stage = Stage::new().await;
    let upstream = stage
        .warehouse
        .config()
        .url
        .trim_start_matches("http://")
        .to_owned();
    let proxy = Proxy::start(&upstream).await.unwrap();
    let url = format!("http://{}", proxy.address());
    // One that has not taken over yet, and one with a batch in hand.
    proxy.set(Mode::Stall);
    let waiting = stage.consumer_with(&[("CLICKHOUSE__URL", &url)]);
    stage.send(&Sent::many(50)).await;
    eventually(LONG, || async {
        let open = proxy.connections();
        if open > 0 {
            Ok(())
        } else {
            Err("has not asked yet")
        }
    })
    .await;
    assert_eq!(waiting.stop().await, Some(0));
    proxy.set(Mode::Pass);
    let storing = stage.consumer_with(&[("CLICKHOUSE__URL", &url)]);
    stage.assert_stored_once(50).await;
    proxy.set(Mode::Cut);
    stage.send(&Sent::many(50)).await;
    assert_eq!(storing.stop().await, Some(0));
    let last = stage.consumer();
    stage.assert_stored_once(100).await;
    drop(last);
}
