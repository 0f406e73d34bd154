//! Paths, person by person.

use super::Event;
use super::filter::passes;
use super::local::Range;
use super::sessions::split;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The answer to a path query.
pub(crate) fn answer(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let wanted = |event: &Event| match params["events"].as_array() {
        None => true,
        Some(names) => names.iter().any(|name| name == event.event.as_str()),
    };
    let mut events: Vec<&Event> = events
        .iter()
        .filter(|event| {
            range.contains(event) && passes(event, &params["filters"], range.zone) && wanted(event)
        })
        .collect();
    events.sort_by_key(|event| event.order());
    let ids: BTreeSet<&str> = events
        .iter()
        .map(|event| event.distinct_id.as_str())
        .collect();
    let mut counts: BTreeMap<(usize, String, String), u64> = BTreeMap::new();
    for id in ids {
        let own: Vec<&Event> = events
            .iter()
            .filter(|event| event.distinct_id == id)
            .copied()
            .collect();
        let walks = if params["by"] == "person" {
            vec![own]
        } else {
            split(&own)
        };
        for walk in walks {
            let path = path(params, &walk);
            for (index, pair) in path.windows(2).enumerate() {
                *counts
                    .entry((index + 1, pair[0].clone(), pair[1].clone()))
                    .or_default() += 1;
            }
        }
    }
    let mut counts: Vec<((usize, String, String), u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(edge, count)| (edge.0, u64::MAX - count, edge.clone()));
    let edges: Vec<Value> = counts
        .into_iter()
        .map(|((step, from, to), count)| json!({"step": step, "from": from, "to": to, "count": count}))
        .collect();
    json!({ "edges": edges })
}

fn path(params: &Value, events: &[&Event]) -> Vec<String> {
    let node = params["node"].as_str().unwrap_or("event");
    let mut nodes: Vec<String> = events.iter().filter_map(|event| event.get(node)).collect();
    nodes.dedup();
    if let Some(start) = params["start"].as_str() {
        match nodes.iter().position(|node| node == start) {
            Some(first) => nodes = nodes.split_off(first),
            None => return Vec::new(),
        }
    }
    if let Some(end) = params["end"].as_str() {
        match nodes.iter().rposition(|node| node == end) {
            Some(last) => nodes.truncate(last + 1),
            None => return Vec::new(),
        }
    }
    nodes.truncate(params["max_steps"].as_u64().unwrap_or(5) as usize);
    nodes
}
