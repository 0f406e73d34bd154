//! Making a failure small enough to read.

use super::{Pair, differs, store};
use crate::reference::Event;
use serde_json::json;
use warehouse::testing::TestWarehouse;

/// Attempts at leaving something out.
const ATTEMPTS: usize = 150;

/// The fewest events, found by leaving out more and more, on which the answers
/// still differ.
pub(super) async fn events(warehouse: &TestWarehouse, pair: &Pair) -> Vec<Event> {
    let mut events = pair.data.1.clone();
    let mut size = events.len() / 2;
    let mut attempts = 0;
    while size > 0 && attempts < ATTEMPTS {
        let mut from = 0;
        while from < events.len() && attempts < ATTEMPTS {
            attempts += 1;
            let mut fewer = events.clone();
            fewer.drain(from..(from + size).min(fewer.len()));
            let source = &store(warehouse, [&fewer[..]]).await[0];
            let found = differs(source, &fewer, &pair.kind, &pair.params).await;
            if found.is_some() {
                events = fewer;
            } else {
                from += size;
            }
        }
        size /= 2;
    }
    events
}

/// Events as lines to read and to make a named case of.
pub(crate) fn listed(events: &[Event]) -> String {
    let lines = events.iter().map(|event| {
        let at = chrono::DateTime::from_timestamp_millis(event.at).unwrap();
        let line = json!([
            event.event,
            event.distinct_id,
            at.to_rfc3339(),
            event.uuid,
            event.properties
        ]);
        line.to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}
