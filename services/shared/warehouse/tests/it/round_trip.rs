//! What is inserted is what is read.

use event_schema::ids::ProjectId;
use serde_json::json;
use uuid::Uuid;
use warehouse::migrations;
use warehouse::testing::{TestEvent, TestWarehouse};

const PROJECT: ProjectId = ProjectId(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));

#[tokio::test]
async fn migrations_run_once() {
    let test = TestWarehouse::create().await;
    assert!(migrations::run(test.warehouse()).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_column_arrives_as_it_was_sent() {
    let test = TestWarehouse::create().await;
    let id = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0001);
    let event = TestEvent::new(PROJECT, "größe 😀", "ada\t'\\", "1999-12-31T23:59:59.999Z")
        .with_uuid(id)
        .with(json!({
            "$browser": "Firefox", "n": 1.5, "one": 1, "text": "95", "none": null,
            "nested": {"a": [1, "b c"]}, "": "empty", "\u{0}": "zero", "many\nlines": "x"
        }))
        .derived("$geoip_country_code", "DE");
    test.insert(&[event]).await;
    let text = test
        .texts(
            "SELECT toString((project_id, uuid, event, distinct_id, toString(timestamp), \
             toString(received_at), log_id, kafka_partition, kafka_offset, claim, browser, os, \
             country_code, derived_mask, mapSort(props), mapSort(restore))) FROM events",
        )
        .await;
    let expected = "('01234567-89ab-cdef-0123-456789abcdef','0198c0de-0000-7000-8000-000000000001',\
        'größe 😀','ada\\t\\'\\\\','1999-12-31 23:59:59.999','1999-12-31 23:59:59.999','test',0,0,1,\
        'Firefox',NULL,'DE',32,{'':'empty','\\0':'zero','many\\nlines':'x','n':'1.5',\
        'nested':'{\"a\":[1,\"b c\"]}','one':'1','text':'95'},{'none':'null','text':'\"'})";
    assert_eq!(text, [expected]);
}

#[tokio::test]
async fn a_large_block_of_several_months_is_stored_whole() {
    let test = TestWarehouse::create().await;
    let events: Vec<TestEvent> = (0..5_000)
        .map(|n| {
            let day = format!("2026-{:02}-15T12:00:00Z", n % 12 + 1);
            TestEvent::new(PROJECT, "e", &format!("p{n}"), &day).with(json!({"n": n}))
        })
        .collect();
    test.insert(&events).await;
    let rows = test
        .number("SELECT toUInt64(sum(toUInt32(props['n']))) FROM events")
        .await;
    assert_eq!(rows, 4_999 * 5_000 / 2);
}
