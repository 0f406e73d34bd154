//! Keeps a stack running: starts it in stages, starts again what ends, stops it in reverse.

use std::fs::File;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::Utc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, interval, timeout};

use crate::home::Home;
use crate::process::{ProcessId, holder_of, is_free};

use super::board::{Board, is_ready, log};
use super::child;
use super::holds;
use super::keeper::{Wish, keep_running};
use super::leftovers::end_leftovers;
use super::logfile;
use super::plan::{Plan, Stage};
use super::state::{Phase, ServicePhase, ServiceState, StackState};

/// A process that ends this often before it has ever worked will not start.
const ATTEMPTS: u32 = 3;
const ROTATE_EVERY: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs the stack until a signal asks to stop. Must run on the main thread of a
/// current-thread runtime (see [`child::start`]).
///
/// # Errors
/// When another launcher runs this home, or something does not start; then
/// everything has been stopped again.
pub(crate) async fn supervise(home: &Home, plan: Plan) -> anyhow::Result<()> {
    home.create()?;
    let _lock = lock(home)?;
    let mut stop = StopRequest::listen()?;
    let leftovers = spawn_blocking({
        let home = home.clone();
        move || end_leftovers(&home)
    });
    let found = leftovers
        .await
        .context("ending what an earlier launcher left behind")?;
    if found > 0 {
        log(&format!(
            "ended {found} processes that an earlier launcher had left behind"
        ));
    }
    holds::release_all(home)?;
    let board = Board::new(home.clone(), first_state(&plan)?);
    let mut stack = Stack {
        home: home.clone(),
        board: board.clone(),
        running: Vec::new(),
    };
    let started = tokio::select! {
        result = stack.start(plan) => result,
        () = stop.received() => Err(anyhow::anyhow!("stopped while starting")),
    };
    let outcome = match started {
        Ok(()) => {
            stack.watch(&mut stop).await;
            Ok(())
        }
        Err(error) => {
            log(&format!("{error:#}"));
            board.change(|state| state.problem = Some(format!("{error:#}")));
            Err(error)
        }
    };
    board.phase(Phase::Stopping);
    stack.stop_all().await;
    board.phase(if outcome.is_ok() {
        Phase::Stopped
    } else {
        Phase::Failed
    });
    outcome
}

/// Taken for as long as a launcher runs; the kernel releases it however that ends.
fn lock(home: &Home) -> anyhow::Result<File> {
    let path = home.run().join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    if file.try_lock().is_err() {
        bail!(
            "another launcher runs in {}: see `millrace status`",
            home.root().display()
        );
    }
    Ok(file)
}

fn first_state(plan: &Plan) -> anyhow::Result<StackState> {
    let services = plan
        .stages
        .iter()
        .flat_map(|stage| &stage.components)
        .map(|component| ServiceState {
            name: component.name.to_owned(),
            state: ServicePhase::Waiting,
            process: None,
            restarts: 0,
            since: Utc::now(),
            last_end: None,
            probe: component.probe.clone(),
        });
    Ok(StackState {
        launcher: ProcessId::of(std::process::id()).context("reading /proc")?,
        phase: Phase::Starting,
        doing: None,
        problem: None,
        started_at: Utc::now(),
        ready_after_ms: None,
        transport: plan.transport,
        port_offset: plan.port_offset,
        urls: plan.urls.clone(),
        servers: plan.servers.clone(),
        services: services.collect(),
    })
}

/// SIGTERM or SIGINT. SIGHUP, the end of a terminal, is no reason to stop.
struct StopRequest {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    _hangup: tokio::signal::unix::Signal,
}

impl StopRequest {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

struct Running {
    name: &'static str,
    wish: watch::Sender<Wish>,
    task: JoinHandle<()>,
}

struct Stack {
    home: Home,
    board: Board,
    running: Vec<Vec<Running>>,
}

impl Stack {
    async fn start(&mut self, plan: Plan) -> anyhow::Result<()> {
        let began = Instant::now();
        for (port, name) in plan.ports() {
            check_port(port, name)?;
        }
        for stage in plan.stages {
            self.start_stage(stage).await?;
        }
        let took = u64::try_from(began.elapsed().as_millis())?;
        log(&format!("everything is ready after {took} ms"));
        self.board.change(|state| {
            state.phase = Phase::Running;
            state.doing = None;
            state.ready_after_ms = Some(took);
        });
        Ok(())
    }

    async fn start_stage(&mut self, stage: Stage) -> anyhow::Result<()> {
        let awaited: Vec<(&'static str, Duration)> = stage
            .components
            .iter()
            .map(|component| (component.name, component.ready_within))
            .collect();
        if !awaited.is_empty() {
            let names: Vec<&str> = awaited.iter().map(|(name, _)| *name).collect();
            self.board.doing(format!("starting {}", names.join(", ")));
        }
        self.running.push(Vec::new());
        for component in stage.components {
            let (wish, wishes) = watch::channel(Wish::Run);
            let name = component.name;
            let task = tokio::spawn(keep_running(
                self.home.clone(),
                component,
                self.board.clone(),
                wishes,
            ));
            if let Some(stage) = self.running.last_mut() {
                stage.push(Running { name, wish, task });
            }
        }
        for (name, within) in awaited {
            self.until_ready(name, within).await?;
        }
        for (what, work) in stage.then {
            self.board.doing(what);
            spawn_blocking(work).await??;
        }
        Ok(())
    }

    async fn until_ready(&self, name: &str, within: Duration) -> anyhow::Result<()> {
        let hopeless = |state: &StackState| {
            state.services.iter().any(|service| {
                service.name == name
                    && (service.restarts >= ATTEMPTS || service.state == ServicePhase::Stopped)
            })
        };
        let settled = self
            .board
            .until(|state| is_ready(state, name) || hopeless(state));
        let is_late = match timeout(within, settled).await {
            Ok(state) if is_ready(&state, name) => return Ok(()),
            Ok(_) => false,
            Err(_elapsed) => true,
        };
        let end = self
            .board
            .now()
            .services
            .into_iter()
            .find(|service| service.name == name)
            .and_then(|service| service.last_end);
        let path = self.home.log_file(name);
        let log = std::fs::read_to_string(&path).unwrap_or_default();
        let what = if is_late {
            format!("does not answer after {} s", within.as_secs())
        } else {
            format!("does not start: {}", end.unwrap_or_default())
        };
        match child::last_lines(&log, 15) {
            end if end.is_empty() => bail!("{name} {what}"),
            end => bail!("{name} {what}. The end of {}:\n{end}", path.display()),
        }
    }

    /// Housekeeping until a signal comes.
    async fn watch(&self, stop: &mut StopRequest) {
        let mut rotate = interval(ROTATE_EVERY);
        let mut look = interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.received() => return,
                _ = look.tick() => self.follow_holds(),
                _ = rotate.tick() => {
                    if let Err(error) = logfile::rotate_all(&self.home.logs()) {
                        log(&format!("cannot rotate the logs: {error}"));
                    }
                }
            }
        }
    }

    /// Stops and starts single processes as `millrace stop` and `start` ask.
    fn follow_holds(&self) {
        for running in self.running.iter().flatten() {
            let wish = if holds::is_held(&self.home, running.name) {
                Wish::Hold
            } else {
                Wish::Run
            };
            running.wish.send_if_modified(|current| {
                let differs = *current != wish;
                *current = wish;
                differs
            });
        }
    }

    /// Stops stage by stage, the last one first.
    async fn stop_all(&mut self) {
        while let Some(stage) = self.running.pop() {
            for running in &stage {
                running.wish.send_replace(Wish::End);
            }
            for running in stage {
                if let Err(error) = running.task.await {
                    log(&format!("{}: {error}", running.name));
                }
            }
        }
    }
}

fn check_port(port: u16, name: &str) -> anyhow::Result<()> {
    if is_free(port) {
        return Ok(());
    }
    let holder = match holder_of(port) {
        Some(holder) => match holder.pid {
            Some(pid) => format!("process {pid} ({})", holder.command),
            None => "a process of another user".to_owned(),
        },
        None => "a process that cannot be seen".to_owned(),
    };
    bail!(
        "port {port}, which {name} needs, is held by {holder}: stop it, or shift all ports with --port-offset"
    )
}
