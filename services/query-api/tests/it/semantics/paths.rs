//! Paths.

use super::{Case, case, hold};
use serde_json::{Value, json};

fn edges(
    sentence: &'static str,
    events: &'static str,
    more: Value,
    edges: &[(u64, &str, &str, u64)],
) -> Case {
    let mut params = json!({"date_from": "2025-01-01", "date_to": "2025-01-31"});
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let edges: Vec<Value> = edges
        .iter()
        .map(
            |(step, from, to, count)| json!({"step": step, "from": from, "to": to, "count": count}),
        )
        .collect();
    case(
        sentence,
        events,
        ("paths", params),
        vec![("/edges", json!(edges))],
    )
}

const WALK: &str = "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:01:00Z\nb x 2025-01-01T10:02:00Z\na x 2025-01-01T10:03:00Z\nc x 2025-01-01T10:04:00Z\nd x 2025-01-01T10:05:00Z";

#[tokio::test]
async fn paths() {
    hold(vec![
        edges(
            "the nodes in time order, consecutive repeats merged; edges (step, from, to, count), step from 1",
            WALK,
            json!({}),
            &[(1, "a", "b", 1), (2, "b", "a", 1), (3, "a", "c", 1), (4, "c", "d", 1)],
        ),
        edges(
            "per session (default), split by gaps of more than 30 minutes; exactly 30 do not",
            "a x 2025-01-01T10:00:00Z\nb x 2025-01-01T10:30:00Z\nc x 2025-01-01T11:00:00.001Z\na x 2025-01-01T11:00:01Z",
            json!({}),
            &[(1, "a", "b", 1), (1, "c", "a", 1)],
        ),
        edges(
            "or person",
            "a x 2025-01-01\nb x 2025-01-02\na y 2025-01-01\nb y 2025-01-09",
            json!({"by": "person"}),
            &[(1, "a", "b", 2)],
        ),
        edges(
            "from the first occurrence of start",
            WALK,
            json!({"start": "b"}),
            &[(1, "b", "a", 1), (2, "a", "c", 1), (3, "c", "d", 1)],
        ),
        edges(
            "up to the last of end",
            WALK,
            json!({"end": "a"}),
            &[(1, "a", "b", 1), (2, "b", "a", 1)],
        ),
        edges("paths without them are left out", WALK, json!({"start": "z"}), &[]),
        edges("at most max_steps nodes", WALK, json!({"max_steps": 2}), &[(1, "a", "b", 1)]),
        edges(
            "events that pass `events` only",
            WALK,
            json!({"events": ["a", "c"]}),
            &[(1, "a", "c", 1)],
        ),
        edges(
            "events without a node value are left out first",
            "a x 2025-01-01T10:00:00Z {\"p\": \"1\"}\na x 2025-01-01T10:01:00Z\na x 2025-01-01T10:02:00Z {\"p\": 1.0}\na x 2025-01-01T10:03:00Z {\"p\": 2}",
            json!({"node": "p"}),
            &[(1, "1", "2", 1)],
        ),
        edges(
            "of equal times the order of uuid",
            "b x 2025-01-01T10:00:00Z {\"uuid\": \"ffffffff-0000-4000-8000-000000000000\"}\na x 2025-01-01T10:00:00Z {\"uuid\": \"0fffffff-0000-4000-8000-000000000000\"}",
            json!({}),
            &[(1, "a", "b", 1)],
        ),
    ])
    .await;
}
