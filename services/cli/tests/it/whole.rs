//! The whole stack: every process killed in turn, every server away for a
//! while, and an event that goes all the way afterwards.

use std::time::{Duration, Instant};

use testing::eventually;

use crate::stack::{Stack, signal};

/// What is promised is 10 s on a machine of its own; here other tests run besides.
const BACK_WITHIN: Duration = Duration::from_secs(40);
const SERVICES: [&str; 8] = [
    "kafka",
    "postgres",
    "redis",
    "clickhouse",
    "auth-api",
    "capture-api",
    "consumer",
    "query-api",
];

#[tokio::test]
async fn every_process_may_die_and_every_server_be_away() {
    let stack = Stack::new();
    let offset = stack.offset.to_string();
    let up = stack.run(&["up", "--detach", "--port-offset", &offset]);
    assert!(
        up.status.success(),
        "{}",
        String::from_utf8_lossy(&up.stderr)
    );
    let said = String::from_utf8_lossy(&up.stdout).into_owned();
    assert!(said.contains("curl"), "{said}");
    one_event_arrives(&stack, "after_start").await;
    kills(&stack).await;
    outages(&stack).await;
    let proof = stack.run(&["reconcile", "--json"]);
    assert!(
        proof.status.success(),
        "{}",
        String::from_utf8_lossy(&proof.stdout)
    );
}

/// Every process is killed in turn; the launcher has it back.
async fn kills(stack: &Stack) {
    for name in SERVICES {
        let before = stack.pid_of(name).unwrap();
        let killed = Instant::now();
        signal(before, "KILL");
        let back = || {
            let is_back = stack.pid_of(name).is_some_and(|pid| pid != before) && stack.is_ready();
            std::future::ready(if is_back {
                Ok(())
            } else {
                Err(format!("{name} is not back"))
            })
        };
        eventually(BACK_WITHIN, back).await;
        println!(
            "{name} is back after {:.1} s",
            killed.elapsed().as_secs_f64()
        );
        one_event_arrives(stack, &format!("after_{name}")).await;
    }
}

/// Every server is away for a while: what does not need it goes on, and what
/// does says so at once and recovers by itself.
async fn outages(stack: &Stack) {
    assert!(stack.run(&["stop", "kafka"]).status.success());
    let began = Instant::now();
    let refused = stack.run(&["send", "during_kafka"]);
    assert_eq!(
        refused.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
    assert!(!stack.is_ready());
    assert!(stack.run(&["start", "kafka"]).status.success());
    one_event_arrives(stack, "after_kafka_was_away").await;
    for name in ["clickhouse", "postgres", "redis"] {
        assert!(stack.run(&["stop", name]).status.success());
        let event = format!("during_{name}");
        let sent = stack.run(&["send", &event]);
        assert!(
            sent.status.success(),
            "{}",
            String::from_utf8_lossy(&sent.stderr)
        );
        assert!(stack.run(&["start", name]).status.success());
        it_is_counted(stack, &event).await;
        println!("an event sent while {name} was away is counted");
    }
}

/// Sends an event and waits until a question counts it.
async fn one_event_arrives(stack: &Stack, event: &str) {
    let sent = || {
        let output = stack.run(&["send", event]);
        std::future::ready(output.status.success().then_some(()).ok_or(output))
    };
    eventually(BACK_WITHIN, sent).await;
    it_is_counted(stack, event).await;
}

/// Waits until a question counts the event.
async fn it_is_counted(stack: &Stack, event: &str) {
    let counted = || {
        let output = stack.run(&["query", "trends", event, "--json"]);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let days = answer["result"]["series"][0]["data"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let count: u64 = days.iter().filter_map(serde_json::Value::as_u64).sum();
        std::future::ready(if count >= 1 { Ok(()) } else { Err(output) })
    };
    eventually(BACK_WITHIN, counted).await;
}
