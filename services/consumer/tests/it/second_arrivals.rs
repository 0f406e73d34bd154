//! The four sources of a second arrival (docs/delivery.md), each with what
//! stops it: taking that away fails the test, tried for each on 2026-11-21.

use testing::eventually;
use testing::proxy::{Mode, Proxy};
use warehouse::repeats::Reason;

use crate::stage::{LONG, Sent, Stage, now};

const DAY: i64 = 86_400_000;
/// Inserts in the engine's list of processes.
const RUNNING: &str = "SELECT count() FROM system.processes WHERE startsWith(Settings['log_comment'], 'millrace-ingest/')";

/// 1. An insert whose outcome is unknown: the request arrives, its answer does
/// not.
#[tokio::test(flavor = "multi_thread")]
async fn an_insert_without_an_answer_is_settled_not_repeated() {
    let stage = Stage::new().await;
    let upstream = stage
        .warehouse
        .config()
        .url
        .trim_start_matches("http://")
        .to_owned();
    let proxy = Proxy::start(&upstream).await.unwrap();
    let url = format!("http://{}", proxy.address());
    let consumer = stage.consumer_with(&[("CLICKHOUSE__URL", &url)]);
    stage.send(&Sent::many(100)).await;
    stage.settled().await;
    for round in 1..=3 {
        proxy.set(Mode::SwallowAnswers);
        stage.send(&Sent::many(100)).await;
        // Some rows are there and the consumer does not know it; the rest may
        // wait for it to be told.
        stage.rows_reach(round * 100 + 1).await;
        proxy.set(Mode::Cut);
        eventually(LONG, || async {
            let open = proxy.connections();
            if open == 0 { Ok(()) } else { Err(open) }
        })
        .await;
        proxy.set(Mode::Pass);
        stage.settled().await;
    }
    stage.assert_stored_once(400).await;
    drop(consumer);
}

/// 2. The consumer is killed between the insert and the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_ledger_is_settled_at_take_over() {
    let stage = Stage::new().await;
    let hold = "ALTER TABLE ingest_batches ADD CONSTRAINT hold CHECK kind = 'gap'";
    stage.warehouse.execute(hold).await;
    let mut events = Sent::many(300);
    // A repeat beyond the frontier must be known again, too.
    events.push(events[7].clone());
    stage.send(&events).await;
    let first = stage.consumer();
    stage.rows_reach(300).await;
    eventually(LONG, || async {
        let noted = stage
            .warehouse
            .number("SELECT count() FROM ingest_repeats")
            .await;
        if noted == 1 { Ok(()) } else { Err(noted) }
    })
    .await;
    first.kill();
    assert_eq!(
        stage
            .warehouse
            .number("SELECT count() FROM ingest_batches")
            .await,
        0
    );
    stage
        .warehouse
        .execute("ALTER TABLE ingest_batches DROP CONSTRAINT hold")
        .await;
    let second = stage.consumer();
    stage.send(&Sent::many(50)).await;
    let proof = stage.assert_stored_once(350).await;
    assert_eq!(proof.duplicate, 1);
    drop(second);
}

/// 2b. Killed after one month's part of a batch, before the next one's.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_which_some_months_are_stored_is_completed() {
    let stage = Stage::new().await;
    // A claim-like constraint on later months only: the insert of the first
    // months succeeds, the one of the rest is refused as a whole.
    stage
        .warehouse
        .execute("ALTER TABLE events ADD CONSTRAINT hold CHECK timestamp < '2026-07-01 00:00:00'")
        .await;
    let mut events = Sent::many(1_200);
    let january = 1_768_000_000_000;
    for (n, event) in (0_i64..).zip(&mut events) {
        event.timestamp = january + n % 12 * 30 * DAY;
    }
    stage.send(&events).await;
    let first = stage.consumer_with(&[("CONSUMER__INSERT__MONTHS_MAX", "1")]);
    stage.rows_reach(50).await;
    first.kill();
    stage
        .warehouse
        .execute("ALTER TABLE events DROP CONSTRAINT hold")
        .await;
    let second = stage.consumer();
    stage.assert_stored_once(1_200).await;
    drop(second);
}

/// 3. A client sends again: at once, in the same batch, after a restart of the
/// consumer, with another time, in the distant past.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_repeats_is_recognised() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let mut events = Sent::many(200);
    for event in &mut events[100..] {
        event.timestamp = now() - 400 * DAY;
    }
    stage.send(&events).await;
    stage.send(&events[..20]).await;
    stage.assert_stored_once(200).await;
    // The filter knows these.
    stage.send(&events).await;
    stage.assert_stored_once(200).await;
    assert_eq!(consumer.stop().await, Some(0));
    // A fresh one is warmed from the table; a corrected clock changes times.
    let consumer = stage.consumer();
    let mut again = events.clone();
    for event in &mut again {
        event.timestamp += 3_700_000;
    }
    stage.send(&again).await;
    let proof = stage.assert_stored_once(200).await;
    assert_eq!(proof.duplicate, 420);
    drop(consumer);
}

/// 3b. What the filter has forgotten is found in the table, when its own time
/// says that it may be old, or the time of sending that it was late. What came
/// before its own time is not forgotten before that.
#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_filters_reach_the_table_is_asked() {
    let stage = Stage::new().await;
    let small = [
        ("CONSUMER__REPEATS__REMEMBERED", "400"),
        ("CONSUMER__REPEATS__CLOCK_MARGIN", "1s"),
    ];
    let consumer = stage.consumer_with(&small);
    let mut old = Sent::many(50);
    let mut early = Sent::many(10);
    let mut late = Sent::many(50);
    for event in &mut old {
        event.timestamp = now() - 3 * DAY;
    }
    for event in &mut early {
        event.timestamp = now() + DAY;
    }
    stage.send(&old).await;
    stage.send(&early).await;
    stage.send(&late).await;
    stage.settled().await;
    // These push the old ones out of the filter.
    for chunk in Sent::many(2_000).chunks(200) {
        stage.send(chunk).await;
        stage.settled().await;
    }
    // The same request again, whose events' times are moved by what it was late.
    for event in &mut late {
        event.sent_at = Some(event.timestamp);
        event.timestamp = now();
    }
    stage.send(&old).await;
    stage.send(&early).await;
    stage.send(&late).await;
    let proof = stage.assert_stored_once(2_110).await;
    assert_eq!(proof.duplicate, 110);
    for (reason, count) in [(Reason::OutOfReach, 100), (Reason::Remembered, 10)] {
        let by_reason = format!(
            "SELECT count() FROM ingest_repeats WHERE reason = '{}'",
            reason.name()
        );
        assert_eq!(
            stage.warehouse.number(&by_reason).await,
            count,
            "{reason:?}"
        );
    }
    // A fresh one is warmed with those, too.
    assert_eq!(consumer.stop().await, Some(0));
    let consumer = stage.consumer_with(&small);
    stage.send(&early).await;
    let proof = stage.assert_stored_once(2_110).await;
    assert_eq!(proof.duplicate, 120);
    drop(consumer);
}

/// 3c. A producer that does not know our partitions puts a copy elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_a_foreign_partition_is_recognised() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let events = Sent::many(50);
    let positions = stage.send(&events).await;
    stage.settled().await;
    let elsewhere = events.iter().zip(positions).map(|(event, position)| {
        let mut record = event.record();
        record.partition = Some(1 - position.partition);
        record
    });
    stage.send_records(elsewhere.collect()).await;
    let proof = stage.assert_stored_once(50).await;
    assert_eq!(proof.duplicate, 50);
    drop(consumer);
}

/// 4. A zombie: its insert is held up on the way, the process stands still past
/// the session's time-out, another one takes over; then both wake.
#[tokio::test(flavor = "multi_thread")]
async fn an_insert_of_a_former_owner_is_refused() {
    let stage = Stage::new().await;
    let upstream = stage
        .warehouse
        .config()
        .url
        .trim_start_matches("http://")
        .to_owned();
    let proxy = Proxy::start(&upstream).await.unwrap();
    let url = format!("http://{}", proxy.address());
    let zombie = stage.consumer_with(&[("CLICKHOUSE__URL", &url)]);
    stage.send(&Sent::many(100)).await;
    stage.settled().await;
    // The engine would give up a connection that it knows and that is silent.
    proxy.set(Mode::Cut);
    eventually(LONG, || async {
        let open = proxy.connections();
        if open == 0 { Ok(()) } else { Err(open) }
    })
    .await;
    proxy.set(Mode::Hold);
    let events = Sent::many(200);
    stage.send(&events).await;
    // Its batch closes after a quarter of a second and is held in the proxy.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    zombie.freeze();
    let owner = stage.consumer();
    stage.rows_reach(300).await;
    proxy.set(Mode::Pass);
    // Held up until here, it reaches the engine now.
    eventually(LONG, || async {
        let mine = stage.warehouse.number(RUNNING).await;
        if mine == 0 { Ok(()) } else { Err(mine) }
    })
    .await;
    zombie.wake();
    stage.send(&Sent::many(100)).await;
    stage.assert_stored_once(400).await;
    // Both live on and share the work.
    stage.send(&Sent::many(100)).await;
    stage.assert_stored_once(500).await;
    drop((zombie, owner));
}
