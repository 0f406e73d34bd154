use std::sync::Arc;
use std::time::Instant;

use event_schema::ids::ProjectId;
use proptest::prelude::*;
use uuid::Uuid;
use warehouse::EventRow;
use warehouse::ledger::RangeKind;

use super::*;
use crate::batch::Origin;

const MONTH: i64 = 31 * 86_400_000;

/// A batch of events at these partitions and months, and a gap before each one
/// that asks for it.
fn work(events: &[(u32, i64, bool)]) -> Work {
    let log = Arc::from("log");
    let mut batch = Batch::default();
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    for (n, (partition, month, is_after_gap)) in events.iter().enumerate() {
        let at = next.entry(*partition).or_default();
        let mut origin = Origin {
            partition: *partition,
            tenure: 1,
            log_id: &log,
            offset: *at,
            appended_at: 0,
        };
        if *is_after_gap {
            batch.push_gap(origin, *at + 2, "test", Instant::now());
            *at += 2;
            origin.offset = *at;
        }
        let project = ProjectId(Uuid::from_u128(1));
        let uuid = Uuid::from_u128(n as u128);
        let mut row = EventRow::new(project, uuid, "e", "p", month * MONTH);
        row.position = LogPosition {
            partition: *partition,
            offset: *at,
        };
        batch.push_row(origin, row, Bytes::new(), Instant::now());
        *at += 1;
    }
    let claims = next
        .keys()
        .map(|partition| (*partition, u64::from(*partition) + 7))
        .collect();
    Work::new(batch, &claims)
}

/// Does everything, as a warehouse does it that refuses the events of `refused`.
fn carry_out(work: &mut Work, refused: &BTreeSet<u128>, months_max: usize) -> Vec<&'static str> {
    let mut steps = Vec::new();
    while let Some(step) = work.next_step(months_max) {
        steps.push(step.name());
        assert!(steps.len() < 10_000, "no end");
        match &step {
            Step::Events(chunk)
                if chunk
                    .iter()
                    .any(|at| refused.contains(&work.items[*at].row.uuid.as_u128())) =>
            {
                work.refuse(chunk, "no", 0);
            }
            _ => work.done(&step),
        }
    }
    steps
}

#[test]
fn steps_come_in_the_order_of_the_proof() {
    let mut plain = work(&[(0, 0, false), (1, 0, false)]);
    assert_eq!(
        carry_out(&mut plain, &BTreeSet::new(), 9),
        ["events", "ledger"]
    );
    let mut mixed = work(&[(0, 0, false), (0, 5, false), (0, 9, false)]);
    let original = Original {
        log_id: "log".to_owned(),
        position: mixed.items[0].row.position,
    };
    mixed.items[1].fate = Fate::Repeat(original, Reason::Remembered);
    let steps = carry_out(&mut mixed, &BTreeSet::from([2]), 1);
    let expected = [
        "events",
        "events",
        "publish_dead_letters",
        "note_dead_letters",
        "note_repeats",
        "ledger",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn an_heir_takes_the_place_of_what_was_refused() {
    let mut work = work(&[(0, 0, false); 4]);
    let first = Original {
        log_id: "log".to_owned(),
        position: work.items[0].row.position,
    };
    for at in [1, 3] {
        work.items[at].fate = Fate::Repeat(first.clone(), Reason::SameBatch);
    }
    carry_out(&mut work, &BTreeSet::from([0]), 9);
    let fates: Vec<&Fate> = work.items.iter().map(|item| &item.fate).collect();
    assert_eq!(
        fates,
        [&Fate::Refused, &Fate::Stored, &Fate::Stored, &Fate::Noted]
    );
    let counts = work.ranges(0)[0].counts();
    assert_eq!(
        (counts.stored, counts.duplicate, counts.quarantined),
        (2, 1, 1)
    );
}

#[test]
fn what_is_read_back_wins_over_every_answer() {
    let mut work = work(&[(0, 0, false); 4]);
    work.items[0].fate = Fate::Stored;
    work.items[1].fate = Fate::Stored;
    let found = BTreeMap::from([(0, Beyond::from([(1, Place::Stored), (2, Place::Duplicate)]))]);
    assert_eq!(work.settle(&found, &BTreeMap::new()), 0);
    let fates: Vec<&Fate> = work.items.iter().map(|item| &item.fate).collect();
    assert_eq!(
        fates,
        [&Fate::Pending, &Fate::Stored, &Fate::Noted, &Fate::Pending]
    );
    assert_eq!(work.next_step(9), Some(Step::Events(vec![0, 3])));
    work.settle(&found, &BTreeMap::from([(0, 4)]));
    assert!(work.parts[&0].is_in_ledger);
}

#[test]
fn rows_carry_the_claim_of_their_partition() {
    let mut work = work(&[(0, 0, false), (3, 0, false)]);
    assert_eq!(
        work.items
            .iter()
            .map(|item| item.row.claim)
            .collect::<Vec<_>>(),
        [7, 10]
    );
    work.forget(&BTreeSet::from([0]));
    assert_eq!(work.items.len(), 1);
    assert_eq!(work.claims(), BTreeMap::from([(3, 10)]));
}

proptest! {
    /// Whatever is refused, whichever months: each record ends in one place,
    /// the ledger's ranges tile, and their counts are their lengths.
    #[test]
    fn every_record_is_accounted_for(
        events in proptest::collection::vec((0..3_u32, 0..4_i64, proptest::bool::weighted(0.1)), 1..80),
        refused in proptest::collection::btree_set(0..80_u128, 0..6),
        months_max in 1..5_usize,
    ) {
        let mut work = work(&events);
        carry_out(&mut work, &refused, months_max);
        for item in &work.items {
            let is_refused = refused.contains(&item.row.uuid.as_u128());
            prop_assert_eq!(&item.fate, if is_refused { &Fate::Refused } else { &Fate::Stored });
        }
        let mut next: BTreeMap<u32, u64> = BTreeMap::new();
        for range in work.ranges(0) {
            let at = next.entry(range.first.partition).or_default();
            prop_assert_eq!(range.first.offset, *at);
            *at = range.next_offset;
            let length = if range.kind == RangeKind::Gap { 0 } else { range.next_offset - range.first.offset };
            prop_assert_eq!(range.counts().total(), i64::try_from(length).unwrap());
        }
    }
}
