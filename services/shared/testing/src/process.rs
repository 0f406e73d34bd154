use std::{fs, io};

/// Ticks a second of the kernel's accounting, fixed on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time that all threads of a process have taken so far, in seconds,
/// to the hundredth (`proc_pid_stat(5)`, `utime` and `stime`).
///
/// # Errors
/// When there is no such process.
pub fn processor_seconds(pid: u32) -> io::Result<f64> {
    seconds_in(&fs::read_to_string(format!("/proc/{pid}/stat"))?)
}

/// Processor time that those threads of a process have taken so far whose names
/// begin so, as [`processor_seconds`] counts it.
///
/// # Errors
/// When there is no such process.
pub fn thread_seconds(pid: u32, names: &[&str]) -> io::Result<f64> {
    let mut seconds = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end at any time.
        let Ok(stat) = fs::read_to_string(thread?.path().join("stat")) else {
            continue;
        };
        let name = stat.split_once('(').map_or("", |(_, name)| name);
        if names.iter().any(|begin| name.starts_with(begin)) {
            seconds += seconds_in(&stat)?;
        }
    }
    Ok(seconds)
}

/// The processor time in a `stat` file of proc(5).
fn seconds_in(stat: &str) -> io::Result<f64> {
    // The name stands in parentheses and may hold anything; fields follow it.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::{process, time::Instant};

    use super::*;

    #[test]
    fn grows_with_what_is_reckoned_and_not_beyond_the_clock() {
        let (began, before) = (Instant::now(), processor_seconds(process::id()).unwrap());
        let mut spent = 0.0;
        while spent < 0.05 {
            spent = processor_seconds(process::id()).unwrap() - before;
        }
        // Other tests of this process run on other threads.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        assert!(spent <= began.elapsed().as_secs_f64() * threads as f64 + 0.02);
        assert!(processor_seconds(u32::MAX).is_err());
    }

    #[test]
    fn a_thread_is_known_by_its_name() {
        let reckoning = std::thread::Builder::new().name("reckoning (1)".into());
        let spent = reckoning.spawn(|| {
            let spent = || thread_seconds(process::id(), &["reckon"]).unwrap();
            while spent() < 0.05 {}
            (spent(), processor_seconds(process::id()).unwrap())
        });
        let (of_thread, of_all) = spent.unwrap().join().unwrap();
        assert!(of_thread <= of_all + 0.02);
        let nobody = thread_seconds(process::id(), &["no such thread"]);
        assert_eq!(nobody.unwrap(), 0.0);
        assert!(thread_seconds(u32::MAX, &["reckon"]).is_err());
    }
}
