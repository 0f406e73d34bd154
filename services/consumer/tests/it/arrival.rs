//! What was accepted arrives, once, as it was sent.

use bytes::Bytes;
use event_schema::dead_letter::{DeadLetter, ORIGIN_OFFSET};
use serde_json::json;
use transport::{Record, Topic};
use uuid::Uuid;
use warehouse::read::{Outcome, ReadLimits};
use warehouse::scope::ProjectScope;

use crate::stage::{PROJECT, Sent, Stage, now};

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_and_is_proven() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    for chunk in Sent::many(5_000).chunks(500) {
        stage.send(chunk).await;
    }
    let proof = stage.assert_stored_once(5_000).await;
    assert_eq!(
        (proof.accepted, proof.stored, proof.duplicate),
        (5_000, 5_000, 0)
    );
    assert_eq!(consumer.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_ledger_ends() {
    let stage = Stage::new().await;
    for round in 1..=3 {
        let consumer = stage.consumer();
        stage.send(&Sent::many(300)).await;
        stage.assert_stored_once(round * 300).await;
        assert_eq!(consumer.stop().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_goes_to_the_dead_letters_and_spoils_nothing() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let good = Sent::many(10);
    stage.send(&good[..5]).await;
    let bad: [&'static [u8]; 3] = [b"no json", b"{\"v\":99}", b"\xff\xfe"];
    let bad = bad.map(|payload| {
        Record::new(
            Topic::Events,
            Bytes::from_static(b"person"),
            Bytes::from_static(payload),
        )
    });
    let positions = stage.send_records(bad.to_vec()).await;
    stage.send(&good[5..]).await;
    let proof = stage.assert_stored_once(10).await;
    assert_eq!(proof.quarantined, 3);
    let letters = stage.dead_letters().await;
    assert_eq!(letters.len(), 3);
    for (letter, position) in letters.iter().zip(positions) {
        let content: DeadLetter = serde_json::from_slice(&letter.payload).unwrap();
        assert_eq!(content.error_kind, "undecodable");
        let offset = String::from_utf8(letter.header(ORIGIN_OFFSET).unwrap().to_vec()).unwrap();
        assert_eq!(offset, position.offset.to_string());
    }
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_warehouse_refuses_is_isolated() {
    let stage = Stage::new().await;
    stage
        .warehouse
        .execute("ALTER TABLE events ADD CONSTRAINT no_poison CHECK event != 'poison'")
        .await;
    let mut events = Sent::many(200);
    for at in [3, 77, 78] {
        events[at].event = "poison".to_owned();
    }
    // Its copy under another name is no repeat: the first one is not stored.
    let mut heir = events[3].clone();
    heir.event = "order".to_owned();
    events.push(heir);
    stage.send(&events).await;
    let consumer = stage.consumer();
    let proof = stage.assert_stored_once(198).await;
    assert_eq!(proof.quarantined, 3);
    let letters = stage.dead_letters().await;
    let content: DeadLetter = serde_json::from_slice(&letters[0].payload).unwrap();
    assert_eq!(content.error_kind, "refused_by_warehouse");
    assert_eq!(content.project_id, Some(PROJECT));
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_and_what_follows_from_them_are_stored() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let mut event = Sent::number(1);
    event.properties = json!({
        "$current_url": "https://shop.example/a?utm_source=news",
        "$raw_user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
        "$os": "BeOS", "one": 1.0, "text": "95", "none": null, "größe": {"a": [1, "ü"]}
    })
    .to_string();
    stage.send(std::slice::from_ref(&event)).await;
    stage.assert_stored_once(1).await;
    let row = stage
        .warehouse
        .texts(
            "SELECT toString((host, pathname, utm_source, browser, os, device_type, \
             mapSort(props), mapSort(restore))) FROM events",
        )
        .await;
    let expected = "('shop.example','/a','news','Firefox','BeOS','Desktop',\
        {'größe':'{\"a\":[1,\"ü\"]}','one':'1','text':'95'},\
        {'none':'null','one':'1.0','text':'\"'})";
    assert_eq!(row, [expected]);
    drop(consumer);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_of_an_event_is_told_stage_by_stage() {
    let stage = Stage::new().await;
    let consumer = stage.consumer();
    let event = Sent::number(1);
    let before = now();
    stage.send(std::slice::from_ref(&event)).await;
    stage.send(std::slice::from_ref(&event)).await;
    stage.settled().await;
    let trace = async |uuid: Uuid, person: Option<&str>| {
        let scope = ProjectScope::new(stage.database(), PROJECT);
        let reading = scope.reading(Uuid::now_v7(), ReadLimits::default());
        reading.trace(uuid, person).await.unwrap()
    };
    let traced = trace(event.uuid, None).await;
    let outcomes: Vec<Outcome> = traced.iter().map(|found| found.outcome).collect();
    assert_eq!(outcomes, [Outcome::Stored, Outcome::Duplicate]);
    assert_eq!(traced[1].first_position, Some(traced[0].position));
    let first = &traced[0];
    assert_eq!(first.client_ms, Some(event.timestamp));
    let stages = [
        first.received_ms,
        first.appended_ms,
        first.consumed_ms,
        first.inserted_ms,
    ];
    for stage in stages.map(Option::unwrap) {
        assert!((before - 5..=now()).contains(&stage), "{first:?}");
    }
    assert!(trace(Uuid::from_u128(1), None).await.is_empty());
    assert!(trace(event.uuid, Some("nobody")).await.is_empty());
    drop(consumer);
}
