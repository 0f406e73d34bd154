use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use event_schema::ids::ProjectId;
use transport::murmur2_partition;
use uuid::Uuid;
use warehouse::repeats::Filter;
use warehouse::{EventRow, LogPosition};

use super::*;

const NOW: i64 = 1_700_000_000_000;
const DAY: i64 = 86_400_000;

fn item(person: &str, uuid: u128, timestamp: i64, offset: u64) -> Item {
    let project = ProjectId(Uuid::from_u128(1));
    let mut row = EventRow::new(project, Uuid::from_u128(uuid), "e", person, timestamp);
    row.position = LogPosition {
        partition: murmur2_partition(person.as_bytes(), 12),
        offset,
    };
    row.log_id = Arc::from("log");
    Item::new(row, Bytes::new())
}

fn state(filter: Filter) -> State {
    State {
        tenure: 1,
        claim: 1,
        log_id: Arc::from("log"),
        already: HashMap::new(),
        filter,
    }
}

fn work(items: Vec<Item>) -> Work {
    let mut work = Work::default();
    work.items = items;
    work
}

#[test]
fn suspicion_follows_from_memory_time_and_key() {
    let known = item("ada", 7, NOW, 0);
    let mut filter = Filter::new(100);
    filter.insert(known.print, NOW - DAY, NOW);
    let everything = state(filter);
    assert_eq!(
        suspicion(&known, &everything, 12, DAY),
        Some(Reason::Remembered)
    );
    // While everything that ever arrived is remembered, time says nothing.
    for time in [0, NOW - 1, NOW + DAY] {
        assert_eq!(
            suspicion(&item("ada", 8, time, 0), &everything, 12, DAY),
            None
        );
    }
    let mut filter = Filter::new(100);
    filter.begins_at(NOW - 3 * DAY);
    let limited = state(filter);
    for (time, reason) in [
        (0, Some(Reason::OutOfReach)),
        (NOW - 2 * DAY - 1, Some(Reason::OutOfReach)),
        (NOW - 2 * DAY, None),
        (NOW, None),
        (NOW + DAY, None),
    ] {
        assert_eq!(
            suspicion(&item("ada", 8, time, 0), &limited, 12, DAY),
            reason,
            "{time}"
        );
    }
    // Sent again as it was, a day and a half late, which its time was moved by.
    let mut late = item("ada", 8, NOW - DAY, 0);
    late.row.sent_before = DAY + DAY / 2;
    assert_eq!(
        suspicion(&late, &limited, 12, DAY),
        Some(Reason::OutOfReach)
    );
    let home = murmur2_partition(b"ada", 12);
    let grown = (13..)
        .find(|count| murmur2_partition(b"ada", *count) != home)
        .unwrap();
    let stranger = suspicion(&item("ada", 8, NOW, 0), &limited, grown, DAY);
    assert_eq!(stranger, Some(Reason::ForeignPartition));
}

#[test]
fn within_a_batch_the_first_stays() {
    let mut work = work(vec![
        item("ada", 7, NOW, 0),
        item("ada", 8, NOW, 1),
        item("ada", 7, NOW + 5, 2),
        item("bob", 7, NOW, 3),
        item("ada", 7, NOW, 4),
    ]);
    mark_within_batch(&mut work);
    let first = Original {
        log_id: "log".to_owned(),
        position: work.items[0].row.position,
    };
    for (at, item) in work.items.iter().enumerate() {
        let expected = match at {
            2 | 4 => Fate::Repeat(first.clone(), Reason::SameBatch),
            _ => Fate::Pending,
        };
        assert_eq!(item.fate, expected, "{at}");
    }
}

#[test]
fn an_event_is_not_its_own_original() {
    let mut work = work(vec![item("ada", 7, NOW, 5), item("ada", 8, NOW, 6)]);
    let own = Original {
        log_id: "log".to_owned(),
        position: work.items[0].row.position,
    };
    let other = Original {
        log_id: "log".to_owned(),
        position: LogPosition {
            offset: 3,
            ..work.items[0].row.position
        },
    };
    let mut found = Found::new();
    found.insert(identity(&work.items[0]), vec![own]);
    found.insert(identity(&work.items[1]), vec![other.clone()]);
    mark_found(&mut work, &HashMap::from([(1, Reason::Remembered)]), &found);
    assert_eq!(work.items[0].fate, Fate::Pending);
    assert_eq!(work.items[1].fate, Fate::Repeat(other, Reason::Remembered));
}
