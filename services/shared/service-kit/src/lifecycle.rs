//! How a process lives and ends.
//!
//! The first SIGTERM or SIGINT asks it to finish (the *soft* token): not ready
//! any more, nothing new accepted, work in hand completed. A second signal, or
//! the deadline, makes it stop where it stands (the *hard* token). A task that
//! ends while the process should be running is a crash: it sets the exit code,
//! and the rest is given little time, for what counts then is a new process.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a process may take to finish its work after it was asked to stop.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(20);

/// How long the rest of a process may go on after one of its tasks crashed.
/// Every service can be killed at any moment without a loss, so waiting longer
/// for work in hand would only keep its successor from starting.
pub const CRASH_DEADLINE: Duration = Duration::from_secs(2);

/// The running process: its tasks and how they are told to stop. Clones share
/// one life.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crashed: CancellationToken,
    /// Names of the tasks that have not ended.
    running: Arc<Mutex<Vec<&'static str>>>,
}

impl Lifecycle {
    /// A life of its own, ended by [`Lifecycle::shut_down`]: what tests use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process should finish.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when the process must stop at once.
    #[must_use]
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Whether the process has been asked to finish.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Asks the process to finish.
    pub fn shut_down(&self) {
        self.soft.cancel();
    }

    /// Runs `task` as part of the process: the end waits for it, an error or
    /// an end before the process was asked to stop is a crash, and the hard
    /// token drops it.
    pub fn spawn<F, E>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let life = self.clone();
        life.running.lock().push(name);
        self.tasks.spawn(async move {
            let mut running = tokio::spawn(task);
            let outcome = tokio::select! {
                outcome = &mut running => outcome,
                () = life.hard.cancelled() => return running.abort(),
            };
            life.ended(name);
            match outcome {
                Ok(Ok(())) if life.is_stopping() => return,
                Ok(Ok(())) => tracing::error!(
                    task = name,
                    "task ended while the process should be running"
                ),
                Ok(Err(error)) => tracing::error!(task = name, %error, "task failed"),
                Err(panic) => tracing::error!(task = name, %panic, "task panicked"),
            }
            life.crashed.cancel();
            life.soft.cancel();
        });
    }

    fn ended(&self, name: &str) {
        let mut running = self.running.lock();
        if let Some(place) = running.iter().position(|other| *other == name) {
            running.swap_remove(place);
        }
    }

    /// Waits until every task has ended, at most `deadline` after the process
    /// was asked to finish and [`CRASH_DEADLINE`] after a crash. `true` when
    /// all ended in time and none crashed.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.soft.cancelled().await;
        self.tasks.close();
        let is_complete = tokio::select! {
            () = self.tasks.wait() => true,
            () = tokio::time::sleep(deadline) => false,
            () = self.crashed_for(CRASH_DEADLINE) => false,
            () = self.hard.cancelled() => false,
        };
        if !is_complete {
            let tasks = self.running.lock().join(", ");
            tracing::error!(tasks, "not everything ended before the deadline");
        }
        self.hard.cancel();
        is_complete && !self.crashed.is_cancelled()
    }

    async fn crashed_for(&self, time: Duration) {
        self.crashed.cancelled().await;
        tokio::time::sleep(time).await;
    }

    /// Listens for SIGTERM and SIGINT for the rest of the process's life.
    fn listen_for_signals(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let life = self.clone();
        tokio::spawn(async move {
            for token in [&life.soft, &life.hard] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::info!("asked to stop");
                token.cancel();
            }
        });
        Ok(())
    }
}

/// Runs a service to its end: `start` builds it and spawns its tasks, signals
/// end it. The exit code is 0 only after a complete, orderly end.
pub(crate) fn run<F>(start: impl FnOnce(Lifecycle) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>>,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::FAILURE;
        }
    };
    let is_orderly = runtime.block_on(async {
        let life = Lifecycle::new();
        if let Err(error) = life.listen_for_signals() {
            tracing::error!(%error, "cannot listen for signals");
            return false;
        }
        if let Err(error) = start(life.clone()).await {
            tracing::error!(error = %chain(&*error), "cannot start");
            return false;
        }
        life.finish(SHUTDOWN_DEADLINE).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    if is_orderly {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// An error with all its causes on one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_early_is_a_crash() {
        let life = Lifecycle::new();
        life.spawn("early", async { Ok::<(), String>(()) });
        assert!(!life.finish(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn after_a_crash_nothing_is_waited_for_for_long() {
        let life = Lifecycle::new();
        life.spawn("stuck", std::future::pending::<Result<(), String>>());
        life.spawn("refused", async { Err("fenced") });
        let end = life.finish(SHUTDOWN_DEADLINE);
        let is_orderly = tokio::time::timeout(SHUTDOWN_DEADLINE / 2, end).await;
        assert_eq!(is_orderly, Ok(false));
        assert_eq!(*life.running.lock(), ["stuck"]);
    }

    #[tokio::test]
    async fn an_orderly_end_waits_for_the_work_in_hand() {
        let life = Lifecycle::new();
        let (soft, done) = (life.soft(), CancellationToken::new());
        let mark = done.clone();
        life.spawn("worker", async move {
            soft.cancelled().await;
            tokio::task::yield_now().await;
            mark.cancel();
            Ok::<(), String>(())
        });
        life.shut_down();
        assert!(life.finish(Duration::from_secs(5)).await);
        assert!(done.is_cancelled());
    }

    #[tokio::test]
    async fn the_deadline_ends_what_does_not_end() {
        let life = Lifecycle::new();
        life.spawn("stuck", std::future::pending::<Result<(), String>>());
        life.shut_down();
        assert!(!life.finish(Duration::from_millis(10)).await);
    }
}
