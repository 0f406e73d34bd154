//! A query that takes its time, and watching the engine work on it.

use crate::harness::Stores;
use serde_json::{Value, json};
use std::time::Duration;
use testing::eventually;

/// A query that takes many seconds on any machine: regular expressions over
/// many rows, none of which has a letter that must be there or an end to begin
/// from, by which the engine would pass a row over at once.
pub(crate) async fn slow(stores: &Stores) -> Value {
    stores
        .warehouse
        .execute(
            "INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, received_at, arrived_at, claim, props) \
             SELECT toUUID('00000000-0000-0000-0000-00000000000a'), generateUUIDv4(), 'e', toString(number), number, \
             toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + number % 86400, now64(3), now64(3), 1, \
             map('text', repeat('ab', 250)) FROM numbers(200000) \
             SETTINGS max_threads = 1, max_block_size = 8192, min_insert_block_size_rows = 8192, min_insert_block_size_bytes = 0",
        )
        .await;
    let many: Vec<Value> = (0..95)
        .map(
            |n| json!({"property": "text", "op": "not_regex", "value": format!("[ab]{{{n}}}[cd]")}),
        )
        .collect();
    json!({"series": [{"event": "e"}], "date_from": "2025-01-01", "date_to": "2025-01-01", "filters": many})
}

async fn running(stores: &Stores) -> u64 {
    let database = &stores.warehouse.config().database;
    stores
        .warehouse
        .number(&format!(
            "SELECT count() FROM system.processes WHERE current_database = '{database}' AND query LIKE '%events%' \
             AND query NOT LIKE '%system.processes%'"
        ))
        .await
}

/// Waits until the engine works on this test's database.
pub(crate) async fn works(stores: &Stores) {
    let works = async || {
        if running(stores).await > 0 {
            Ok(())
        } else {
            Err("the engine does nothing")
        }
    };
    eventually(Duration::from_secs(120), works).await;
}

/// Waits until the engine does not work on this test's database any more.
pub(crate) async fn rests(stores: &Stores) {
    let rests = async || {
        if running(stores).await == 0 {
            Ok(())
        } else {
            Err("the engine still works")
        }
    };
    eventually(Duration::from_secs(120), rests).await;
}
