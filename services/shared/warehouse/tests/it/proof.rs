//! The statements of the proof, on tables that hold a little of everything.

use std::time::Duration;

use event_schema::ids::ProjectId;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::{Counts, Freshness, Range, RangeKind};
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::{Extent, Fault, Reconciliation};
use warehouse::retention::Expired;
use warehouse::testing::{TestEvent, TestWarehouse};
use warehouse::{EventRow, LogPosition};

const A: ProjectId = ProjectId(Uuid::from_u128(1));
const B: ProjectId = ProjectId(Uuid::from_u128(2));
const SOON: Duration = Duration::from_secs(120);

fn row(project: ProjectId, n: u64, time: &str) -> EventRow {
    let event = TestEvent::new(project, "e", &format!("person {n}"), time);
    let mut row = event.with_uuid(Uuid::from_u128(u128::from(n) + 1)).row();
    row.log_id = Arc::from("log");
    row.position = LogPosition {
        partition: 3,
        offset: n,
    };
    row
}

fn range(kind: RangeKind, first: u64, next: u64, projects: &[(ProjectId, i64)]) -> Range {
    let stored = |stored: i64| Counts {
        stored,
        ..Counts::default()
    };
    Range {
        log_id: "log".to_owned(),
        first: LogPosition {
            partition: 3,
            offset: first,
        },
        next_offset: next,
        kind,
        note: "test".to_owned(),
        appended: (
            i64::try_from(first).unwrap() * 1_000,
            i64::try_from(next).unwrap() * 1_000 - 1,
        ),
        consumed_at: 0,
        inserted_at: 0,
        projects: projects
            .iter()
            .map(|(project, count)| (*project, stored(*count)))
            .collect(),
        freshness: Freshness::default(),
        claim: 1,
    }
}

async fn ledger(test: &TestWarehouse, ranges: &[Range]) {
    let written = test
        .warehouse()
        .write_ledger(ranges, &InsertName::new([1]), SOON)
        .await;
    assert_eq!(written, InsertOutcome::Stored);
}

async fn check(test: &TestWarehouse, extent: Extent) -> Reconciliation {
    reconcile(test.warehouse(), &extent, None, 0).await.unwrap()
}

fn faults(proof: &Reconciliation) -> Vec<(Fault, u64, u64)> {
    proof
        .differences
        .iter()
        .map(|d| (d.kind, d.place.first, d.place.next))
        .collect()
}

/// 200,000 positions over several blocks, two projects.
async fn filled() -> TestWarehouse {
    let test = TestWarehouse::create().await;
    let rows: Vec<EventRow> = (0..200_000)
        .map(|n| row(if n % 4 == 0 { B } else { A }, n, "2026-02-03T04:05:06Z"))
        .collect();
    for rows in rows.chunks(50_000) {
        test.insert_rows(rows).await;
    }
    let ranges: Vec<Range> = (0..20)
        .map(|n| {
            range(
                RangeKind::Batch,
                n * 10_000,
                (n + 1) * 10_000,
                &[(A, 7_500), (B, 2_500)],
            )
        })
        .collect();
    ledger(&test, &ranges).await;
    test
}

#[tokio::test]
async fn an_empty_database_is_exact() {
    let test = TestWarehouse::create().await;
    let proof = check(&test, Extent::default()).await;
    assert!(proof.exact && proof.accepted == 0, "{proof:?}");
}

#[tokio::test]
async fn what_tiles_and_is_there_is_exact_in_whole_and_in_part() {
    let test = filled().await;
    let whole = check(&test, Extent::default()).await;
    assert!(whole.exact, "{whole:?}");
    assert_eq!(whole.stored, 200_000);
    // Rows beyond the frontier are of a batch that is just being stored.
    test.insert_rows(&[row(A, 200_007, "2026-02-03T04:05:06Z")])
        .await;
    assert!(check(&test, Extent::default()).await.exact);
    let of_b = check(
        &test,
        Extent {
            project: Some(B),
            ..Extent::default()
        },
    )
    .await;
    assert!(of_b.exact, "{of_b:?}");
    assert_eq!(of_b.stored, 50_000);
    // A record a second: these seconds touch three batches.
    let time = Extent {
        from: Some(15_000_000),
        to: Some(30_000_001),
        ..Extent::default()
    };
    let part = check(&test, time).await;
    assert!(part.exact, "{part:?}");
    assert_eq!(part.stored, 30_000);
}

#[tokio::test]
async fn faults_of_the_ledger_itself_are_named() {
    let test = TestWarehouse::create().await;
    let rows: Vec<EventRow> = (0..40).map(|n| row(A, n, "2026-02-03T04:05:06Z")).collect();
    test.insert_rows(&rows).await;
    ledger(
        &test,
        &[
            range(RangeKind::Batch, 0, 10, &[(A, 10)]),
            range(RangeKind::Batch, 12, 20, &[(A, 8)]),
            range(RangeKind::Batch, 18, 30, &[(A, 11)]),
            range(RangeKind::Gap, 30, 35, &[]),
            range(RangeKind::Batch, 35, 40, &[(A, 5)]),
        ],
    )
    .await;
    let proof = check(&test, Extent::default()).await;
    let named = faults(&proof);
    for fault in [
        (Fault::Untiled, 10, 12),
        (Fault::Overlap, 18, 20),
        (Fault::Miscounted, 18, 30),
        (Fault::Gap, 30, 35),
    ] {
        assert!(named.contains(&fault), "{fault:?} in {named:?}");
    }
}

#[tokio::test]
async fn a_joined_row_stands_for_those_it_covers() {
    let test = TestWarehouse::create().await;
    let rows: Vec<EventRow> = (0..30).map(|n| row(A, n, "2026-02-03T04:05:06Z")).collect();
    test.insert_rows(&rows).await;
    ledger(
        &test,
        &[
            range(RangeKind::Batch, 0, 10, &[(A, 10)]),
            range(RangeKind::Batch, 10, 20, &[(A, 10)]),
            range(RangeKind::Joined, 0, 20, &[(A, 20)]),
            range(RangeKind::Batch, 20, 30, &[(A, 10)]),
        ],
    )
    .await;
    let proof = check(&test, Extent::default()).await;
    assert!(proof.exact, "{proof:?}");
    assert_eq!(proof.stored, 30);
}

#[tokio::test]
async fn what_retention_removes_stays_proven() {
    let test = TestWarehouse::create().await;
    let mut rows: Vec<EventRow> = (0..10).map(|n| row(A, n, "2020-02-03T04:05:06Z")).collect();
    rows.extend((10..20).map(|n| row(B, n, "2020-02-03T04:05:06Z")));
    rows.extend((20..30).map(|n| row(A, n, "2026-02-03T04:05:06Z")));
    // Beyond the frontier: left alone.
    rows.push(row(A, 30, "2020-02-03T04:05:06Z"));
    test.insert_rows(&rows).await;
    ledger(
        &test,
        &[range(RangeKind::Batch, 0, 30, &[(A, 20), (B, 10)])],
    )
    .await;
    let before = 1_700_000_000_000;
    let only_a = Expired {
        project: Some(A),
        except: Vec::new(),
        before,
    };
    assert_eq!(test.warehouse().remove_expired(&only_a).await.unwrap(), 10);
    assert_eq!(test.warehouse().remove_expired(&only_a).await.unwrap(), 0);
    let but_b = Expired {
        project: None,
        except: vec![B],
        before,
    };
    assert_eq!(test.warehouse().remove_expired(&but_b).await.unwrap(), 0);
    let all = Expired {
        project: None,
        except: Vec::new(),
        before,
    };
    assert_eq!(test.warehouse().remove_expired(&all).await.unwrap(), 10);
    assert_eq!(test.number("SELECT count() FROM events").await, 11);
    let proof = check(&test, Extent::default()).await;
    assert!(proof.exact, "{proof:?}");
    assert_eq!((proof.stored, proof.removed), (30, 20));
    let of_a = check(
        &test,
        Extent {
            project: Some(A),
            ..Extent::default()
        },
    )
    .await;
    assert!(of_a.exact, "{of_a:?}");
    assert_eq!((of_a.stored, of_a.removed), (20, 10));
    // The one beyond the frontier.
    assert_eq!((of_a.in_flight, of_a.accepted), (1, 21));
}

#[tokio::test]
async fn an_erased_project_leaves_the_proof_whole() {
    let test = TestWarehouse::create().await;
    let mut rows: Vec<EventRow> = (0..10).map(|n| row(A, n, "1995-02-03T04:05:06Z")).collect();
    rows.extend((10..20).map(|n| row(A, n, "2099-12-31T23:59:59.999Z")));
    rows.extend((20..25).map(|n| row(B, n, "2026-02-03T04:05:06Z")));
    test.insert_rows(&rows).await;
    ledger(&test, &[range(RangeKind::Batch, 0, 25, &[(A, 20), (B, 5)])]).await;
    assert_eq!(test.warehouse().erase(A).await.unwrap(), 20);
    assert_eq!(test.warehouse().erase(A).await.unwrap(), 0);
    assert_eq!(test.number("SELECT count() FROM events").await, 5);
    let reasons = "SELECT countIf(reason = 'erasure') FROM ingest_removed WHERE project_id = \
                   (SELECT any(project_id) FROM ingest_removed)";
    assert!(test.number(reasons).await > 0);
    let proof = check(&test, Extent::default()).await;
    assert!(proof.exact, "{proof:?}");
    assert_eq!((proof.stored, proof.removed), (25, 20));
}

#[tokio::test]
async fn marks_are_read_as_they_were_written() {
    use warehouse::complete::Mark;
    let test = TestWarehouse::create().await;
    let mark = |partition, until| Mark {
        partition,
        partitions: 2,
        until,
        written_at: until + 5,
    };
    for marks in [
        [(mark(0, 1_000), 1), (mark(1, 2_000), 1)],
        [(mark(0, 3_000), 1), (mark(1, 2_500), 1)],
    ] {
        assert_eq!(
            test.warehouse().write_marks(&marks, SOON).await,
            InsertOutcome::Stored
        );
    }
    assert_eq!(
        test.warehouse().marks().await.unwrap(),
        [mark(0, 3_000), mark(1, 2_500)]
    );
}

#[tokio::test]
async fn frontiers_are_those_of_each_log() {
    use std::collections::BTreeSet;
    let test = TestWarehouse::create().await;
    let mut other = range(RangeKind::Batch, 0, 5, &[(A, 5)]);
    other.log_id = "log~1".to_owned();
    ledger(&test, &[range(RangeKind::Batch, 0, 10, &[(A, 10)]), other]).await;
    let frontiers = test
        .warehouse()
        .frontiers(&BTreeSet::from([3, 4]))
        .await
        .unwrap();
    let of: BTreeMap<String, u64> = frontiers[&3]
        .iter()
        .map(|f| (f.log.id(), f.next_offset))
        .collect();
    assert_eq!(
        of,
        BTreeMap::from([("log".to_owned(), 10), ("log~1".to_owned(), 5)])
    );
    assert!(!frontiers.contains_key(&4));
}

#[tokio::test]
async fn joining_the_ledger_changes_no_sum() {
    let test = filled().await;
    let gap = range(RangeKind::Gap, 200_000, 200_005, &[]);
    let mut late = range(RangeKind::Batch, 200_005, 200_006, &[(B, 1)]);
    late.consumed_at = 7_200_000;
    ledger(&test, &[gap, late]).await;
    test.insert_rows(&[row(B, 200_005, "2026-02-03T04:05:06Z")])
        .await;
    let extents = [
        Extent::default(),
        Extent {
            project: Some(B),
            ..Extent::default()
        },
    ];
    let before = [
        check(&test, extents[0].clone()).await,
        check(&test, extents[1].clone()).await,
    ];
    for _ in 0..2 {
        test.warehouse()
            .join_ledger(3_600_000, "job")
            .await
            .unwrap();
        let kinds = test
            .texts("SELECT concat(toString(kind), ' ', toString(count())) FROM ingest_batches GROUP BY kind ORDER BY kind")
            .await;
        assert_eq!(kinds, ["batch 1", "gap 1", "joined 1"]);
        for (extent, before) in extents.iter().zip(&before) {
            assert_eq!(&check(&test, extent.clone()).await, before);
        }
    }
    // Nothing is joined across a gap, or what is too young.
    test.warehouse()
        .join_ledger(i64::from(u32::MAX), "job")
        .await
        .unwrap();
    assert_eq!(test.number("SELECT count() FROM ingest_batches").await, 3);
}
