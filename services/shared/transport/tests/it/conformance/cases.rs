use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::FutureExt;
use testing::eventually;
use transport::{Outcome, Position, Received, Start, TransportError};

use super::Subject;
use crate::events::{assert_in_order, event, event_of_size, events, number, numbers};
use crate::reading::{PATIENCE, frontier, read, read_rest, read_until};

/// How long a request may be held, whatever happens: 5 s as a producer is set by
/// default, more here, where the machine does other things as well.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);

#[track_caller]
fn stored(answers: Vec<Result<Position, TransportError>>) -> Vec<Position> {
    answers.into_iter().map(|answer| answer.unwrap()).collect()
}

pub(crate) async fn keys_keep_their_order(subject: &impl Subject) {
    let producer = subject.producer();
    let mut positions = BTreeSet::new();
    for batch in 0..5 {
        positions.extend(stored(producer.publish(events(10, batch * 200, 200)).await));
    }
    assert_eq!(positions.len(), 1000, "a position each");

    let consumer = subject.consumer().await;
    let seen = read(consumer.as_ref(), 1000).await;
    assert_eq!(numbers(&seen.deliveries), (0..1000).collect::<Vec<_>>());
    assert_in_order(&seen.deliveries);
    if consumer.guarantees().replayable {
        let read: BTreeSet<Position> = seen
            .deliveries
            .iter()
            .map(|delivery| delivery.position)
            .collect();
        assert_eq!(read, positions, "read where it was answered to be");
    }
}

pub(crate) async fn what_was_produced_is_delivered(subject: &impl Subject) {
    let record = event("person ü", 7);
    stored(subject.producer().publish(vec![record.clone()]).await);
    let consumer = subject.consumer().await;
    let seen = read(consumer.as_ref(), 1).await;
    let delivery = &seen.deliveries[0];
    assert_eq!(delivery.key, record.key);
    assert_eq!(delivery.payload, record.payload);
    let age = chrono::Utc::now() - delivery.appended_at;
    assert!(age.num_seconds().abs() < 60, "appended {age} ago");
}

pub(crate) async fn nothing_is_answered_without_a_wait(subject: &impl Subject) {
    let answers = subject.producer().publish(Vec::new()).now_or_never();
    assert_eq!(answers, Some(Vec::new()));
}

pub(crate) async fn not_committed_is_delivered_again(subject: &impl Subject) {
    stored(subject.producer().publish(events(5, 0, 100)).await);
    let first = subject.consumer().await;
    read(first.as_ref(), 100).await;
    first.close(PATIENCE).await.unwrap();

    let second = subject.consumer().await;
    let seen = read(second.as_ref(), 100).await;
    assert_eq!(numbers(&seen.deliveries), (0..100).collect::<Vec<_>>());
    assert_in_order(&seen.deliveries);
}

pub(crate) async fn committed_is_not_delivered_again(subject: &impl Subject) {
    stored(subject.producer().publish(events(5, 0, 100)).await);
    let first = subject.consumer().await;
    let mut seen = read(first.as_ref(), 100).await;
    seen.deliveries.truncate(60);
    let done: BTreeSet<usize> = seen.deliveries.iter().map(number).collect();
    first.commit(&seen.frontier()).await.unwrap();
    first.close(PATIENCE).await.unwrap();

    let second = subject.consumer().await;
    let rest = read(second.as_ref(), 40).await;
    assert_in_order(&rest.deliveries);
    let rest: BTreeSet<usize> = rest.deliveries.iter().map(number).collect();
    assert!(rest.is_disjoint(&done));
    assert_eq!(rest.len() + done.len(), 100);
    assert!(read_rest(second.as_ref()).await.deliveries.is_empty());
}

pub(crate) async fn an_oversized_record_spoils_no_other(subject: &impl Subject) {
    let batch = vec![event("a", 0), event_of_size("a", 3 << 20), event("a", 1)];
    let answers = subject.producer().publish(batch).await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    let error = answers[1].clone().unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { .. }), "{error}");
    assert!(!error.is_transient());
    assert_eq!(error.outcome(), Outcome::NotStored);

    let large = event_of_size("a", 1_900_000);
    stored(subject.producer().publish(vec![large.clone()]).await);
    let consumer = subject.consumer().await;
    let seen = read(consumer.as_ref(), 3).await;
    assert_eq!(seen.deliveries[2].payload, large.payload);
}

pub(crate) async fn a_transient_error_is_followed_by_success(subject: &impl Subject) {
    let producer = subject.producer();
    stored(producer.publish(vec![event("a", 0)]).await);
    subject.set_down(true).await;
    let started = Instant::now();
    let error = producer
        .publish(vec![event("a", 1)])
        .await
        .remove(0)
        .unwrap_err();
    assert!(
        started.elapsed() < REQUEST_LIMIT,
        "held for {:?}",
        started.elapsed()
    );
    assert!(error.is_transient(), "{error}");
    let probed = producer.probe(Duration::from_secs(1)).await;
    assert!(probed.unwrap_err().is_transient());
    subject.set_down(false).await;

    eventually(PATIENCE, || async {
        producer.probe(Duration::from_secs(1)).await
    })
    .await;
    eventually(PATIENCE, || async {
        producer.publish(vec![event("a", 2)]).await.remove(0)
    })
    .await;
    let consumer = subject.consumer().await;
    let seen = read_until(consumer.as_ref(), |seen| {
        seen.deliveries.iter().any(|delivery| number(delivery) == 2)
    })
    .await;
    assert_eq!(number(&seen.deliveries[0]), 0);
}

pub(crate) async fn a_revoked_partition_is_handed_over_with_its_rest(subject: &impl Subject) {
    stored(subject.producer().publish(events(20, 0, 400)).await);
    let first = subject.consumer().await;
    let held = read(first.as_ref(), 400).await;
    let second = subject.consumer().await;
    let shared = first.guarantees().shared;

    // The first member has 400 in hand, settles 10 of each partition, and drops
    // the rest.
    let mut settled = Vec::new();
    for partition in &held.assigned {
        let of_partition = held
            .deliveries
            .iter()
            .filter(|d| d.position.partition == *partition);
        settled.extend(of_partition.take(10).cloned());
    }
    let moved = if shared {
        let revocation = loop {
            match first.receive(0, PATIENCE).await.unwrap() {
                Received::Revoked(revocation) => break revocation,
                Received::Deliveries(_) => {}
                other => panic!("unexpected: {other:?}"),
            }
        };
        assert!(!revocation.lost());
        // The next owner waits for the release.
        let early = read_rest(second.as_ref()).await;
        assert!(early.deliveries.is_empty(), "delivered before the release");
        first.commit(&frontier(&settled)).await.unwrap();
        let moved = revocation.partitions().clone();
        revocation.release();
        moved
    } else {
        first.commit(&frontier(&settled)).await.unwrap();
        first.close(PATIENCE).await.unwrap();
        held.assigned.clone()
    };

    let done: BTreeSet<usize> = settled.iter().map(number).collect();
    let expected: Vec<usize> = {
        let of_moved = held
            .deliveries
            .iter()
            .filter(|d| moved.contains(&d.position.partition));
        let mut left: Vec<usize> = of_moved.map(number).filter(|n| !done.contains(n)).collect();
        left.sort_unstable();
        left
    };
    let seen = read(second.as_ref(), expected.len()).await;
    assert_eq!(seen.assigned, moved);
    assert_eq!(numbers(&seen.deliveries), expected);
    assert_in_order(&seen.deliveries);
    if shared {
        // The first goes on with what it kept, where it was.
        stored(subject.producer().publish(events(20, 400, 100)).await);
        let one = read_rest(first.as_ref()).await;
        let other = read_rest(second.as_ref()).await;
        let mut all = numbers(&one.deliveries);
        all.extend(numbers(&other.deliveries));
        all.sort_unstable();
        assert_eq!(all, (400..500).collect::<Vec<_>>());
    }
}

pub(crate) async fn flush_waits_for_everything(subject: &impl Subject) {
    let producer = subject.producer();
    let requests: Vec<_> = (0..20)
        .map(|request| {
            let producer = subject.producer();
            tokio::spawn(async move { producer.publish(events(7, request * 50, 50)).await })
        })
        .collect();
    eventually(PATIENCE, || async {
        // All have been handed over once their tasks ran.
        producer
            .flush(PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        let done = requests.iter().all(tokio::task::JoinHandle::is_finished);
        done.then_some(())
            .ok_or_else(|| "requests are open".to_owned())
    })
    .await;
    assert_eq!(producer.in_flight(), 0);
    for request in requests {
        stored(request.await.unwrap());
    }
    let consumer = subject.consumer().await;
    let seen = read(consumer.as_ref(), 1000).await;
    assert_eq!(numbers(&seen.deliveries), (0..1000).collect::<Vec<_>>());
}

pub(crate) async fn an_outage_ends_without_a_hand(subject: &impl Subject) {
    let producer = subject.producer();
    let consumer = subject.consumer().await;
    stored(producer.publish(events(5, 0, 50)).await);
    let before = read(consumer.as_ref(), 50).await;
    consumer.commit(&before.frontier()).await.unwrap();

    subject.set_down(true).await;
    let answers = producer.publish(events(5, 50, 50)).await;
    assert!(answers.iter().all(Result::is_err));
    // It may lose its partitions when this lasts.
    let during = read_rest(consumer.as_ref()).await;
    assert!(during.deliveries.is_empty(), "{during:?}");
    subject.set_down(false).await;

    let mut acknowledged = BTreeSet::new();
    let mut n = 100;
    let deadline = Instant::now() + PATIENCE;
    while acknowledged.len() < 50 {
        assert!(Instant::now() < deadline, "no recovery within {PATIENCE:?}");
        for (answer, number) in producer
            .publish(events(5, n, 10))
            .await
            .into_iter()
            .zip(n..)
        {
            if answer.is_ok() {
                acknowledged.insert(number);
            }
        }
        n += 10;
    }
    // What was cut off in the middle may be there as well.
    let seen = read_until(consumer.as_ref(), |seen| {
        let got: BTreeSet<usize> = seen.deliveries.iter().map(number).collect();
        acknowledged.is_subset(&got)
    })
    .await;
    assert_in_order(&seen.deliveries);
    consumer.commit(&seen.frontier()).await.unwrap();
}

pub(crate) async fn a_slow_receiver_loses_nothing(subject: &impl Subject) {
    let consumer = subject.consumer().await;
    for batch in 0..10 {
        stored(
            subject
                .producer()
                .publish(events(50, batch * 2_500, 2_500))
                .await,
        );
    }
    let seen = read(consumer.as_ref(), 25_000).await;
    assert_eq!(numbers(&seen.deliveries), (0..25_000).collect::<Vec<_>>());
    assert_in_order(&seen.deliveries);
}

pub(crate) async fn paused_partitions_stand_still(subject: &impl Subject) {
    let consumer = subject.consumer().await;
    stored(subject.producer().publish(events(20, 0, 100)).await);
    let seen = read(consumer.as_ref(), 100).await;
    let all: Vec<u32> = seen.assigned.iter().copied().collect();
    consumer.pause(&all).await.unwrap();
    stored(subject.producer().publish(events(20, 100, 100)).await);
    assert!(read_rest(consumer.as_ref()).await.deliveries.is_empty());
    consumer.resume(&all).await.unwrap();
    let seen = read(consumer.as_ref(), 100).await;
    assert_eq!(numbers(&seen.deliveries), (100..200).collect::<Vec<_>>());
    assert!(consumer.pause(&[999]).await.is_err(), "not ours");
}

pub(crate) async fn nothing_after_close(subject: &impl Subject) {
    stored(subject.producer().publish(events(3, 0, 10)).await);
    let consumer = subject.consumer().await;
    match consumer.receive(10, PATIENCE).await.unwrap() {
        Received::Assigned(assignment) => assignment.start_all(Start::Committed),
        other => panic!("unexpected: {other:?}"),
    }
    consumer.close(PATIENCE).await.unwrap();
    let error = eventually(PATIENCE, || async {
        match consumer.receive(10, Duration::ZERO).await {
            Err(error) => Ok(error),
            Ok(received) => Err(format!("{received:?}")),
        }
    })
    .await;
    assert_eq!(error, TransportError::Closed);
}
