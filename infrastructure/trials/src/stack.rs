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

impl Status {
    /// All captures: the first, and a second one where there is one.
    #[must_use]
    pub fn capture_urls(&self) -> Vec<String> {
        let captures = self
            .services
            .iter()
            .filter(|one| one.name.starts_with("capture-api"));
        captures.map(|one| one.address.clone()).collect()
    }

    /// Unshared memory of all processes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.services
            .iter()
            .filter_map(|one| one.memory_bytes)
            .sum()
    }
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
    /// `host:port`, or the URL of an HTTP server.
    pub address: String,
    /// Unshared resident memory, in bytes.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
}

/// How a stack is started.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// State folder.
    pub home: PathBuf,
    /// Added to every port.
    pub port_offset: u16,
    /// Passed on to `millrace up`.
    pub up: Vec<String>,
    /// Variables for every process.
    pub environment: Vec<(String, String)>,
}

/// Where a stack is.
#[derive(Clone, Debug)]
struct Place {
    millrace: PathBuf,
    home: PathBuf,
}

/// A stack of its own, started for the trial and stopped when it is dropped.
#[derive(Debug)]
pub struct Stack {
    place: Place,
}

/// A program that was built together with this one.
///
/// # Errors
/// When this program's own path is not known.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut folder = program.parent().unwrap_or(Path::new("."));
    if folder.ends_with("deps") {
        // A test: the programs are one folder up.
        folder = folder.parent().unwrap_or(folder);
    }
    Ok(folder.join(name))
}

impl Stack {
    /// Starts a stack with its state in `home` and its ports moved by
    /// `port_offset`.
    ///
    /// # Errors
    /// See [`Self::start_with`].
    pub fn start(home: &Path, port_offset: u16, extra: &[String]) -> Result<Self> {
        Self::start_with(&Setup {
            home: home.to_path_buf(),
            port_offset,
            up: extra.to_vec(),
            environment: Vec::new(),
        })
    }

    /// Starts a stack, using the `millrace` binary beside this program.
    ///
    /// # Errors
    /// When it does not come up; the launcher's own words are on stderr.
    pub fn start_with(setup: &Setup) -> Result<Self> {
        let place = Place {
            millrace: program("millrace")?,
            home: setup.home.clone(),
        };
        let stack = Self { place };
        let status = stack
            .place
            .command("up")
            .args(["--detach", "--port-offset", &setup.port_offset.to_string()])
            .args(&setup.up)
            .envs(setup.environment.iter().cloned())
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
        self.place.status()
    }

    /// The same without holding the runtime up.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn look(&self) -> Result<Status> {
        let place = self.place.clone();
        tokio::task::spawn_blocking(move || place.status()).await?
    }

    /// Runs a command of the CLI against this stack and returns its JSON and
    /// whether it exited with 0.
    ///
    /// # Errors
    /// When it prints no JSON.
    pub fn ask(&self, arguments: &[&str]) -> Result<(bool, serde_json::Value)> {
        let (command, rest) = arguments.split_first().context("a command")?;
        let output = self
            .place
            .command(command)
            .args(rest)
            .arg("--json")
            .output()?;
        let answer = serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "millrace {}: {}",
                arguments.join(" "),
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
        self.place.run(arguments)
    }

    /// The state folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.place.home
    }
}

impl Place {
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.millrace);
        command.arg(name).arg("--home").arg(&self.home);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let (command, rest) = arguments.split_first().context("a command")?;
        let output = self
            .command(command)
            .args(rest)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            bail!(
                "millrace {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    fn status(&self) -> Result<Status> {
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
}

impl Drop for Stack {
    fn drop(&mut self) {
        let stopped = self
            .place
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
                eprintln!(
                    "the stack in {} did not stop cleanly",
                    self.place.home.display()
                );
            }
        }
    }
}
