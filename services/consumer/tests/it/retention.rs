//! Events past their time go, and the proof still holds.

use testing::eventually;
use uuid::Uuid;
use warehouse::read::{Outcome, ReadLimits};
use warehouse::scope::ProjectScope;

use crate::stage::{LONG, PROJECT, Sent, Stage, now};

const DAY_MS: i64 = 86_400_000;

/// `count` events of which a third is 10 days old and a third 400.
fn of_all_ages(count: usize) -> Vec<Sent> {
    let mut events = Sent::many(u32::try_from(count).unwrap());
    for (n, event) in events.iter_mut().enumerate() {
        event.timestamp = now() - [0, 10, 400][n % 3] * DAY_MS;
    }
    events
}

async fn rows_fall_to(stage: &Stage, count: u64) {
    eventually(LONG, || async {
        let rows = stage.rows().await;
        if rows == count { Ok(()) } else { Err(rows) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_past_their_time_go_and_the_proof_stays_exact() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = of_all_ages(300);
    stage.send(&events).await;
    // A repeat of one that is going to go: its first copy is still accounted for.
    stage.send(&events[2..3]).await;
    stage.assert_stored_once(300).await;
    assert_eq!(consumer.stop().await, Some(0));

    let consumer = stage.consumer_with(&[
        ("CONSUMER__RETENTION__DAYS", "30"),
        ("CONSUMER__RETENTION__INTERVAL", "500ms"),
    ]);
    rows_fall_to(&stage, 200).await;
    let proof = stage.assert_rows(200).await;
    assert_eq!(
        (proof.stored, proof.duplicate, proof.removed),
        (300, 1, 100)
    );
    let scope = ProjectScope::new(stage.database(), PROJECT);
    let reading = scope.reading(Uuid::now_v7(), ReadLimits::default());
    let traced = reading.trace(events[2].uuid, None).await.unwrap();
    assert!(
        traced.iter().all(|one| one.outcome != Outcome::Stored),
        "{traced:?}"
    );
    assert_eq!(consumer.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_may_have_a_time_of_its_own() {
    let stage = Stage::new().await;
    let own = format!("CONSUMER__RETENTION__PROJECTS__{}", PROJECT.0);
    let consumer = stage.consumer_with(&[
        ("CONSUMER__RETENTION__DAYS", "30"),
        (&own, "7"),
        ("CONSUMER__RETENTION__INTERVAL", "500ms"),
    ]);
    stage.send(&of_all_ages(300)).await;
    stage.settled().await;
    rows_fall_to(&stage, 100).await;
    let proof = stage.assert_rows(100).await;
    assert_eq!((proof.stored, proof.removed), (300, 200));
    drop(consumer);
}
