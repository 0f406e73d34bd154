use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, SystemTime};

use testing::eventually;

use crate::stack::{SOON, Stack, exists, signal};

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    eventually(SOON, || {
        std::future::ready(if condition() {
            Ok(())
        } else {
            Err(what.to_owned())
        })
    })
    .await;
}

#[tokio::test]
async fn a_stack_starts_says_where_it_is_and_leaves_nothing_behind() {
    let stack = Stack::new();
    let up = stack.up();
    assert!(
        up.status.success(),
        "{}",
        String::from_utf8_lossy(&up.stderr)
    );
    let status = stack.status();
    assert_eq!(status["services"][0]["name"], "redis");
    assert_eq!(status["services"][0]["state"], "ready");
    assert!(status["memory_bytes"].as_u64().unwrap() > 1_000_000);
    assert!(
        status["servers"]["redis_url"]
            .as_str()
            .unwrap()
            .ends_with(&format!(":{}/0", stack.redis_port()))
    );
    let launcher = status["launcher"]["pid"].as_u64().unwrap();
    let redis = stack.redis_pid().unwrap();

    let again = stack.up();
    assert!(again.status.success());
    assert_eq!(
        stack.status()["launcher"]["pid"].as_u64().unwrap(),
        launcher,
        "a second up starts nothing"
    );

    assert!(stack.run(&["down"]).status.success());
    assert!(!exists(redis) && !exists(launcher));
    assert!(!stack.is_ready());
    assert!(
        stack.run(&["down"]).status.success(),
        "down can be repeated"
    );
}

#[tokio::test]
async fn a_killed_process_is_started_again() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let before = stack.redis_pid().unwrap();
    signal(before, "KILL");
    until("redis is back", || {
        stack.redis_pid().is_some_and(|pid| pid != before) && stack.is_ready()
    })
    .await;
    assert_eq!(stack.status()["services"][0]["restarts"], 1);
}

#[tokio::test]
async fn a_process_that_does_not_answer_is_not_ready() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let redis = stack.redis_pid().unwrap();
    signal(redis, "STOP");
    let status = stack.run(&["status", "--json"]);
    signal(redis, "CONT");
    assert_eq!(status.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&status.stdout).contains("not ready"));
    until("redis answers again", || stack.is_ready()).await;
}

#[tokio::test]
async fn processes_die_with_a_killed_launcher_and_the_next_one_starts() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let redis = stack.redis_pid().unwrap();
    signal(stack.status()["launcher"]["pid"].as_u64().unwrap(), "KILL");
    until("redis has ended with its launcher", || !exists(redis)).await;
    assert!(stack.up().status.success());
    assert!(stack.is_ready());
}

#[tokio::test]
async fn what_a_killed_launcher_left_is_ended_by_down() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let redis = stack.redis_pid().unwrap();
    // Stopped, it cannot act on the signal that its launcher's death sends.
    signal(redis, "STOP");
    signal(stack.status()["launcher"]["pid"].as_u64().unwrap(), "KILL");
    assert!(stack.run(&["down"]).status.success());
    assert!(!exists(redis));
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_holder() {
    let stack = Stack::new();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, stack.redis_port())).unwrap();
    let up = stack.up();
    assert_eq!(up.status.code(), Some(1));
    let said = String::from_utf8_lossy(&up.stderr).into_owned();
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(said.contains(&stack.redis_port().to_string()), "{said}");
    drop(holder);
    // A child that another test has just forked may hold the port for a moment.
    eventually(SOON, || async {
        let up = stack.up();
        if up.status.success() { Ok(()) } else { Err(up) }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_the_known_ones() {
    let stack = Stack::new();
    let up = stack.run(&["up", "--only", "reddis"]);
    assert_eq!(up.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&up.stderr).contains("redis"));
}

#[tokio::test]
async fn logs_are_kept_by_process() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let logs = stack.run(&["logs", "redis"]);
    assert!(String::from_utf8_lossy(&logs.stdout).contains("Ready to accept connections"));
    let missing = stack.run(&["logs", "nobody"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("redis"));
}

#[tokio::test]
async fn one_process_can_be_stopped_and_started() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let first = stack.redis_pid().unwrap();
    assert!(stack.run(&["stop", "redis"]).status.success());
    assert!(!exists(first));
    assert_eq!(stack.status()["services"][0]["state"], "stopped");
    assert!(stack.run(&["start", "redis"]).status.success());
    assert!(stack.is_ready());
    let second = stack.redis_pid().unwrap();
    assert!(stack.run(&["restart", "redis"]).status.success());
    assert!(stack.is_ready() && stack.redis_pid() != Some(second));
    assert_eq!(
        stack.status()["services"][0]["restarts"],
        0,
        "these were wished"
    );
}

#[test]
fn the_doctor_finds_what_is_missing_and_what_is_in_the_way() {
    let stack = Stack::new();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = holder.local_addr().unwrap().port();
    let logs = stack.home().join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    let log = std::fs::File::create(logs.join("redis.log")).unwrap();
    log.set_modified(SystemTime::now() + Duration::from_secs(3_600))
        .unwrap();
    let told = stack
        .command(&["doctor", "--json"])
        .env("PATH", stack.home())
        .env("MILLRACE_AUTH__HTTP__LISTEN", format!("127.0.0.1:{port}"))
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(1));
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout).unwrap();
    for (what, detail) in [
        ("redis-server", "package redis-server".to_owned()),
        ("java", "package default-jre-headless".to_owned()),
        ("setpriv", "package util-linux".to_owned()),
        ("clock", "was set back".to_owned()),
        (
            "ports",
            format!(
                "{port}, which auth-api needs, is taken by process {}",
                std::process::id()
            ),
        ),
    ] {
        let is_it = |finding: &&serde_json::Value| {
            finding["what"] == what && finding["detail"].as_str().unwrap().contains(&detail)
        };
        let found = findings.iter().find(is_it);
        let found = found.unwrap_or_else(|| panic!("{what}: {findings:#?}"));
        assert!(
            found["ok"] == false && found["remedy"].is_string(),
            "{found}"
        );
    }
}

#[tokio::test]
async fn the_doctor_names_a_server_that_does_not_answer() {
    let stack = Stack::new();
    assert!(stack.up().status.success());
    let well = stack.run(&["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_slice(&well.stdout).unwrap();
    let redis = |findings: &serde_json::Value| {
        let all = findings.as_array().unwrap();
        all.iter()
            .find(|finding| finding["what"] == "redis")
            .cloned()
            .unwrap()
    };
    assert_eq!(redis(&findings)["ok"], true, "{findings}");
    signal(stack.redis_pid().unwrap(), "STOP");
    let ill = stack.run(&["doctor", "--json"]);
    signal(stack.redis_pid().unwrap(), "CONT");
    assert_eq!(ill.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&ill.stdout).unwrap();
    assert_eq!(redis(&findings)["ok"], false, "{findings}");
    assert!(
        redis(&findings)["remedy"]
            .as_str()
            .unwrap()
            .contains("millrace logs redis")
    );
}
