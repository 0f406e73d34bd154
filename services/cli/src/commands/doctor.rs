//! `millrace doctor`: what commonly goes wrong on a machine, and what to do about it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::args::Json;
use crate::home::Home;
use crate::launch::{
    NO_ENGINE, Options, Plan, StackState, Transport, jars_folder, postgres_programs,
    processor_suffices,
};
use crate::output;
use crate::process::{holder_of, is_free};
use crate::settings::Settings;

/// Below this much free space a start is refused by one server or another sooner or later.
const LITTLE_DISK: u64 = 2 * 1024 * 1024 * 1024;
const LITTLE_MEMORY: u64 = 1536 * 1024 * 1024;
/// Files younger than now by more than this show a clock that was set back.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// When this was written, in seconds since 1970: no right clock shows less.
const WRITTEN_AT: u64 = 1_795_000_000;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    ok: bool,
    detail: String,
    remedy: Option<String>,
}

impl Finding {
    fn good(what: &str, detail: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            ok: true,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn bad(what: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            ok: false,
            detail: detail.into(),
            remedy: Some(remedy.into()),
        }
    }
}

pub(super) async fn run(home: &Home, options: Json) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(home)?;
    let transport = Plan::transport(&settings, &Options::default())?;
    let mut findings = vec![processor(&settings), memory(), disk(home), clock(home)];
    findings.extend(programs(transport));
    findings.extend(servers(home, &settings).await);
    let is_well = findings.iter().all(|finding| finding.ok);
    if options.json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "✓" } else { "✗" };
            output::data(format_args!(
                "{mark} {:<22}{}",
                finding.what, finding.detail
            ));
            if let Some(remedy) = &finding.remedy {
                output::data(format_args!("  {:<22}→ {remedy}", ""));
            }
        }
    }
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn processor(settings: &Settings) -> Finding {
    if settings.has("clickhouse.url") {
        return Finding::good(
            "processor",
            "not asked: the warehouse is a server elsewhere",
        );
    }
    judge_processor(processor_suffices())
}

fn judge_processor(suffices: bool) -> Finding {
    const WHAT: &str = "processor";
    if suffices {
        return Finding::good(WHAT, "runs the embedded ClickHouse engine");
    }
    Finding::bad(WHAT, "has no AVX2", NO_ENGINE)
}

fn memory() -> Finding {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemAvailable:")?
                .split_ascii_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0)
        * 1024;
    judge_memory(free)
}

fn judge_memory(free: u64) -> Finding {
    const WHAT: &str = "memory";
    let detail = format!("{} available", output::bytes(free));
    if free >= LITTLE_MEMORY {
        return Finding::good(WHAT, detail);
    }
    Finding::bad(
        WHAT,
        detail,
        "the stack needs 1 to 1.5 GiB: end something else, or run with --transport redis",
    )
}

fn disk(home: &Home) -> Finding {
    let existing = home
        .root()
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("/"));
    let Ok(space) = rustix::fs::statvfs(existing) else {
        return Finding::bad(
            "disk",
            format!("{} cannot be examined", existing.display()),
            "choose another folder with --home",
        );
    };
    judge_disk(space.f_bavail * space.f_frsize, home.root())
}

fn judge_disk(free: u64, folder: &Path) -> Finding {
    const WHAT: &str = "disk";
    let detail = format!("{} free for {}", output::bytes(free), folder.display());
    if free < LITTLE_DISK {
        return Finding::bad(
            WHAT,
            detail,
            "make room, or choose a folder on another disk with --home",
        );
    }
    Finding::good(WHAT, detail)
}

fn clock(home: &Home) -> Finding {
    let newest = [home.run(), home.logs()]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max();
    judge_clock(SystemTime::now(), newest)
}

/// Judges the clock by itself and by the newest file of the stack.
fn judge_clock(now: SystemTime, newest: Option<SystemTime>) -> Finding {
    const WHAT: &str = "clock";
    const REMEDY: &str = "set the clock and let a time service keep it (systemd-timesyncd, chrony)";
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    if seconds < WRITTEN_AT {
        return Finding::bad(
            WHAT,
            format!("shows a time before this program was written ({seconds} s since 1970)"),
            REMEDY,
        );
    }
    let ahead = newest
        .and_then(|newest| newest.duration_since(now).ok())
        .unwrap_or_default();
    if ahead > CLOCK_TOLERANCE {
        return Finding::bad(
            WHAT,
            format!(
                "was set back: files of this stack are {} s ahead of it",
                ahead.as_secs()
            ),
            REMEDY,
        );
    }
    Finding::good(WHAT, "plausible")
}

fn programs(transport: Transport) -> Vec<Finding> {
    const REMEDY: &str = "run infrastructure/prerequisites.sh (it installs the Debian package)";
    let mut findings = Vec::new();
    let mut look = |program: &str, package: &str| {
        let found = Command::new(program).arg("--version").output().is_ok();
        findings.push(if found {
            Finding::good(program, "installed")
        } else {
            Finding::bad(program, format!("missing: package {package}"), REMEDY)
        });
    };
    look("redis-server", "redis-server");
    look("setpriv", "util-linux");
    if transport == Transport::Kafka {
        look("java", "default-jre-headless");
        findings.push(match jars_folder() {
            Ok(folder) => Finding::good("kafka", format!("jars in {}", folder.display())),
            Err(error) => Finding::bad(
                "kafka",
                error.to_string(),
                "run infrastructure/prerequisites.sh",
            ),
        });
    }
    findings.push(match postgres_programs() {
        Ok(folder) => Finding::good("postgresql", format!("in {}", folder.display())),
        Err(error) => Finding::bad("postgresql", error.to_string(), REMEDY),
    });
    findings
}

/// A running stack: do its processes answer? Otherwise: are its ports free?
async fn servers(home: &Home, settings: &Settings) -> Vec<Finding> {
    if let Some(state) = StackState::read(home).filter(StackState::launcher_is_alive) {
        let mut findings = Vec::new();
        for service in &state.services {
            findings.push(match service.probe.ask().await {
                Ok(()) => Finding::good(&service.name, "answers"),
                Err(error) => Finding::bad(
                    &service.name,
                    format!("does not answer: {error:#}"),
                    format!(
                        "see `millrace logs {}`; it is started again when it ends",
                        service.name
                    ),
                ),
            });
        }
        return findings;
    }
    let plan = match Plan::build(home, settings, &Options::default()) {
        Ok(plan) => plan,
        Err(error) => return vec![Finding::bad("stack", error.to_string(), "run `make up`")],
    };
    let taken: Vec<Finding> = plan
        .ports()
        .into_iter()
        .filter(|(port, _)| !is_free(*port))
        .map(taken_port)
        .collect();
    if taken.is_empty() {
        return vec![Finding::good("ports", "all free")];
    }
    taken
}

fn taken_port((port, name): (u16, &str)) -> Finding {
    let holder = holder_of(port).map_or_else(String::new, |holder| {
        holder.pid.map_or_else(String::new, |pid| {
            format!(" by process {pid} ({})", holder.command)
        })
    });
    Finding::bad(
        "ports",
        format!("{port}, which {name} needs, is taken{holder}"),
        "end that process, or shift all ports with `millrace up --port-offset 100`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_machine_is_found_and_comes_with_a_remedy() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN_AT + 1_000);
        let seconds = Duration::from_secs;
        let folder = Path::new("/srv/millrace");
        for (finding, ok) in [
            (judge_processor(true), true),
            (judge_processor(false), false),
            (judge_memory(LITTLE_MEMORY), true),
            (judge_memory(LITTLE_MEMORY - 1), false),
            (judge_disk(LITTLE_DISK, folder), true),
            (judge_disk(0, folder), false),
            (judge_clock(now, None), true),
            (judge_clock(now, Some(now - seconds(60))), true),
            (judge_clock(now, Some(now + seconds(4))), true),
            // Set back an hour; never set at all.
            (judge_clock(now, Some(now + seconds(3_600))), false),
            (judge_clock(now - seconds(2_000), None), false),
            (judge_clock(SystemTime::UNIX_EPOCH, None), false),
        ] {
            assert_eq!(finding.ok, ok, "{finding:?}");
            assert_eq!(finding.remedy.is_some(), !ok, "{finding:?}");
        }
    }
}
