//! What is done to the stack.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use testing::proxy::Mode;

use super::field::Field;
use crate::stack::Stack;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The connections between our services and a server are disturbed.
    Line {
        /// The server.
        server: String,
        /// How.
        disturbance: Disturbance,
        /// How long, in milliseconds.
        for_ms: u64,
    },
    /// A server's disk is full.
    FullDisk {
        /// The server.
        server: String,
        /// How long, in milliseconds.
        for_ms: u64,
    },
    /// The clocks of our services jump, and back again after a while.
    ClockJump {
        /// How far; below 0 into the past.
        by_seconds: i64,
        /// How long, in milliseconds.
        for_ms: u64,
    },
}

/// What happens on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbance {
    /// Connections are closed, new ones at once.
    Cut,
    /// Connections stay open and carry nothing.
    Stall,
    /// Requests arrive, answers do not.
    SwallowAnswers,
    /// Every piece arrives 300 ms later.
    Slow,
}

impl Disturbance {
    const ALL: [Self; 4] = [Self::Cut, Self::Stall, Self::SwallowAnswers, Self::Slow];

    fn mode(self) -> Mode {
        match self {
            Self::Cut => Mode::Cut,
            Self::Stall => Mode::Stall,
            Self::SwallowAnswers => Mode::SwallowAnswers,
            Self::Slow => Mode::Delay(Duration::from_millis(300)),
        }
    }
}

/// What a stack consists of, as far as it can be hurt.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Its processes.
    pub services: Vec<String>,
    /// Servers whose lines go through a proxy.
    pub lines: Vec<String>,
    /// Servers on a small disk.
    pub disks: Vec<String>,
    /// Whether the services' clocks can be moved.
    pub clock: bool,
}

impl Targets {
    /// Every process killed once, and between those kills every other fault
    /// once, in an order of the seed's.
    #[must_use]
    pub fn first_round(&self, random: &mut SmallRng) -> Vec<Fault> {
        let mut kills: Vec<Fault> = self.services.iter().cloned().map(kill).collect();
        let mut others: Vec<Fault> = self
            .services
            .iter()
            .map(|service| freeze(service.clone(), random))
            .collect();
        for server in &self.lines {
            for disturbance in Disturbance::ALL {
                others.push(line(server.clone(), disturbance, random));
            }
        }
        others.extend(self.disks.iter().map(|server| full(server.clone(), random)));
        if self.clock {
            others.extend([jump(90, random), jump(-90, random)]);
        }
        kills.shuffle(random);
        others.shuffle(random);
        let mut round = Vec::new();
        while !kills.is_empty() || !others.is_empty() {
            round.extend(kills.pop());
            round.extend(others.pop());
        }
        round
    }

    /// A fault by chance: eight of ten kill.
    #[must_use]
    pub fn any(&self, random: &mut SmallRng) -> Fault {
        let pick = |list: &[String], random: &mut SmallRng| {
            (!list.is_empty()).then(|| list[random.random_range(0..list.len())].clone())
        };
        let chance = random.random_range(0..20);
        let other = match chance {
            0..16 => None,
            16 => pick(&self.services, random).map(|service| freeze(service, random)),
            17 => pick(&self.lines, random).map(|server| {
                let disturbance = Disturbance::ALL[random.random_range(0..Disturbance::ALL.len())];
                line(server, disturbance, random)
            }),
            18 => pick(&self.disks, random).map(|server| full(server, random)),
            _ => self.clock.then(|| {
                let far = random.random_range(2..600);
                jump(if random.random_bool(0.5) { far } else { -far }, random)
            }),
        };
        other.unwrap_or_else(|| kill(pick(&self.services, random).unwrap_or_default()))
    }
}

fn kill(service: String) -> Fault {
    Fault::Kill { service }
}

fn freeze(service: String, random: &mut SmallRng) -> Fault {
    // A consumer's session ends after 8 s.
    let for_ms = random.random_range(2_000..15_000);
    Fault::Freeze { service, for_ms }
}

fn line(server: String, disturbance: Disturbance, random: &mut SmallRng) -> Fault {
    Fault::Line {
        server,
        disturbance,
        for_ms: random.random_range(1_000..10_000),
    }
}

fn full(server: String, random: &mut SmallRng) -> Fault {
    let for_ms = random.random_range(3_000..10_000);
    Fault::FullDisk { server, for_ms }
}

fn jump(by_seconds: i64, random: &mut SmallRng) -> Fault {
    let for_ms = random.random_range(3_000..10_000);
    Fault::ClockJump { by_seconds, for_ms }
}

impl Fault {
    /// Its kind in one or two words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kill { .. } => "kill -9",
            Self::Freeze { .. } => "stopped, woken",
            Self::Line { disturbance, .. } => match disturbance {
                Disturbance::Cut => "line cut",
                Disturbance::Stall => "line stalled",
                Disturbance::SwallowAnswers => "answers swallowed",
                Disturbance::Slow => "line slow",
            },
            Self::FullDisk { .. } => "disk full",
            Self::ClockJump { .. } => "clock jump",
        }
    }

    /// Does it, and undoes what can be undone: a frozen process is woken, a
    /// line mended, a disk emptied, a clock put right.
    ///
    /// # Errors
    /// When there is nothing to be hurt.
    pub async fn inject(&self, stack: &Stack, field: &Field) -> Result<()> {
        match self {
            Self::Kill { service } => send(pid_of(stack, service).await?, Signal::KILL)?,
            Self::Freeze { service, for_ms } => {
                let pid = pid_of(stack, service).await?;
                send(pid, Signal::STOP)?;
                pause(*for_ms).await;
                send(pid, Signal::CONT)?;
            }
            Self::Line {
                server,
                disturbance,
                for_ms,
            } => {
                let proxy = field.line(server).context("a proxy")?;
                proxy.set(disturbance.mode());
                pause(*for_ms).await;
                proxy.set(Mode::Pass);
            }
            Self::FullDisk { server, for_ms } => {
                let disk = field.disk(server).context("a small disk")?;
                disk.fill()?;
                pause(*for_ms).await;
                disk.empty()?;
            }
            Self::ClockJump { by_seconds, for_ms } => {
                let clock = field.clock().context("a clock that can be moved")?;
                clock.set(*by_seconds)?;
                pause(*for_ms).await;
                clock.set(0)?;
            }
        }
        Ok(())
    }
}

/// Sends a signal. A process may have ended meanwhile: that is the stack's right.
fn send(pid: Pid, signal: Signal) -> Result<()> {
    match kill_process(pid, signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error).context("sending a signal"),
    }
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

async fn pid_of(stack: &Stack, name: &str) -> Result<Pid> {
    // Just started again, it may have none for a moment.
    for _ in 0..100 {
        let status = stack.look().await?;
        let service = status.services.iter().find(|one| one.name == name);
        if let Some(pid) = service.and_then(|one| one.pid) {
            return Pid::from_raw(i32::try_from(pid)?).context("a process id");
        }
        pause(200).await;
    }
    anyhow::bail!("{name} is not running")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_faults() {
        let targets = Targets {
            services: vec!["consumer".to_owned(), "kafka".to_owned()],
            lines: vec!["redis".to_owned()],
            disks: vec!["clickhouse".to_owned()],
            clock: true,
        };
        let run = |seed| {
            let mut random = SmallRng::seed_from_u64(seed);
            let mut faults = targets.first_round(&mut random);
            faults.extend((0..50).map(|_| targets.any(&mut random)));
            faults
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let kinds: std::collections::BTreeSet<&str> = run(7).iter().map(Fault::kind).collect();
        assert_eq!(kinds.len(), 8, "{kinds:?}");
    }
}
