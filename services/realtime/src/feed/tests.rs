//! What viewers get, miss and never get.

use bytes::Bytes;
use bytesize::ByteSize;
use uuid::Uuid;

use super::item::{Content, Place};
use super::*;

const A: ProjectId = ProjectId(Uuid::from_u128(1));
const B: ProjectId = ProjectId(Uuid::from_u128(2));

fn hub(limits: LimitsConfig) -> Hub {
    let hub = Hub::new(limits, Duration::from_secs(1_800), Clock::system());
    hub.begin(at(&[10, 20]));
    hub.enter(SourceState::Live);
    hub
}

fn at(next: &[u64]) -> Point {
    Point {
        log: "k".into(),
        next: next.into(),
    }
}

/// The event `name` at that offset of a partition, read when the log was at `next`.
fn publish(
    hub: &Hub,
    project: ProjectId,
    name: &str,
    partition: usize,
    next: &[u64],
    bytes: usize,
) {
    let place = Place {
        partition,
        offset: next[partition] - 1,
        appended_at: 0,
    };
    let content = Content::Envelope(Bytes::from(vec![b' '; bytes]));
    let item = Item::new(name, "ada", place, at(next), content);
    let seen = Seen {
        distinct_id: "ada",
        session: None,
        page: None,
        is_end: false,
        timestamp: 0,
        arrived_at: 0,
    };
    hub.publish(project, item, seen);
    hub.advance(at(next));
}

fn names(items: &[Shared]) -> Vec<&str> {
    items.iter().map(|item| &*item.event).collect()
}

fn resumed(hub: &Hub, project: ProjectId, next: &[u64]) -> Subscription {
    let wish = Wish {
        resume: Some(at(next)),
        ..Wish::default()
    };
    hub.subscribe(project, wish)
}

#[tokio::test]
async fn a_viewer_gets_its_own_projects_events_only() {
    let hub = hub(LimitsConfig::default());
    let (a, b) = (
        hub.subscribe(A, Wish::default()),
        hub.subscribe(B, Wish::default()),
    );
    publish(&hub, A, "of a", 0, &[11, 20], 1);
    publish(&hub, B, "of b", 0, &[12, 20], 1);
    for (subscription, expected) in [(&a, "of a"), (&b, "of b")] {
        let Next::Item(item) = subscription.next().await else {
            panic!("no item")
        };
        assert_eq!(&*item.event, expected);
        assert!(subscription.queue.take().is_none());
    }
}

#[test]
fn who_comes_back_gets_exactly_what_was_missed() {
    let hub = hub(LimitsConfig::default());
    publish(&hub, A, "one", 0, &[11, 20], 1);
    publish(&hub, A, "two", 1, &[11, 21], 1);
    publish(&hub, B, "other", 1, &[11, 22], 1);
    publish(&hub, A, "three", 0, &[12, 22], 1);
    for (next, expected) in [
        (&[10, 20][..], &["one", "two", "three"][..]),
        (&[11, 20], &["two", "three"]),
        (&[10, 21], &["one", "three"]),
        (&[12, 22], &[]),
        // The log had one partition then.
        (&[11], &["two", "three"]),
    ] {
        let back = resumed(&hub, A, next);
        assert_eq!(names(&back.missed), expected, "{next:?}");
        assert!(!back.has_gap);
        assert_eq!(back.point, at(&[12, 22]));
    }
}

#[tokio::test]
async fn who_was_ahead_elsewhere_gets_nothing_twice() {
    let hub = hub(LimitsConfig::default());
    let back = resumed(&hub, A, &[12, 20]);
    publish(&hub, A, "seen", 0, &[11, 20], 1);
    publish(&hub, A, "seen, too", 0, &[12, 20], 1);
    publish(&hub, A, "new", 0, &[13, 20], 1);
    let Next::Item(item) = back.next().await else {
        panic!("no item")
    };
    assert_eq!(&*item.event, "new");
}

#[test]
fn what_is_not_kept_any_more_is_said() {
    let hub = hub(LimitsConfig {
        replay_events: 2,
        ..LimitsConfig::default()
    });
    // Before reading began.
    assert!(resumed(&hub, A, &[9, 20]).has_gap);
    for offset in 11..=14 {
        publish(&hub, A, "event", 0, &[offset, 20], 1);
    }
    assert!(resumed(&hub, A, &[11, 20]).has_gap);
    let back = resumed(&hub, A, &[12, 20]);
    assert_eq!((back.missed.len(), back.has_gap), (2, false));
    // Another project lost nothing.
    assert!(!resumed(&hub, B, &[11, 20]).has_gap);
    let wish = Wish {
        resume: "other-5".parse().ok(),
        ..Wish::default()
    };
    let stranger = hub.subscribe(A, wish);
    assert!(stranger.has_gap && stranger.missed.is_empty());
}

#[test]
fn what_happened_before_the_start_is_kept_and_not_sent() {
    let hub = hub(LimitsConfig::default());
    hub.enter(SourceState::CatchingUp);
    let watching = hub.subscribe(A, Wish::default());
    publish(&hub, A, "old", 0, &[11, 20], 1);
    assert!(watching.queue.take().is_none());
    assert_eq!(resumed(&hub, A, &[10, 20]).missed.len(), 1);
}

#[test]
fn memory_is_bounded_over_all_projects() {
    let max = 1_000_000;
    let hub = hub(LimitsConfig {
        replay_bytes: ByteSize::b(max),
        ..LimitsConfig::default()
    });
    let _watching = hub.subscribe(A, Wish::default());
    for n in 0..400 {
        let project = ProjectId(Uuid::from_u128(1 + u128::from(n % 20)));
        publish(&hub, project, "event", 0, &[11 + n, 20], 10_000);
        let kept = hub.0.kept_bytes.load(Ordering::Relaxed);
        assert!(kept <= max.cast_signed() as isize, "{kept}");
    }
    // The watched project kept the most.
    assert!(resumed(&hub, A, &[10, 20]).missed.len() > 1);
}

#[test]
fn a_viewer_that_left_costs_nothing() {
    let hub = hub(LimitsConfig::default());
    drop(hub.subscribe(A, Wish::default()));
    hub.forget();
    assert!(hub.0.projects.read().is_empty());
    let staying = hub.subscribe(A, Wish::default());
    hub.forget();
    publish(&hub, A, "event", 0, &[11, 20], 1);
    assert!(staying.queue.take().is_some());
}
