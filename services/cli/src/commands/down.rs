//! `millrace down`.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::home::Home;
use crate::launch::{StackState, end_leftovers};
use crate::output;
use crate::process::StopSignal;

/// All stages together may not take longer to stop.
const LONGEST: Duration = Duration::from_secs(90);

pub(super) fn run(home: &Home) -> anyhow::Result<ExitCode> {
    let state = StackState::read(home);
    let Some(launcher) = state
        .filter(StackState::launcher_is_alive)
        .map(|state| state.launcher)
    else {
        let found = end_leftovers(home);
        output::note(if found > 0 {
            format!("the launcher was gone; ended the {found} processes that it had left behind")
        } else {
            "nothing runs".to_owned()
        });
        return Ok(ExitCode::SUCCESS);
    };
    output::note("stopping");
    StopSignal::Terminate.send(launcher.pid);
    let deadline = Instant::now() + LONGEST;
    while launcher.is_alive() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
    if launcher.is_alive() {
        output::note("the launcher does not end; killing it");
        StopSignal::Kill.send(launcher.pid);
    }
    let found = end_leftovers(home);
    if found > 0 {
        output::note(format_args!("ended {found} processes that were left"));
    }
    output::note("stopped");
    Ok(ExitCode::SUCCESS)
}
