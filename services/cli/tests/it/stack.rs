//! A small stack for one test.

use std::io::{Seek, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take that is awaited: a machine may be slow, and other tests run besides.
pub(crate) const SOON: Duration = Duration::from_secs(120);
/// Redis's port without an offset.
const REDIS: u16 = 16_379;
/// All ports that a stack listens on, without an offset.
const PORTS: [u16; 11] = [
    3000, 8000, 8001, 8002, 8003, 8012, 9092, 9093, 15_432, REDIS, 18_123,
];

/// A state folder and ports that nobody else uses.
pub(crate) struct Stack {
    home: TempDir,
    pub(crate) offset: u16,
}

impl Stack {
    pub(crate) fn new() -> Self {
        // Below the ports that the system gives to outgoing connections.
        let offset = (0..1000)
            .map(|_| rand::random_range(12_000..14_500))
            .find(|offset| {
                PORTS
                    .iter()
                    .all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port + offset)).is_ok())
            })
            .unwrap();
        Self {
            home: tempfile::tempdir().unwrap(),
            offset,
        }
    }

    pub(crate) fn redis_port(&self) -> u16 {
        REDIS + self.offset
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a subcommand to its end. Output goes through files: a detached
    /// launcher must not be able to hold a pipe open.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    /// The same with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut said = tempfile::tempfile().unwrap();
        said.write_all(input.as_bytes()).unwrap();
        said.rewind().unwrap();
        let out = tempfile::NamedTempFile::new().unwrap();
        let err = tempfile::NamedTempFile::new().unwrap();
        let status = self
            .command(arguments)
            .stdin(said)
            .stdout(out.reopen().unwrap())
            .stderr(err.reopen().unwrap())
            .status()
            .unwrap();
        Output {
            status,
            stdout: std::fs::read(out.path()).unwrap(),
            stderr: std::fs::read(err.path()).unwrap(),
        }
    }

    /// A subcommand, to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
        command
            .args(arguments)
            .env("MILLRACE_HOME", self.home())
            .env_remove("MILLRACE_CONFIG");
        command
    }

    pub(crate) fn up(&self) -> Output {
        self.run(&[
            "up",
            "--detach",
            "--only",
            "redis",
            "--port-offset",
            &self.offset.to_string(),
        ])
    }

    /// What a subcommand that succeeds prints as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_slice(&self.run(&["status", "--json"]).stdout).unwrap()
    }

    pub(crate) fn redis_pid(&self) -> Option<u64> {
        self.pid_of("redis")
    }

    pub(crate) fn pid_of(&self, name: &str) -> Option<u64> {
        let status = self.status();
        let services = status["services"].as_array()?;
        services.iter().find(|service| service["name"] == name)?["pid"].as_u64()
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.run(&["status"]).status.success()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

/// What a subcommand shows at a terminal of `script`'s making.
pub(crate) fn at_a_terminal(home: &Path, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_millrace");
    let command = format!("'{program}' {}", arguments.join(" "));
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("MILLRACE_HOME", home)
        .env("TERM", "xterm")
        .env_remove("MILLRACE_CONFIG")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Sends a signal by its name.
pub(crate) fn signal(pid: u64, name: &str) {
    assert!(
        Command::new("kill")
            .args([&format!("-{name}"), &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// Whether a process with that number runs; one that has ended and waits to be
/// collected by its parent does not.
pub(crate) fn exists(pid: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().starts_with(" Z"))
}
