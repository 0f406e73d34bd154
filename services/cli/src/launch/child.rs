//! Starting a process so that it ends with the launcher, and ending it with all
//! that it has started.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::home::Home;
use crate::process::{STACK_VARIABLE, StopSignal};

use super::component::{Component, Launch};
use super::logfile;

/// Starts a component; its output goes to its log file.
///
/// The process leads a group of its own, so that a Ctrl-C at the terminal
/// reaches the launcher only, and is signalled by the kernel when the launcher
/// dies, however it dies. The kernel ties that to the launcher's *thread*, so
/// this must be called on the main thread (the event loop runs there).
///
/// # Errors
/// When the program cannot be started.
pub(super) fn start(home: &Home, component: &Component) -> anyhow::Result<Child> {
    let log = logfile::open(&home.log_file(component.name))?;
    let mut command = std::process::Command::new("setpriv");
    command.args(["--pdeathsig", component.stop.name()]);
    as_user(&mut command, &component.launch);
    command.arg("--");
    finish(&mut command, home.root(), &component.launch);
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    Command::from(command).spawn().with_context(|| {
        format!(
            "starting {} ({})",
            component.name,
            component.launch.program.display()
        )
    })
}

/// Runs a program to its end, blocking, and returns what it printed.
///
/// # Errors
/// When it cannot be started or fails; the error holds the end of what it printed.
pub(super) fn run(home: &Path, launch: &Launch, input: Option<&str>) -> anyhow::Result<String> {
    let mut command = match &launch.user {
        Some(_) => {
            let mut command = std::process::Command::new("setpriv");
            as_user(&mut command, launch);
            command.arg("--");
            finish(&mut command, home, launch);
            command
        }
        None => {
            let mut command = std::process::Command::new(&launch.program);
            command
                .args(&launch.arguments)
                .envs(launch.environment.iter().cloned());
            command
        }
    };
    let name = launch
        .program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {}", launch.program.display()))?;
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        use std::io::Write;
        stdin
            .write_all(text.as_bytes())
            .with_context(|| format!("feeding {name}"))?;
    }
    let output = child
        .wait_with_output()
        .with_context(|| format!("waiting for {name}"))?;
    if !output.status.success() {
        let printed = [output.stdout, output.stderr].concat();
        anyhow::bail!(
            "{name} failed ({}): {}",
            describe(output.status),
            last_lines(&String::from_utf8_lossy(&printed), 15)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn as_user(command: &mut std::process::Command, launch: &Launch) {
    if let Some(user) = &launch.user {
        // The other user may have no right to be where we are.
        command.current_dir("/");
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
}

fn finish(command: &mut std::process::Command, home: &Path, launch: &Launch) {
    command
        .arg(&launch.program)
        .args(&launch.arguments)
        .envs(launch.environment.iter().cloned())
        .env(STACK_VARIABLE, home);
}

/// Asks a process to end, waits, kills it when it takes too long, and kills
/// whatever is left of its group.
pub(super) async fn stop(
    child: &mut Child,
    signal: StopSignal,
    within: Duration,
) -> Option<ExitStatus> {
    let leader = child.id();
    if let Some(pid) = leader {
        signal.send(pid);
    }
    let ended = match timeout(within, child.wait()).await {
        Ok(status) => status.ok(),
        Err(_too_slow) => {
            let _gone = child.start_kill();
            child.wait().await.ok()
        }
    };
    if let Some(pid) = leader {
        StopSignal::Kill.send_group(pid);
    }
    ended
}

/// How a process ended, in words.
pub(super) fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// The last lines of a text.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
