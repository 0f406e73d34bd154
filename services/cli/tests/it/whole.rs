//! The whole stack: accounts and events by the command line, every process
//! killed in turn, and an event that goes all the way afterwards.

use std::io::BufReader;
use std::process::Stdio;
use std::time::Instant;

use testing::eventually;

use crate::accounts::account_project_and_keys;
use crate::moving::events_move_in_and_out;
use crate::stack::{SOON, Stack, exists, signal};
use crate::tail::events_are_seen_as_they_arrive;

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
async fn a_stack_works_survives_every_kill_and_leaves_nothing() {
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
    a_second_up_does_nothing(&stack);
    every_server_is_well(&stack);
    account_project_and_keys(&stack).await;
    events_move_in_and_out(&stack).await;
    events_are_seen_as_they_arrive(&stack).await;
    kills(&stack).await;
    let proof = stack.run(&["reconcile", "--json"]);
    assert!(
        proof.status.success(),
        "{}",
        String::from_utf8_lossy(&proof.stdout)
    );
    the_proof_goes_on(&stack);
    nothing_is_left(&stack);
}

fn a_second_up_does_nothing(stack: &Stack) {
    let launcher = stack.status()["launcher"]["pid"].clone();
    let began = Instant::now();
    let offset = stack.offset.to_string();
    let again = stack.run(&["up", "--detach", "--port-offset", &offset]);
    assert!(again.status.success());
    println!("a second up takes {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(stack.status()["launcher"]["pid"], launcher);
}

/// The doctor asks each process of a running stack.
fn every_server_is_well(stack: &Stack) {
    let told = stack.run(&["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    for name in SERVICES {
        let answers = |finding: &serde_json::Value| {
            finding["what"] == name && finding["ok"] == true && finding["detail"] == "answers"
        };
        assert!(
            findings.as_array().unwrap().iter().any(answers),
            "{findings}"
        );
    }
}

/// `reconcile --watch` proves again and again, until it is ended.
fn the_proof_goes_on(stack: &Stack) {
    let mut watching = stack
        .command(&["reconcile", "--watch", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(watching.stdout.take().unwrap());
    let proofs = serde_json::Deserializer::from_reader(told).into_iter::<serde_json::Value>();
    for proof in proofs.take(2) {
        assert_eq!(proof.unwrap()["exact"], true);
    }
    watching.kill().unwrap();
    watching.wait().unwrap();
}

/// After `down` no process of the stack is there any more.
fn nothing_is_left(stack: &Stack) {
    let status = stack.status();
    let services = status["services"].as_array().unwrap();
    let pids: Vec<u64> = services
        .iter()
        .chain([&status["launcher"]])
        .map(|process| process["pid"].as_u64().unwrap())
        .collect();
    assert!(stack.run(&["down"]).status.success());
    for pid in pids {
        assert!(!exists(pid), "{pid} is left of {status}");
    }
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
        eventually(SOON, back).await;
        println!(
            "{name} is back after {:.1} s",
            killed.elapsed().as_secs_f64()
        );
        one_event_arrives(stack, &format!("after_{name}")).await;
    }
}

/// Sends an event and waits until a question counts it.
pub(crate) async fn one_event_arrives(stack: &Stack, event: &str) {
    let sent = || {
        let output = stack.run(&["send", event]);
        std::future::ready(output.status.success().then_some(()).ok_or(output))
    };
    eventually(SOON, sent).await;
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
    eventually(SOON, counted).await;
}
