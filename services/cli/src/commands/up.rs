//! `millrace up`.

use std::fs::File;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::time::sleep;

use crate::args;
use crate::home::Home;
use crate::launch::{Options, Phase, Plan, StackState, supervise};
use crate::output;
use crate::settings::Settings;

use super::status;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The variable by which a detached launcher knows what it is.
const DETACHED: &str = "_MILLRACE_DETACHED";

pub(super) async fn run(home: &Home, options: args::Up) -> anyhow::Result<ExitCode> {
    if std::env::var_os(DETACHED).is_some() {
        // Only fails for a group leader, which a child just started never is.
        let _new_session = rustix::process::setsid();
        supervise(home, build(home, &options)?).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(state) = StackState::read(home).filter(StackState::launcher_is_alive) {
        output::note(format_args!(
            "already running (launcher is process {})",
            state.launcher.pid
        ));
        let outdated = outdated(&state);
        let followed = follow(home, Instant::now(), || Ok(())).await;
        if !outdated.is_empty() {
            output::note(format_args!(
                "\nolder builds still run: {}. `make down up` runs the new ones.",
                outdated.join(", ")
            ));
        }
        return followed;
    }
    // Checked here as well, so that what is missing is said at once and in the open.
    let plan = build(home, &options)?;
    if options.detach {
        return detach(home).await;
    }
    let began = Instant::now();
    let summary = async {
        follow(home, began, || Ok(())).await?;
        std::future::pending().await
    };
    tokio::select! {
        result = supervise(home, plan) => result.map(|()| ExitCode::SUCCESS),
        result = summary => result,
    }
}

/// Processes whose program has been replaced since they started.
fn outdated(state: &StackState) -> Vec<&str> {
    let is_replaced = |pid: u32| {
        std::fs::read_link(format!("/proc/{pid}/exe"))
            .is_ok_and(|program| program.to_string_lossy().ends_with(" (deleted)"))
    };
    let services = state
        .services
        .iter()
        .filter_map(|service| Some((service.name.as_str(), service.process?.pid)));
    let all = services.chain([("launcher", state.launcher.pid)]);
    all.filter(|(_, pid)| is_replaced(*pid))
        .map(|(name, _)| name)
        .collect()
}

fn build(home: &Home, options: &args::Up) -> anyhow::Result<Plan> {
    home.create()?;
    let options = Options {
        port_offset: options.port_offset,
        transport: options.transport,
        brokers: options.brokers,
        second: options.second.clone(),
        via: options.via.iter().cloned().collect(),
        preload: options.preload.clone(),
        only: options.only.clone(),
    };
    Plan::build(home, &Settings::load(home)?, &options)
}

/// Starts the same command again as a launcher without a terminal, and returns
/// once it has started everything.
async fn detach(home: &Home) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.log_file("launcher"))
        .context("opening the launcher's log")?;
    let mut launcher = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(DETACHED, "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("starting the launcher")?;
    let pid = launcher.id();
    follow_launcher(home, began, pid, || match launcher.try_wait()? {
        Some(status) if StackState::read(home).is_none_or(|state| state.launcher.pid != pid) => {
            let log = std::fs::read_to_string(home.log_file("launcher")).unwrap_or_default();
            bail!(
                "the launcher ended ({status}): {}",
                log.lines().last().unwrap_or_default()
            )
        }
        _ => Ok(()),
    })
    .await
}

/// Prints progress until the stack runs or has failed, then the summary.
async fn follow(
    home: &Home,
    began: Instant,
    check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let pid = StackState::read(home)
        .filter(StackState::launcher_is_alive)
        .map_or_else(std::process::id, |state| state.launcher.pid);
    follow_launcher(home, began, pid, check).await
}

async fn follow_launcher(
    home: &Home,
    began: Instant,
    pid: u32,
    mut check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let is_own = pid == std::process::id();
    let mut said = None;
    loop {
        check()?;
        let state = StackState::read(home).filter(|state| state.launcher.pid == pid);
        if let Some(state) = state {
            if !is_own && state.doing.is_some() && state.doing != said {
                said.clone_from(&state.doing);
                output::note(format_args!(
                    "{:5.1} s  {}",
                    began.elapsed().as_secs_f64(),
                    said.as_deref().unwrap_or_default()
                ));
            }
            match state.phase {
                Phase::Running => {
                    status::summary(home, &state, began.elapsed());
                    return Ok(ExitCode::SUCCESS);
                }
                Phase::Failed if !is_own => bail!(
                    "{}",
                    state
                        .problem
                        .unwrap_or_else(|| "the stack did not start".to_owned())
                ),
                Phase::Stopped | Phase::Stopping if !is_own && state.problem.is_none() => {
                    bail!("the stack is being stopped")
                }
                _ => {}
            }
        }
        sleep(LOOK_EVERY).await;
    }
}
