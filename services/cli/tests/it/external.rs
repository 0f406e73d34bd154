//! Servers that run elsewhere: named by configuration, used, and never started.

use std::fs;

use testing::{TestDatabase, required};

use crate::stack::Stack;
use crate::whole::one_event_arrives;

#[tokio::test]
async fn configured_servers_are_used_and_not_started() {
    let accounts = TestDatabase::create().await;
    let stack = Stack::new();
    let own = format!("millrace_external_{:08x}", rand::random::<u32>());
    let configuration = format!(
        "[kafka]\nbrokers = \"{}\"\ntopic_prefix = \"{own}.\"\n\
         [clickhouse]\nurl = \"{}\"\ndatabase = \"{own}\"\n\
         [postgres]\nurl = \"{}\"\n\
         [redis]\nurl = \"{}\"\n",
        required("MILLRACE_TEST_KAFKA"),
        required("MILLRACE_TEST_CLICKHOUSE_URL"),
        accounts.url(),
        required("MILLRACE_TEST_REDIS_URL"),
    );
    fs::write(stack.home().join("millrace.toml"), configuration).unwrap();
    let up = stack.run(&["up", "--detach", "--port-offset", &stack.offset.to_string()]);
    assert!(
        up.status.success(),
        "{}",
        String::from_utf8_lossy(&up.stderr)
    );
    let status = stack.status();
    let names: Vec<&str> = status["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["name"].as_str().unwrap())
        .collect();
    for server in ["kafka", "clickhouse", "postgres", "redis"] {
        assert!(!names.contains(&server), "{names:?}");
    }
    assert!(names.contains(&"consumer"), "{names:?}");
    one_event_arrives(&stack, "elsewhere").await;
    let proof = stack.run(&["reconcile", "--json"]);
    assert!(
        proof.status.success(),
        "{}",
        String::from_utf8_lossy(&proof.stdout)
    );
}
