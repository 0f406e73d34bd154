//! Stickiness and lifecycle.

use super::{case, hold};
use serde_json::json;

#[tokio::test]
async fn stickiness() {
    let params = json!({"event": "a", "date_from": "2025-01-01", "date_to": "2025-01-03"});
    let mut by_value = params.clone();
    by_value["breakdown"] = json!({"properties": ["p"]});
    hold(vec![
        case(
            "stickiness: how many persons did the event on exactly n of the range's intervals",
            "a x 2025-01-01\na x 2025-01-01\na x 2025-01-03\na y 2025-01-02\nb z 2025-01-02\na z 2024-12-31",
            ("stickiness", params),
            vec![("/counts", json!([1, 1, 0]))],
        ),
        case(
            "stickiness with a breakdown: as if only the events that carry the value existed",
            "a x 2025-01-01 {\"p\": 1}\na x 2025-01-02 {\"p\": 2}\na y 2025-01-01 {\"p\": 1}\na y 2025-01-02 {\"p\": 1}",
            ("stickiness", by_value),
            vec![
                ("/counts", json!([0, 2, 0])),
                (
                    "/breakdowns",
                    json!([{"breakdown": ["1"], "counts": [1, 1, 0]}, {"breakdown": ["2"], "counts": [1, 0, 0]}]),
                ),
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn lifecycle() {
    let events = "a new 2025-01-02\na back 2025-01-01\na back 2025-01-02\na again 2024-06-01\na again 2025-01-02\na gone 2025-01-01\na later 2025-01-04\nb other 2025-01-02";
    let params = |from: &str, to: &str| json!({"event": "a", "date_from": from, "date_to": to});
    hold(vec![
        case(
            "new, their first ever is in it; returning, active in it and in the one before; resurrecting, active in it, not in the one before, but earlier; dormant, not active in it but in the one before (a positive number)",
            events,
            ("lifecycle", params("2025-01-02", "2025-01-03")),
            vec![
                ("/labels", json!(["2025-01-02", "2025-01-03"])),
                ("/new", json!([1, 0])),
                ("/returning", json!([1, 0])),
                ("/resurrecting", json!([1, 0])),
                ("/dormant", json!([1, 3])),
            ],
        ),
        case(
            "lifecycle: events outside the range never count, even when the first week starts earlier; they are history, and a first ever in it is in it",
            "a x 2025-01-06\na x 2025-01-09\na y 2025-01-09\na z 2025-01-05\na z 2025-01-09",
            (
                "lifecycle",
                json!({"event": "a", "interval": "week", "date_from": "2025-01-08", "date_to": "2025-01-12"}),
            ),
            vec![("/new", json!([2])), ("/returning", json!([1])), ("/resurrecting", json!([0])), ("/dormant", json!([0]))],
        ),
    ])
    .await;
}
