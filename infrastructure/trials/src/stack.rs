//! The stack under trial, as `millrace status --json` describes it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What `millrace status --json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// Where events are sent.
    pub capture_url: String,
    /// Where questions are asked.
    pub query_url: String,
    /// The first project.
    pub project_id: String,
    /// A key that may send events.
    pub write_key: String,
    /// A key that may ask.
    pub read_key: String,
    /// The processes.
    pub services: Vec<Service>,
}

/// One process of the stack.
#[derive(Clone, Debug, Deserialize)]
pub struct Service {
    /// Its name: the folder under `services/`, or the server's.
    pub name: String,
    /// Its process id, while it runs.
    pub pid: Option<u32>,
    /// `ready`, or what it is instead.
    pub state: String,
    /// Unshared resident memory, in bytes.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
}

/// A stack of its own, started for the trial and stopped at its end.
#[derive(Debug)]
pub struct Stack {
    millrace: PathBuf,
    home: PathBuf,
}

impl Stack {
    /// Starts a stack with its state in `home` and its ports moved by
    /// `port_offset`, using the `millrace` binary beside this program.
    ///
    /// # Errors
    /// When it does not come up; the launcher's own words are on stderr.
    pub fn start(home: &Path, port_offset: u16, extra: &[String]) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut folder = program.parent().unwrap_or(Path::new("."));
        if folder.ends_with("deps") {
            // A test: the programs are one folder up.
            folder = folder.parent().unwrap_or(folder);
        }
        let stack = Self {
            millrace: folder.join("millrace"),
            home: home.to_path_buf(),
        };
        let status = stack
            .command("up")
            .args(["--detach", "--port-offset", &port_offset.to_string()])
            .args(extra)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .context("starting the stack")?;
        if !status.success() {
            bail!("the stack did not come up");
        }
        Ok(stack)
    }

    /// What the stack says of itself now.
    ///
    /// # Errors
    /// When the launcher does not answer with JSON.
    pub fn status(&self) -> Result<Status> {
        let output = self
            .command("status")
            .arg("--json")
            .output()
            .context("asking for the status")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "status is not JSON: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// Runs a command of the CLI against this stack and returns its JSON and
    /// whether it exited with 0.
    ///
    /// # Errors
    /// When it prints no JSON.
    pub fn ask(&self, arguments: &[&str]) -> Result<(bool, serde_json::Value)> {
        let (command, rest) = arguments.split_first().context("a command")?;
        let output = self.command(command).args(rest).arg("--json").output()?;
        let answer = serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "millrace {command}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        Ok((output.status.success(), answer))
    }

    /// Runs a command of the CLI against this stack.
    ///
    /// # Errors
    /// When it does not exit with 0; its own words are in the error.
    pub fn run(&self, arguments: &[&str]) -> Result<()> {
        let (command, rest) = arguments.split_first().context("a command")?;
        let output = self
            .command(command)
            .args(rest)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            bail!(
                "millrace {command}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    /// The state folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.millrace);
        command.arg(name).arg("--home").arg(&self.home);
        command
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let stopped = self
            .command("down")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            #[expect(
                clippy::print_stderr,
                reason = "the last word of a command-line program"
            )]
            {
                eprintln!("the stack in {} did not stop cleanly", self.home.display());
            }
        }
    }
}
