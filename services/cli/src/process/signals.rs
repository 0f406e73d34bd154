//! Ending processes: politely first, then for certain.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::identity::ProcessId;

/// How a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGTERM: finish what is in hand, then exit.
    Terminate,
    /// SIGINT: PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
    Interrupt,
    /// SIGKILL: now.
    Kill,
}

impl StopSignal {
    /// Name as `setpriv --pdeathsig` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Kill => "KILL",
        }
    }

    fn number(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Interrupt => Signal::INT,
            Self::Kill => Signal::KILL,
        }
    }

    /// Sends it to one process; false when that is gone.
    pub(crate) fn send(self, pid: u32) -> bool {
        as_pid(pid).is_some_and(|pid| kill_process(pid, self.number()).is_ok())
    }

    /// Sends it to all processes of a group; false when the group is empty.
    pub(crate) fn send_group(self, leader: u32) -> bool {
        as_pid(leader).is_some_and(|pid| kill_process_group(pid, self.number()).is_ok())
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Ends all of them: the polite signal, then, for those that still live after
/// the grace, SIGKILL. Returns when none is left or three more seconds have passed.
pub(crate) fn end_all(processes: &[(ProcessId, StopSignal)], grace: Duration) {
    for (process, signal) in processes.iter().filter(|(process, _)| process.is_alive()) {
        signal.send(process.pid);
    }
    if wait_until_gone(processes, grace) {
        return;
    }
    for (process, _) in processes.iter().filter(|(process, _)| process.is_alive()) {
        StopSignal::Kill.send(process.pid);
    }
    wait_until_gone(processes, Duration::from_secs(3));
}

fn wait_until_gone(processes: &[(ProcessId, StopSignal)], within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while processes.iter().any(|(process, _)| process.is_alive()) {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_that_ignores_the_polite_signal_is_killed() {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; echo ready; sleep 60"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        let process = ProcessId::of(child.id()).unwrap();
        end_all(
            &[(process, StopSignal::Terminate)],
            Duration::from_millis(100),
        );
        assert!(!process.is_alive());
        assert!(!child.wait().unwrap().success());
    }
}
