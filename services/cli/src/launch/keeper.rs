//! Keeps one process running: starts it, says when it works, starts it again
//! when it ends.

use std::convert::Infallible;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::home::Home;
use crate::process::{ProcessId, StopSignal};

use super::board::{Board, log};
use super::child;
use super::component::Component;
use super::state::ServicePhase;

/// First pause before an ended process starts again; doubled up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A process that worked this long is forgiven its earlier ends: whatever it was that ended it, it was not its start.
const STEADY: Duration = Duration::from_secs(2);
const PROBE_EVERY: Duration = Duration::from_millis(50);

/// What is wanted of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// It runs.
    Run,
    /// It is stopped, for now.
    Hold,
    /// It is stopped for good.
    End,
}

/// Runs one component until its end is wished.
pub(super) async fn keep_running(
    home: Home,
    mut component: Component,
    board: Board,
    mut wishes: watch::Receiver<Wish>,
) {
    if let Err(error) = prepare(&mut component).await {
        board.service(component.name, |service| {
            service.state = ServicePhase::Stopped;
            service.last_end = Some(format!("{error:#}"));
        });
        return;
    }
    let mut pause = SHORTEST_PAUSE;
    loop {
        let wish = *wishes.borrow_and_update();
        if wish != Wish::Run {
            board.service(component.name, |service| {
                service.state = ServicePhase::Stopped;
                service.process = None;
            });
            if wish == Wish::End || wishes.changed().await.is_err() {
                return;
            }
            pause = SHORTEST_PAUSE;
            continue;
        }
        let ended = match child::start(&home, &component) {
            Ok(process) => run_once(&component, process, &board, &mut wishes).await,
            Err(error) => Some(End {
                how: format!("{error:#}"),
                worked: Duration::ZERO,
            }),
        };
        let Some(End { how: end, worked }) = ended else {
            continue;
        };
        if worked > STEADY {
            pause = SHORTEST_PAUSE;
        }
        log(&format!(
            "{}: {end}; starting it again in {} ms",
            component.name,
            pause.as_millis()
        ));
        board.service(component.name, |service| {
            service.state = ServicePhase::Restarting;
            service.process = None;
            service.restarts += 1;
            service.last_end = Some(end);
        });
        tokio::select! {
            () = sleep(pause) => {}
            _ = wishes.changed() => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A process that ended on its own.
struct End {
    how: String,
    /// How long it had been ready.
    worked: Duration,
}

async fn prepare(component: &mut Component) -> anyhow::Result<()> {
    match component.prepare.take() {
        Some(prepare) => spawn_blocking(prepare).await?,
        None => Ok(()),
    }
}

/// One life of a process: how it ended on its own, or nothing when that was wished.
async fn run_once(
    component: &Component,
    mut process: Child,
    board: &Board,
    wishes: &mut watch::Receiver<Wish>,
) -> Option<End> {
    let pid = process.id();
    let mut ready = None;
    board.service(component.name, |service| {
        service.state = ServicePhase::Starting;
        service.process = pid.and_then(ProcessId::of);
    });
    let asked = async { wishes.wait_for(|wish| *wish != Wish::Run).await.map(drop) };
    let ended: Option<std::io::Result<ExitStatus>> = tokio::select! {
        status = process.wait() => Some(status),
        _ = asked => None,
        never = report_readiness(component, board, &mut ready) => match never {},
    };
    let Some(ended) = ended else {
        board.service(component.name, |service| {
            service.state = ServicePhase::Stopping;
        });
        child::stop(&mut process, component.stop, component.stop_within).await;
        return None;
    };
    if let Some(pid) = pid {
        StopSignal::Kill.send_group(pid);
    }
    Some(End {
        how: ended.map_or_else(|error| error.to_string(), child::describe),
        worked: ready.map_or(Duration::ZERO, |since: Instant| since.elapsed()),
    })
}

/// Publishes when the process works for the first time in this life; then waits for ever.
async fn report_readiness(
    component: &Component,
    board: &Board,
    ready: &mut Option<Instant>,
) -> Infallible {
    while component.probe.ask().await.is_err() {
        sleep(PROBE_EVERY).await;
    }
    board.service(component.name, |service| {
        service.state = ServicePhase::Ready;
    });
    *ready = Some(Instant::now());
    std::future::pending().await
}
