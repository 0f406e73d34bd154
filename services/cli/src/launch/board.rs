//! The state of the stack while it runs: changed here, published to the file,
//! awaited by whoever needs a stage to be ready.

use chrono::Utc;
use tokio::sync::watch;

use crate::home::Home;
use crate::output;

use super::state::{Phase, ServicePhase, ServiceState, StackState};

/// The one place where the state changes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Board {
    home: Home,
    state: watch::Sender<StackState>,
}

impl Board {
    /// Publishes a first state.
    pub(super) fn new(home: Home, state: StackState) -> Self {
        let board = Self {
            home,
            state: watch::Sender::new(state),
        };
        board.publish();
        board
    }

    /// Changes the state and publishes it.
    pub(super) fn change(&self, change: impl FnOnce(&mut StackState)) {
        self.state.send_modify(change);
        self.publish();
    }

    /// Says what is being done now.
    pub(super) fn doing(&self, what: impl Into<String>) {
        let what = what.into();
        log(&what);
        self.change(|state| state.doing = Some(what));
    }

    /// Moves the whole stack.
    pub(super) fn phase(&self, phase: Phase) {
        self.change(|state| state.phase = phase);
    }

    /// Changes one process's entry.
    pub(super) fn service(&self, name: &str, change: impl FnOnce(&mut ServiceState)) {
        self.change(|state| {
            if let Some(service) = state
                .services
                .iter_mut()
                .find(|service| service.name == name)
            {
                let before = service.state;
                change(service);
                if service.state != before {
                    service.since = Utc::now();
                    log(&format!("{name}: {}", service.state.text()));
                }
            }
        });
    }

    /// Waits until the condition holds and returns the state of that moment.
    pub(super) async fn until(&self, condition: impl FnMut(&StackState) -> bool) -> StackState {
        let mut watcher = self.state.subscribe();
        match watcher.wait_for(condition).await {
            Ok(state) => state.clone(),
            // Cannot happen: this board itself keeps the sender alive.
            Err(_closed) => self.state.borrow().clone(),
        }
    }

    /// The state now.
    pub(super) fn now(&self) -> StackState {
        self.state.borrow().clone()
    }

    fn publish(&self) {
        let state = self.now();
        if let Err(error) = state.write(&self.home) {
            log(&format!("cannot publish the state: {error:#}"));
        }
    }
}

/// Whether that process has worked at least once or works now.
pub(super) fn is_ready(state: &StackState, name: &str) -> bool {
    state
        .services
        .iter()
        .any(|service| service.name == name && service.state == ServicePhase::Ready)
}

/// The launcher's own log: standard error, which is a file when it is detached.
pub(super) fn log(line: &str) {
    output::note(format_args!(
        "{} {line}",
        Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ")
    ));
}
