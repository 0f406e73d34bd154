//! The import of one file: a thread reads and understands rows, two requests at a time carry
//! them, and what was acknowledged is remembered in the order of the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::files::Named;
use super::read::{Reading, open};
use super::rejected::RejectedList;
use super::report::Tally;
use super::resume::{Bookmark, State};
use super::send::{Sender, Sent};
use super::shape::Origin;
use super::source::{Format, Progress};

/// Requests on their way at a time.
const IN_FLIGHT: usize = 2;
/// How often the bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// What became of a file.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How it is written; unknown when an earlier run had done it all.
    pub(crate) kind: Option<(Format, Origin)>,
    /// All its rows, those of earlier runs included.
    pub(crate) tally: Tally,
    /// Rows that an earlier run had done.
    pub(crate) resumed: u64,
    /// The list of rejected rows, when there is one.
    pub(crate) rejected_list: Option<PathBuf>,
    /// The first events as they would be sent, in a dry run.
    pub(crate) first: Vec<String>,
}

/// Imports a file, from where an earlier run ended.
///
/// # Errors
/// When it cannot be read, or the server does not take it. What was acknowledged before is
/// remembered.
pub(crate) async fn import(
    file: &Named,
    reading: &Reading,
    sender: &Sender,
    bookmark: Option<&Bookmark>,
    rejected_folder: &Path,
    read: &Progress,
) -> anyhow::Result<Outcome> {
    let state = bookmark.and_then(Bookmark::read).unwrap_or_default();
    let mut list = RejectedList::new(rejected_folder.join(file.rejected()), state.rejected_bytes);
    let resumed = state.tally.rows;
    let mut kind = None;
    let mut state = State {
        file: file.path.clone(),
        ..state
    };
    if !state.is_done {
        let (batches, mut received) = mpsc::channel(1);
        let (path, plan, progress) = (file.path.clone(), reading.clone(), read.clone());
        let reader = spawn_blocking(move || read_all(&path, &plan, resumed, &progress, &batches));
        let drawing = draw(&sender.progress, read);
        let sending = async {
            let sent = stream::poll_fn(|context| received.poll_recv(context))
                .map(|batch: Batch| sender.send(batch))
                .buffered(IN_FLIGHT);
            let mut sent = std::pin::pin!(sent);
            while let Some(sent) = sent.next().await {
                take(&sent?, &mut state, &mut list)?;
                if let Some(bookmark) = bookmark {
                    bookmark.write(&state)?;
                }
            }
            anyhow::Ok(())
        };
        tokio::select! {
            outcome = sending => outcome?,
            never = drawing => match never {},
        }
        kind = Some(reader.await.context("the reading thread ended early")??);
        state.is_done = state.tally.rows < reading.rows_max;
        if let Some(bookmark) = bookmark {
            bookmark.write(&state)?;
        }
    }
    Ok(Outcome {
        kind,
        rejected_list: (state.tally.rejected > 0).then(|| list.path().clone()),
        tally: state.tally,
        resumed,
        first: Vec::new(),
    })
}

/// Reads a file without sending anything; keeps the first `show` events.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn rehearse(path: &Path, reading: &Reading, show: usize) -> anyhow::Result<Outcome> {
    let mut opened = open(path, reading, 0, &Progress::default())?;
    let mut tally = Tally::default();
    let mut first = Vec::new();
    while let Some(batch) = opened.batches.next()? {
        tally.rows += batch.rows;
        tally.sent += u64::try_from(batch.items.len())?;
        for rejected in &batch.rejected {
            tally.reject(rejected);
        }
        let wanted = show.saturating_sub(first.len());
        first.extend(batch.items.into_iter().take(wanted).map(|item| item.json));
    }
    Ok(Outcome {
        kind: Some((opened.format, opened.origin)),
        tally,
        resumed: 0,
        rejected_list: None,
        first,
    })
}

/// The reading thread: ends early when nobody takes its batches any more.
fn read_all(
    path: &Path,
    reading: &Reading,
    done: u64,
    progress: &Progress,
    batches: &mpsc::Sender<Batch>,
) -> anyhow::Result<(Format, Origin)> {
    let mut opened = open(path, reading, done, progress)?;
    while let Some(batch) = opened.batches.next()? {
        if batches.blocking_send(batch).is_err() {
            break;
        }
    }
    Ok((opened.format, opened.origin))
}

fn take(sent: &Sent, state: &mut State, list: &mut RejectedList) -> anyhow::Result<()> {
    state.tally.rows += sent.rows;
    state.tally.sent += sent.accepted;
    for rejected in &sent.rejected {
        state.tally.reject(rejected);
    }
    state.rejected_bytes = list.add(&sent.rejected)?;
    Ok(())
}

/// Shows how far the file has been read, until it is dropped.
async fn draw(bar: &ProgressBar, read: &Progress) -> std::convert::Infallible {
    let mut ticks = tokio::time::interval(DRAW_EVERY);
    loop {
        ticks.tick().await;
        bar.set_position(read.bytes());
    }
}
