//! `millrace stop`, `start` and `restart`: one process of the running stack.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

use crate::home::Home;
use crate::launch::{ServicePhase, StackState, hold, release};
use crate::output;

/// A stop may finish what is in hand, a start may recover a log, on a machine that is busy.
const LONGEST: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) async fn stop(home: &Home, name: &str) -> anyhow::Result<ExitCode> {
    known(home, name)?;
    hold(home, name)?;
    until(home, name, ServicePhase::Stopped).await?;
    output::note(format_args!(
        "{name} is stopped; `millrace start {name}` starts it again"
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn start(home: &Home, name: &str) -> anyhow::Result<ExitCode> {
    known(home, name)?;
    release(home, name)?;
    until(home, name, ServicePhase::Ready).await?;
    output::note(format_args!("{name} is ready"));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restart(home: &Home, name: &str) -> anyhow::Result<ExitCode> {
    known(home, name)?;
    hold(home, name)?;
    until(home, name, ServicePhase::Stopped).await?;
    start(home, name).await
}

fn known(home: &Home, name: &str) -> anyhow::Result<()> {
    let Some(state) = StackState::read(home).filter(StackState::launcher_is_alive) else {
        bail!("nothing runs: start the stack with `millrace up`");
    };
    if state.services.iter().any(|service| service.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = state
        .services
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    bail!(
        "there is no {name} in this stack; there are {}",
        names.join(", ")
    )
}

async fn until(home: &Home, name: &str, wanted: ServicePhase) -> anyhow::Result<()> {
    let deadline = Instant::now() + LONGEST;
    loop {
        let state = StackState::read(home).filter(StackState::launcher_is_alive);
        let service = state.and_then(|state| {
            state
                .services
                .into_iter()
                .find(|service| service.name == name)
        });
        match service {
            Some(service) if service.state == wanted => return Ok(()),
            Some(_) if Instant::now() < deadline => {}
            Some(service) => bail!(
                "{name} is {} after {} s: see `millrace logs {name}`",
                service.state.text(),
                LONGEST.as_secs()
            ),
            None => bail!("the launcher ended meanwhile"),
        }
        sleep(LOOK_EVERY).await;
    }
}
