//! What is done to the stack: killing and stopping its processes.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::RngExt;
use rand::rngs::SmallRng;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::stack::Stack;

/// One fault.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// `kill -9`.
    Kill {
        /// The process.
        service: String,
    },
    /// SIGSTOP, and SIGCONT after a while: long enough that the others take
    /// it for dead.
    Freeze {
        /// The process.
        service: String,
        /// How long, in milliseconds.
        for_ms: u64,
    },
}

impl Fault {
    /// The next fault of a seeded run: every process in turn first, at random
    /// afterwards; one in four freezes.
    #[must_use]
    pub fn choose(number: usize, services: &[String], random: &mut SmallRng) -> Self {
        let index = if number < services.len() {
            number
        } else {
            random.random_range(0..services.len())
        };
        let service = services[index].clone();
        if number >= services.len() && random.random_bool(0.25) {
            return Self::Freeze {
                service,
                for_ms: random.random_range(2_000..15_000),
            };
        }
        Self::Kill { service }
    }

    /// The process it is done to.
    #[must_use]
    pub fn service(&self) -> &str {
        match self {
            Self::Kill { service } | Self::Freeze { service, .. } => service,
        }
    }

    /// Does it. Returns when a frozen process has been woken.
    ///
    /// # Errors
    /// When the process is not there to be hurt.
    pub async fn inject(&self, stack: &Stack) -> Result<()> {
        let status = stack.status()?;
        let service = status
            .services
            .iter()
            .find(|one| one.name == self.service());
        let pid = service
            .and_then(|one| one.pid)
            .with_context(|| format!("{} is not running", self.service()))?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
        match self {
            Self::Kill { .. } => kill_process(pid, Signal::KILL)?,
            Self::Freeze { for_ms, .. } => {
                kill_process(pid, Signal::STOP)?;
                tokio::time::sleep(Duration::from_millis(*for_ms)).await;
                // It may have been killed as dead in the meantime: that is the stack's right.
                if kill_process(pid, Signal::CONT).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
