//! Waiting for a condition.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Asks `probe` again and again until it succeeds, and returns what it gave.
///
/// # Panics
/// With the last failure, when `deadline` passes first.
#[track_caller]
pub fn eventually<T, E, F>(deadline: Duration, probe: impl FnMut() -> F) -> impl Future<Output = T>
where
    E: Debug,
    F: Future<Output = Result<T, E>>,
{
    let caller = std::panic::Location::caller();
    wait(deadline, probe, caller)
}

async fn wait<T, E, F>(
    deadline: Duration,
    mut probe: impl FnMut() -> F,
    caller: &'static std::panic::Location<'static>,
) -> T
where
    E: Debug,
    F: Future<Output = Result<T, E>>,
{
    let end = Instant::now() + deadline;
    let mut pause = Duration::from_millis(5);
    loop {
        match probe().await {
            Ok(value) => return value,
            Err(last) if Instant::now() >= end => {
                panic!("{caller}: not within {deadline:?}: {last:?}")
            }
            Err(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}
