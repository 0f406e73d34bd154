//! A range of the log is read again: what the tables have lost comes back, and
//! nothing else changes.

use std::sync::Arc;

use bytes::Bytes;
use consumer::process::Processor;
use consumer::replay::{Replay, Report, Span};
use service_kit::Clock;
use transport::kafka::{Admin, KafkaProducer, ProducerTuning, Reader};
use transport::{Producer, Record, Topic};
use warehouse::proof::Fault;
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::{Extent, Reconciliation};
use warehouse::retention::Expired;

use crate::stage::{LONG, PROJECT, Sent, Stage, now};

async fn replayer(stage: &Stage) -> Replay {
    let producer = KafkaProducer::start(&stage.kafka, &ProducerTuning::default()).unwrap();
    testing::eventually(LONG, || producer.probe(LONG)).await;
    Replay {
        warehouse: stage.database().clone(),
        reader: Reader::new(&stage.kafka).unwrap(),
        admin: Admin::new(&stage.kafka).unwrap(),
        producer: Arc::new(producer),
        processor: Processor::default(),
        clock: Clock::system(),
    }
}

fn lately() -> Span {
    Span {
        from: chrono::Utc::now() - chrono::Duration::hours(1),
        to: None,
        partition: None,
    }
}

async fn of_project(stage: &Stage) -> Reconciliation {
    let extent = Extent {
        project: Some(PROJECT),
        ..Extent::default()
    };
    reconcile(stage.database(), &extent, None, now())
        .await
        .unwrap()
}

fn missing(report: &Report) -> (u64, u64, u64, u64) {
    (report.missing, report.stored, report.repeats, report.dead)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_row_is_named_and_comes_back_from_the_log() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = Sent::many(300);
    stage.send(&events).await;
    stage.send(&events[..5]).await;
    stage.assert_stored_once(300).await;
    let lost = format!("uuid IN ('{}', '{}')", events[10].uuid, events[20].uuid);
    let delete = format!("ALTER TABLE events DELETE WHERE {lost}");
    stage.warehouse.execute(&delete).await;
    let proof = stage.reconcile().await;
    let named = proof
        .differences
        .iter()
        .filter(|d| d.kind == Fault::Missing);
    assert_eq!(named.count(), 2, "{proof:#?}");
    assert_eq!(
        (proof.accepted, proof.stored, proof.duplicate),
        (305, 298, 5)
    );

    let replay = replayer(&stage).await;
    let found = replay.run(&lately(), false).await.unwrap();
    assert_eq!((found.read, found.present.total()), (305, 303));
    assert_eq!(missing(&found), (2, 2, 0, 0));
    assert_eq!(found.positions.len(), 2);
    assert_eq!(stage.rows().await, 298);
    let done = replay.run(&lately(), true).await.unwrap();
    assert_eq!(missing(&done), (2, 2, 0, 0));
    assert_eq!(
        missing(&replay.run(&lately(), true).await.unwrap()),
        (0, 0, 0, 0)
    );
    stage.assert_stored_once(300).await;
    assert!(of_project(&stage).await.exact);
    let noted = "SELECT count() FROM ingest_batches WHERE kind = 'replay'";
    assert!(stage.warehouse.number(noted).await > 0);
    drop(consumer);
}

/// What comes back as something else than it was counted as: a client sent one
/// of the lost events again, and the consumer, which found nothing, stored that.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_as_a_repeat_or_a_dead_letter_is_counted_as_one() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = Sent::many(200);
    stage.send(&events).await;
    let bad = Record::new(Topic::Events, "person", Bytes::from_static(b"no json"));
    stage.send_records(vec![bad]).await;
    stage.assert_stored_once(200).await;
    for table in ["events", "ingest_quarantined"] {
        let delete = format!(
            "ALTER TABLE {table} DELETE WHERE uuid IN ('{}', toUUIDOrZero(''))",
            events[10].uuid
        );
        stage.warehouse.execute(&delete).await;
    }
    stage.send(&events[10..11]).await;
    stage.rows_reach(200).await;
    stage.settled_with_gaps().await;
    assert!(!stage.reconcile().await.exact);

    let replay = replayer(&stage).await;
    let done = replay.run(&lately(), true).await.unwrap();
    assert_eq!(missing(&done), (2, 0, 1, 1));
    let proof = stage.assert_stored_once(200).await;
    assert_eq!((proof.duplicate, proof.quarantined), (1, 1));
    let of_project = of_project(&stage).await;
    assert!(of_project.exact, "{of_project:#?}");
    assert_eq!((of_project.stored, of_project.duplicate), (200, 1));
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_has_removed_stays_removed() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let mut events = Sent::many(100);
    for event in &mut events[..40] {
        event.timestamp = now() - 400 * 86_400_000;
    }
    stage.send(&events).await;
    stage.assert_stored_once(100).await;
    let expired = Expired {
        project: None,
        except: Vec::new(),
        before: now() - 30 * 86_400_000,
    };
    assert_eq!(stage.database().remove_expired(&expired).await.unwrap(), 40);
    let report = replayer(&stage).await.run(&lately(), true).await.unwrap();
    assert_eq!((report.present.stored, report.present.removed), (60, 40));
    assert_eq!(report.missing, 0);
    let proof = stage.assert_rows(60).await;
    assert_eq!((proof.stored, proof.removed), (100, 40));
    drop(consumer);
}
