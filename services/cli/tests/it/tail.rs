//! `millrace tail` on a running stack: what is there, then what comes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};
use testing::eventually;

use crate::stack::{SOON, Stack, at_a_terminal};

/// `tail` shows what it is asked for, in colours at a terminal, and goes on while the
/// query API is started again.
pub(crate) async fn events_are_seen_as_they_arrive(stack: &Stack) {
    send(stack, "first", "team");
    the_latest_are_shown(stack).await;

    let following = Following::start(stack);
    assert_eq!(following.next()["distinct_id"], "first");
    send(stack, "with another plan", "solo");
    send(stack, "second", "team");
    let event = following.next();
    assert_eq!(event["distinct_id"], "second", "{event}");
    assert_eq!(event["properties"], json!({"plan": "team"}));

    let restarted = stack.run(&["restart", "query-api"]);
    assert!(restarted.status.success());
    send(stack, "third", "team");
    assert_eq!(following.next()["distinct_id"], "third");
}

fn send(stack: &Stack, person: &str, plan: &str) {
    let plan = format!("plan={plan}");
    let output = stack.run(&[
        "send",
        "tailed",
        "--distinct-id",
        person,
        "--property",
        &plan,
    ]);
    assert!(output.status.success(), "{output:?}");
}

/// As text, without colours where nobody sees them.
async fn the_latest_are_shown(stack: &Stack) {
    let latest = ["tail", "--no-follow", "--event", "tailed"];
    let text = eventually(SOON, || {
        let output = stack.run(&latest);
        let text = String::from_utf8(output.stdout).unwrap();
        std::future::ready(if text.contains("first") {
            Ok(text)
        } else {
            Err((text, output.stderr))
        })
    })
    .await;
    assert!(
        text.contains("plan=team") && !text.contains('\u{1b}'),
        "{text}"
    );
    let shown = at_a_terminal(stack.home(), &latest);
    assert!(
        shown.contains("first") && shown.contains("\u{1b}["),
        "{shown:?}"
    );
}

/// A `tail --json` of some events that runs until it is dropped.
struct Following {
    process: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(stack: &Stack) -> Self {
        let mut process = stack
            .command(&["tail", "--json", "--event", "tailed"])
            .args(["--property", "plan=team"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { process, lines }
    }

    /// The next event that it shows.
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(SOON).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
