//! Finding an event that is stored already.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use event_schema::ids::{ProjectId, person_id};
use serde_json::json;
use uuid::Uuid;
use warehouse::insert::{InsertName, InsertOutcome};
use warehouse::ledger::{Counts, Freshness, Range, RangeKind};
use warehouse::repeats::{Suspect, Warmth, fingerprint};
use warehouse::testing::{TestEvent, TestWarehouse};
use warehouse::{EventRow, LogPosition};

const A: ProjectId = ProjectId(Uuid::from_u128(1));
const B: ProjectId = ProjectId(Uuid::from_u128(2));

fn suspect(project: ProjectId, person: &str, uuid: Uuid, time: &str) -> Suspect {
    let event = TestEvent::new(project, "e", person, time).with_uuid(uuid);
    Suspect::from(&event.row())
}

#[tokio::test]
async fn an_event_is_found_by_its_identity_whatever_its_time() {
    let test = TestWarehouse::create().await;
    let id = Uuid::from_u128(7);
    let stored = TestEvent::new(A, "e", "ada", "2026-03-05T10:00:00Z").with_uuid(id);
    test.insert(&[stored.with(json!({}))]).await;
    let asked = [
        (suspect(A, "ada", id, "2026-03-05T10:00:00Z"), true),
        (suspect(A, "ada", id, "2026-03-06T09:59:00Z"), true),
        (suspect(A, "ada", id, "2021-01-01T00:00:00Z"), true),
        (
            suspect(A, "ada", Uuid::from_u128(8), "2026-03-05T10:00:00Z"),
            false,
        ),
        (suspect(A, "bob", id, "2026-03-05T10:00:00Z"), false),
        (suspect(B, "ada", id, "2026-03-05T10:00:00Z"), false),
    ];
    for (suspect, is_stored) in asked {
        let found = test
            .warehouse()
            .look_up(std::slice::from_ref(&suspect))
            .await
            .unwrap();
        let key = (suspect.project_id, suspect.person_id, suspect.uuid);
        assert_eq!(found.contains_key(&key), is_stored, "{suspect:?}");
    }
}

#[tokio::test]
async fn a_filter_is_warmed_by_key_not_by_partition() {
    let test = TestWarehouse::create().await;
    let events: Vec<TestEvent> = (0..200_u32)
        .map(|n| {
            TestEvent::new(A, "e", &format!("person {n}"), "2026-03-05T10:00:00Z")
                .with_uuid(Uuid::from_u128(u128::from(n)))
        })
        .collect();
    test.insert(&events).await;
    let warmth = Warmth {
        partitions: (0..11).collect(),
        count: 12,
        capacity: 1_000,
    };
    let mut filters = test.warehouse().warm_filters(&warmth).await.unwrap();
    assert!(filters.keys().copied().eq(0..11));
    let last = Warmth {
        partitions: BTreeSet::from([11]),
        ..warmth
    };
    filters.extend(test.warehouse().warm_filters(&last).await.unwrap());
    let mut remembered = 0;
    for (partition, filter) in filters {
        assert_eq!(filter.reach(), None);
        remembered += filter.len();
        for (n, event) in events.iter().enumerate() {
            let print = fingerprint(person_id(A, &event.distinct_id), Uuid::from_u128(n as u128));
            // The same rule as the producer's.
            let is_mine = transport_partition(&event.distinct_id) == partition;
            assert_eq!(filter.contains(print), is_mine, "{}", event.distinct_id);
        }
    }
    assert_eq!(remembered, 200);
}

#[tokio::test]
async fn a_filter_is_warmed_with_the_latest_and_with_what_came_before_its_time() {
    const START: i64 = 1_770_000_000_000;
    let test = TestWarehouse::create().await;
    let rows: Vec<EventRow> = (0..100_i64)
        .map(|n| {
            let id = Uuid::from_u128(n.unsigned_abs().into());
            let event = TestEvent::new(A, "e", "ada", "2026-03-05T10:00:00Z").with_uuid(id);
            let mut row = event.row();
            row.arrived_at = START + n * 1_000;
            row.received_at = row.arrived_at;
            // Three of the first came long before their time.
            let ahead = if [3, 4, 5].contains(&n) {
                1_000_000 * n
            } else {
                0
            };
            row.timestamp = row.arrived_at + ahead;
            row
        })
        .collect();
    test.insert_rows(&rows).await;
    let warmth = Warmth {
        partitions: BTreeSet::from([0]),
        count: 1,
        capacity: 40,
    };
    check_memory(&test, &warmth, &rows, 60, START + 59_001).await;

    // With a ledger no more is read than there is room for.
    let ranges: Vec<Range> = (0..20)
        .map(|n| ledger_range(n * 5, START + i64::try_from(n).unwrap() * 5_000 + 4_000))
        .collect();
    let written = test
        .warehouse()
        .write_ledger(&ranges, &InsertName::new([1]), Duration::from_secs(120))
        .await;
    assert_eq!(written, InsertOutcome::Stored);
    check_memory(&test, &warmth, &rows, 64, START + 64_000).await;
}

/// A warmed filter remembers the rows from `first` on and those of the early
/// ones that it has room for, and knows that it does not know the others.
async fn check_memory(
    test: &TestWarehouse,
    warmth: &Warmth,
    rows: &[EventRow],
    first: usize,
    reach: i64,
) {
    let filters = test.warehouse().warm_filters(warmth).await.unwrap();
    let filter = &filters[&0];
    assert_eq!(filter.reach(), Some(reach));
    for (n, row) in rows.iter().enumerate() {
        let is_remembered = filter.contains(fingerprint(row.person_id, row.uuid));
        // There is room for two of the three: the others' times are looked up.
        assert_eq!(is_remembered, n >= first || n == 4 || n == 5, "{n}");
        let is_known = is_remembered || filter.is_beyond_reach(row.timestamp, 0);
        assert!(is_known, "{n}");
    }
    assert!(!filter.is_beyond_reach(reach + 4_000_000, 0));
}

/// The ledger's row of five events, the last of which was taken at `consumed_at`.
fn ledger_range(first: u64, consumed_at: i64) -> Range {
    let counts = Counts {
        stored: 5,
        ..Counts::default()
    };
    Range {
        log_id: "log".to_owned(),
        first: LogPosition {
            partition: 0,
            offset: first,
        },
        next_offset: first + 5,
        kind: RangeKind::Batch,
        note: String::new(),
        appended: (consumed_at, consumed_at),
        consumed_at,
        inserted_at: consumed_at,
        projects: BTreeMap::from([(A, counts)]),
        freshness: Freshness::default(),
        claim: 1,
    }
}

/// Where Kafka's default partitioner puts a key among twelve partitions.
fn transport_partition(key: &str) -> u32 {
    murmur2(key.as_bytes()) % 12
}

/// Kafka's hash without its sign, written down once more so that the engine's
/// function is compared with something else than ours.
fn murmur2(data: &[u8]) -> u32 {
    let m = 0x5bd1_e995_u32;
    let mut h = 0x9747_b28c_u32 ^ u32::try_from(data.len()).unwrap();
    let (words, rest) = data.split_at(data.len() / 4 * 4);
    for word in words.chunks(4) {
        let mut k = u32::from_le_bytes(word.try_into().unwrap()).wrapping_mul(m);
        k = (k ^ (k >> 24)).wrapping_mul(m);
        h = h.wrapping_mul(m) ^ k;
    }
    for (at, byte) in rest.iter().enumerate().rev() {
        h ^= u32::from(*byte) << (8 * at);
        if at == 0 {
            h = h.wrapping_mul(m);
        }
    }
    h = (h ^ (h >> 13)).wrapping_mul(m);
    (h ^ (h >> 15)) & 0x7fff_ffff
}
