//! A steady load from one client.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use uuid::Uuid;

use crate::subject::{Subject, turn};

/// Events a second that one small machine must carry.
const RATE: u64 = 2_000;
/// Unshared memory that the whole stack may take under that load, in bytes.
const MEMORY_BYTES_MAX: u64 = 1_500_000_000;

/// The rate for a quarter of a minute; `trials` benchmarks run it for longer.
#[tokio::test]
async fn a_steady_load_is_stored_whole() -> Result<()> {
    let _turn = turn().await;
    let subject = Subject::start()?;
    let (begun, seconds) = (Instant::now(), 15);
    for second in 0..seconds {
        for part in 0..10 {
            let events: Vec<_> = (0..RATE / 10)
                .map(|number| {
                    json!({"event": "load", "distinct_id": format!("person-{}", number % 50),
                        "uuid": Uuid::now_v7(),
                        "properties": {"second": second, "number": number, "plan": "team", "price": 9.5}})
                })
                .collect();
            subject.send_all(&json!({"batch": events})).await;
            let due = Duration::from_millis(second * 1_000 + (part + 1) * 100);
            tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        }
    }
    subject.wait_for_count("load", RATE * seconds).await;
    let memory: u64 = subject
        .stack
        .status()?
        .services
        .iter()
        .filter_map(|one| one.memory_bytes)
        .sum();
    assert!(memory < MEMORY_BYTES_MAX, "{memory} bytes");
    Ok(())
}
