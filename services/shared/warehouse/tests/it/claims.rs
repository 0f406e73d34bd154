//! Who may write, and what happens to those who may not any more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use event_schema::ids::ProjectId;
use uuid::Uuid;
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::testing::{TestEvent, TestWarehouse};
use warehouse::{EventRow, Warehouse};

const SOON: Duration = Duration::from_secs(120);

fn row(claim: u64) -> EventRow {
    let project = ProjectId(Uuid::from_u128(1));
    let mut row = TestEvent::new(project, "e", "p", "2026-01-01T00:00:00Z").row();
    row.log_id = Arc::from("log");
    row.claim = claim;
    row
}

async fn insert(warehouse: &Warehouse, claim: u64) -> InsertOutcome {
    let rows = [row(claim)];
    warehouse
        .insert_events(rows.iter(), &InsertName::new([claim]), SOON)
        .await
}

#[tokio::test]
async fn a_new_owner_shuts_the_old_one_out_for_good() {
    let test = TestWarehouse::create().await;
    let warehouse = test.warehouse();
    let three = BTreeSet::from([3]);
    let old = warehouse.take_over(&three, "old").await.unwrap()[&3];
    let other = warehouse
        .take_over(&BTreeSet::from([4]), "old")
        .await
        .unwrap()[&4];
    assert_eq!(insert(warehouse, old).await, InsertOutcome::Stored);
    let new = warehouse.take_over(&three, "new").await.unwrap()[&3];
    assert_eq!(insert(warehouse, old).await, InsertOutcome::Fenced);
    assert_eq!(insert(warehouse, new).await, InsertOutcome::Stored);
    assert_eq!(insert(warehouse, other).await, InsertOutcome::Stored);
    assert_eq!(insert(warehouse, 0).await, InsertOutcome::Fenced);
    let revoked = warehouse.revoked_among([old, new, other]).await.unwrap();
    assert_eq!(revoked, BTreeSet::from([old]));
    assert_eq!(test.number("SELECT count() FROM events").await, 3);
}

#[tokio::test]
async fn renewing_refuses_what_was_sent_before() {
    let test = TestWarehouse::create().await;
    let warehouse = test.warehouse();
    let held = warehouse
        .take_over(&BTreeSet::from([1, 2]), "me")
        .await
        .unwrap();
    let renewed = warehouse
        .renew(&BTreeSet::from([1, 2]), "me")
        .await
        .unwrap();
    assert!(renewed.lost.is_empty());
    for partition in [1, 2] {
        assert_eq!(
            insert(warehouse, held[&partition]).await,
            InsertOutcome::Fenced
        );
        assert_eq!(
            insert(warehouse, renewed.claims[&partition]).await,
            InsertOutcome::Stored
        );
    }
}

#[tokio::test]
async fn a_zombie_that_renews_has_lost() {
    let test = TestWarehouse::create().await;
    let warehouse = test.warehouse();
    warehouse
        .take_over(&BTreeSet::from([1, 2]), "zombie")
        .await
        .unwrap();
    let owner = warehouse
        .take_over(&BTreeSet::from([1]), "owner")
        .await
        .unwrap();
    let renewal = warehouse
        .renew(&BTreeSet::from([1, 2]), "zombie")
        .await
        .unwrap();
    assert_eq!(renewal.lost, BTreeSet::from([1]));
    assert_eq!(renewal.claims.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(insert(warehouse, owner[&1]).await, InsertOutcome::Stored);
    // Nothing of the zombie's stands on the partition any more.
    assert!(
        warehouse
            .renew(&BTreeSet::from([1]), "owner")
            .await
            .unwrap()
            .lost
            .is_empty()
    );
}
