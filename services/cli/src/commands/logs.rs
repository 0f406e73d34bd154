//! `millrace logs`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::sleep;

use crate::args;
use crate::home::Home;
use crate::output;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Enough of a file's end to find its last lines in.
const TAIL: u64 = 1024 * 1024;

/// How far a log has been printed.
struct Reader {
    path: PathBuf,
    prefix: String,
    position: u64,
}

pub(super) async fn run(home: &Home, options: &args::Logs) -> anyhow::Result<ExitCode> {
    let logs = find(home, options.service.as_deref())?;
    let width = logs.keys().map(String::len).max().unwrap_or(0);
    let mut readers = Vec::new();
    for (name, path) in logs {
        let prefix = if options.service.is_some() {
            String::new()
        } else {
            format!("{name:<width$} | ")
        };
        let mut reader = Reader {
            path,
            prefix,
            position: 0,
        };
        reader.print_last(options.lines)?;
        readers.push(reader);
    }
    if !options.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        sleep(LOOK_EVERY).await;
        for reader in &mut readers {
            reader.print_new()?;
        }
    }
}

fn find(home: &Home, service: Option<&str>) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let folder = home.logs();
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("there are no logs in {}", folder.display()))?;
    let mut logs: BTreeMap<String, PathBuf> = entries
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.strip_suffix(".log")?.to_owned(),
                entry.path(),
            ))
        })
        .collect();
    if let Some(service) = service {
        let names = logs.keys().cloned().collect::<Vec<_>>().join(", ");
        logs.retain(|name, _| name == service);
        if logs.is_empty() {
            bail!("there is no log of {service}; there are {names}");
        }
    }
    Ok(logs)
}

impl Reader {
    fn print_last(&mut self, lines: usize) -> anyhow::Result<()> {
        let length = fs::metadata(&self.path)?.len();
        self.position = length.saturating_sub(TAIL);
        let text = self.read_on()?;
        let all: Vec<&str> = text.lines().collect();
        for line in &all[all.len().saturating_sub(lines)..] {
            output::data(format_args!("{}{line}", self.prefix));
        }
        Ok(())
    }

    fn print_new(&mut self) -> anyhow::Result<()> {
        let length = fs::metadata(&self.path)?.len();
        if length < self.position {
            self.position = 0; // rotated
        }
        if length > self.position {
            for line in self.read_on()?.lines() {
                output::data(format_args!("{}{line}", self.prefix));
            }
        }
        Ok(())
    }

    /// Whole lines from the position on; an unfinished last line waits for its end.
    fn read_on(&mut self) -> anyhow::Result<String> {
        let mut file =
            File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::new();
        file.take(u64::MAX).read_to_end(&mut bytes)?;
        let end = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |position| position + 1);
        bytes.truncate(end);
        self.position += u64::try_from(end)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
