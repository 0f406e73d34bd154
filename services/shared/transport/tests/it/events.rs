//! Records as capture makes them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};
use transport::{Delivery, Record, Topic};
use uuid::Uuid;

/// An event of `key` that carries the number `n`.
pub(crate) fn event(key: &str, n: usize) -> Record {
    let envelope = json!({
        "v": 1,
        "project_id": Uuid::nil(),
        "uuid": Uuid::new_v4(),
        "event": "step",
        "distinct_id": key,
        "timestamp": "2026-01-31T12:00:00.000Z",
        "received_at": "2026-01-31T12:00:00.001Z",
        "properties": { "n": n },
    });
    Record::new(Topic::Events, key.to_owned(), envelope.to_string())
}

/// An event whose record is about so many bytes.
pub(crate) fn event_of_size(key: &str, bytes: usize) -> Record {
    let mut record = event(key, 0);
    let mut envelope: Value = serde_json::from_slice(&record.payload).unwrap();
    envelope["properties"]["filler"] = Value::String("x".repeat(bytes));
    record.payload = Bytes::from(envelope.to_string());
    record
}

/// `count` events spread over `keys` keys, numbered from `from`.
pub(crate) fn events(keys: usize, from: usize, count: usize) -> Vec<Record> {
    (from..from + count)
        .map(|n| event(&format!("person-{}", n % keys), n))
        .collect()
}

/// The number that a delivery carries.
pub(crate) fn number(delivery: &Delivery) -> usize {
    let envelope: Value = serde_json::from_slice(&delivery.payload).unwrap();
    usize::try_from(envelope["properties"]["n"].as_u64().unwrap()).unwrap()
}

/// All numbers, ascending.
pub(crate) fn numbers(deliveries: &[Delivery]) -> Vec<usize> {
    let mut numbers: Vec<usize> = deliveries.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// Fails unless the numbers of each key ascend, and offsets of each partition
/// do.
pub(crate) fn assert_in_order(deliveries: &[Delivery]) {
    let mut keys: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut partitions: BTreeMap<u32, u64> = BTreeMap::new();
    for delivery in deliveries {
        let n = number(delivery);
        if let Some(before) = keys.insert(&delivery.key, n) {
            assert!(before < n, "{:?}: {before} came before {n}", delivery.key);
        }
        let position = delivery.position;
        if let Some(before) = partitions.insert(position.partition, position.offset) {
            assert!(before < position.offset, "{position:?} after {before}");
        }
    }
}
