//! Accounts, projects and keys from the command line, on a running stack.

use std::io::{BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testing::eventually;

use crate::stack::{SOON, Stack};

const EMAIL: &str = "kim@example.com";
const PASSWORD: &str = "correct horse battery";
/// Exit code of a credential that is refused.
const REFUSED: i32 = 4;

/// An account from its registration to the end of its project; then the owner again.
pub(crate) async fn account_project_and_keys(stack: &Stack) {
    let made = stack.run_with(&["register", "--email", EMAIL], PASSWORD);
    assert!(made.status.success(), "{}", told(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["email"], EMAIL);
    assert_eq!(stack.json(&["projects", "--json"]), json!([]));
    let project = stack.json(&["projects", "create", "Kim's shop", "--json"]);
    assert_eq!(project["slug"], "kim-s-shop");

    let key = stack.json(&["keys", "create", "--project", "kim-s-shop", "--json"]);
    let (id, text) = (
        key["id"].as_str().unwrap(),
        key["api_key"].as_str().unwrap(),
    );
    let send = || stack.run(&["send", "step", "--api-key", text]);
    assert!(send().status.success());
    let revoked = stack.json(&["keys", "revoke", id, "--project", "kim-s-shop", "--json"]);
    assert_eq!(revoked, json!({"status": "revoked"}));
    becomes(REFUSED, "a revoked key", || send().status.code()).await;

    typed_passwords(stack);

    let second = stack.json(&["keys", "create", "--project", "kim-s-shop", "--json"]);
    let second = second["api_key"].as_str().unwrap().to_owned();
    let renamed = stack.json(&[
        "projects",
        "rename",
        "kim-s-shop",
        "Shop",
        "--slug",
        "kims",
        "--json",
    ]);
    assert_eq!(
        (&renamed["name"], &renamed["slug"]),
        (&json!("Shop"), &json!("kims"))
    );
    assert!(
        stack
            .run(&["send", "step", "--api-key", &second])
            .status
            .success()
    );
    let unasked = stack.run(&["projects", "delete", "kims"]);
    assert_eq!(unasked.status.code(), Some(2), "{}", told(&unasked.stderr));
    let deleted = stack.json(&["projects", "delete", "kims", "--yes", "--json"]);
    assert_eq!(deleted, json!({"status": "deleted"}));
    assert_eq!(stack.json(&["projects", "--json"]), json!([]));
    let id = project["id"].as_str().unwrap();
    let erased = stack.json(&["erase", id, "--yes", "--json"]);
    assert_eq!(erased["project_id"], id);
    becomes(REFUSED, "a deleted project's key", || {
        stack
            .run(&["send", "step", "--api-key", &second])
            .status
            .code()
    })
    .await;

    let owner = stack.run(&["login"]);
    assert!(owner.status.success(), "{}", told(&owner.stderr));
    assert_eq!(
        stack
            .json(&["projects", "--json"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

async fn becomes(expected: i32, what: &str, mut code: impl FnMut() -> Option<i32>) {
    eventually(SOON, || {
        let found = code();
        std::future::ready(if found == Some(expected) {
            Ok(())
        } else {
            Err(format!("{what}: {found:?}"))
        })
    })
    .await;
}

/// At a terminal a password is typed unseen.
fn typed_passwords(stack: &Stack) {
    let (is_in, shown) = typed(stack, PASSWORD);
    assert!(is_in && shown.contains("logged in"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    let (is_in, shown) = typed(stack, "another horse");
    assert!(!is_in && shown.contains("Invalid credentials"), "{shown}");
    assert!(!shown.contains("another horse"), "{shown}");
}

/// Logs in at a terminal of `script`'s making; whether that worked, and all that was shown.
fn typed(stack: &Stack, password: &str) -> (bool, String) {
    let command = format!("'{}' login --email {EMAIL}", env!("CARGO_BIN_EXE_millrace"));
    let mut process = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("MILLRACE_HOME", stack.home())
        .env_remove("MILLRACE_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = BufReader::new(process.stdout.take().unwrap());
    let mut shown = Vec::new();
    while !told(&shown).contains("password of") {
        let mut byte = [0];
        assert_eq!(terminal.read(&mut byte).unwrap(), 1, "{}", told(&shown));
        shown.push(byte[0]);
    }
    let mut keyboard = process.stdin.take().unwrap();
    writeln!(keyboard, "{password}").unwrap();
    terminal.read_to_end(&mut shown).unwrap();
    drop(keyboard);
    (process.wait().unwrap().success(), told(&shown))
}

fn told(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}
