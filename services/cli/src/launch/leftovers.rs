//! Ending what an earlier launcher left behind when it was killed.

use std::collections::HashMap;
use std::time::Duration;

use crate::home::Home;
use crate::process::{ProcessId, StopSignal, of_stack};

use super::state::StackState;

/// How long leftovers get to end on their own.
const GRACE: Duration = Duration::from_secs(10);

/// Ends every process that belongs to this home and returns how many there
/// were. Only to be called when no launcher of this home runs.
pub(crate) fn end_leftovers(home: &Home) -> usize {
    let mut found: HashMap<ProcessId, StopSignal> = of_stack(home.root())
        .into_iter()
        .map(|process| (process, StopSignal::Terminate))
        .collect();
    let recorded = StackState::read(home)
        .map(|state| state.services)
        .unwrap_or_default();
    for service in recorded {
        if let Some(process) = service.process.filter(|process| process.is_alive()) {
            let signal = if service.name == "postgres" {
                StopSignal::Interrupt
            } else {
                StopSignal::Terminate
            };
            found.insert(process, signal);
        }
    }
    let leftovers: Vec<_> = found.into_iter().collect();
    crate::process::end_all(&leftovers, GRACE);
    leftovers.len()
}
