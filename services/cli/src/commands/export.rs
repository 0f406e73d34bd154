//! `millrace export`: events into a file.

use std::io::{self, BufWriter, ErrorKind, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::args::{self, ExportFormat};
use crate::client::{Connection, event_params};
use crate::export::{NewFile, Packing, Pages, Sink, Target, Window};
use crate::home::Home;
use crate::output::{self, Failure};

pub(super) async fn run(home: &Home, options: &args::Export) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let window = Window::of(
        options.from.as_deref(),
        options.to.as_deref(),
        options.timezone.as_deref(),
    )?;
    let mut pages = Pages::new(
        connection.http.clone(),
        format!("{}/api/query", connection.query_url()?),
        connection.read_key()?,
        options.patience,
        event_params(&options.chosen)?,
        window,
    );
    let (file, mut sink) = begin(options)?;
    let outcome = write_all(&mut pages, &mut sink).await.and_then(|events| {
        sink.finish()?;
        Ok(events)
    });
    let events = match outcome {
        Ok(events) => events,
        // Whoever reads standard output has enough (`| head`).
        Err(error) if file.is_none() && is_broken_pipe(&error) => return Ok(ExitCode::SUCCESS),
        Err(error) => return Err(error),
    };
    if let Some(file) = file {
        file.complete()?;
    }
    tell(options, events, pages.complete_until.as_deref());
    Ok(ExitCode::SUCCESS)
}

async fn write_all(pages: &mut Pages, sink: &mut Sink) -> anyhow::Result<u64> {
    let progress = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {pos} events, {per_sec}, back to {msg}")
    {
        progress.set_style(style);
    }
    while let Some(events) = pages.next().await? {
        progress.inc(u64::try_from(events.len())?);
        if let Some(oldest) = events.last() {
            progress.set_message(oldest.timestamp.clone());
        }
        for event in events {
            sink.write(event)?;
        }
    }
    progress.finish_and_clear();
    Ok(progress.position())
}

/// The file, unless standard output is written, and what takes the events.
fn begin(options: &args::Export) -> anyhow::Result<(Option<NewFile>, Sink)> {
    let path = options
        .file
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    let name = path
        .map(|path| path.to_string_lossy().into_owned())
        .unwrap_or_default();
    let format = options.format.unwrap_or(if name.ends_with(".parquet") {
        ExportFormat::Parquet
    } else {
        ExportFormat::Ndjson
    });
    let packing = Packing::of_name(&name);
    if format == ExportFormat::Parquet && packing != Packing::Plain {
        return Err(Failure::usage(
            "a Parquet file is packed inside: name it without .gz or .zst",
        ));
    }
    let (file, target) = match path {
        Some(path) => {
            let (file, target) = NewFile::create(path, options.force)?;
            (Some(file), target)
        }
        None if format == ExportFormat::Parquet && io::stdout().is_terminal() => {
            return Err(Failure::usage(
                "Parquet is nothing for a terminal: name a file",
            ));
        }
        None => (None, Target::Standard(BufWriter::new(io::stdout()))),
    };
    let sink = match format {
        ExportFormat::Ndjson => Sink::ndjson(target, packing)?,
        ExportFormat::Parquet => Sink::parquet(target)?,
    };
    Ok((file, sink))
}

fn tell(options: &args::Export, events: u64, complete_until: Option<&str>) {
    if options.json {
        output::note(json!({
            "file": options.file,
            "events": events,
            "complete_until": complete_until,
        }));
        return;
    }
    output::note(format_args!(
        "{events} events; all are there that were accepted before {}",
        complete_until.unwrap_or("(unknown)")
    ));
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let direct = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let of_json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        direct.or(of_json) == Some(ErrorKind::BrokenPipe)
    })
}
