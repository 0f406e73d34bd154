//! A log that loses records, or is another one: named, never silent.

use std::collections::BTreeMap;

use transport::Position;
use transport::kafka::Admin;
use warehouse::proof::Fault;

use crate::stage::{Sent, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn records_deleted_before_they_were_read_are_a_named_gap() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    stage.send(&Sent::many(100)).await;
    stage.assert_stored_once(100).await;
    assert_eq!(consumer.stop().await, Some(0));
    let lost = stage.send(&Sent::many(50)).await;
    let mut ends: BTreeMap<u32, u64> = BTreeMap::new();
    for position in &lost {
        let end = ends.entry(position.partition).or_default();
        *end = (*end).max(position.offset + 1);
    }
    let below: Vec<Position> = ends
        .iter()
        .map(|(p, end)| Position::new(*p, *end))
        .collect();
    Admin::new(&stage.kafka)
        .unwrap()
        .delete_records(&below)
        .await
        .unwrap();
    let consumer = stage.consumer();
    stage.send(&Sent::many(100)).await;
    stage.rows_reach(200).await;
    let proof = stage.reconcile().await;
    assert!(!proof.exact);
    let gaps = proof
        .differences
        .iter()
        .filter(|difference| difference.kind == Fault::Gap);
    let missing: u64 = gaps.map(|gap| gap.place.next - gap.place.first).sum();
    assert_eq!(missing, 50, "{proof:#?}");
    assert!(
        proof
            .differences
            .iter()
            .all(|difference| difference.kind == Fault::Gap)
    );
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_made_again_is_another_log() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    stage.send(&Sent::many(200)).await;
    stage.assert_stored_once(200).await;
    assert_eq!(consumer.stop().await, Some(0));
    let admin = Admin::new(&stage.kafka).unwrap();
    admin.delete_topics().await.unwrap();
    // Deletion takes its time; until then the old topic is still there.
    testing::eventually(crate::stage::LONG, || async {
        admin
            .ensure_topics()
            .await
            .map_err(|error| error.to_string())?;
        let length = stage.log_length().await;
        if length == 0 {
            Ok(())
        } else {
            Err(format!("{length} records"))
        }
    })
    .await;
    let stage = stage.again().await;
    let consumer = stage.consumer();
    // The same offsets as before, of other events.
    stage.send(&Sent::many(100)).await;
    stage.rows_reach(300).await;
    let logs = "SELECT uniqExact(log_id) FROM events";
    assert_eq!(stage.warehouse.number(logs).await, 2);
    let noted = "SELECT count() FROM ingest_batches WHERE kind = 'gap' AND note LIKE '%replaced%'";
    assert_eq!(stage.warehouse.number(noted).await, 2);
    assert!(stage.reconcile().await.exact);
    drop(consumer);
}
